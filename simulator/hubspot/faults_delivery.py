"""Let a fault strike: spoil the answer on its way, or cut the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from .exchange import Answer
from .faults import Fault, FaultKind
from .faults_answers import fault_answer
from .wire import TRANSPORT, Receive, Scope, Send, raw_answer, send_answer, until_disconnected

__all__ = ["deliver"]

_TRICKLED_BYTES = 16
_UNANSWERED = {
    FaultKind.CLOSE_BEFORE: "closed before the request was processed",
    FaultKind.CLOSE_DURING: "closed while the request was processed; nothing stored",
    FaultKind.LOST: "closed after the request was processed; no answer",
}


async def deliver(
    fault: Fault, delay: float, process: Callable[[], Answer], scope: Scope, receive: Receive, send: Send
) -> tuple[Answer, str]:
    """Answer a request as the fault wants it.

    Args:
        fault: what goes wrong.
        delay: seconds to wait, jitter included.
        process: lets the service process the request; called at most once.
        scope: the ASGI scope; must offer the transport as an extension.
        receive: the ASGI channel.
        send: the ASGI channel.

    Returns:
        what the journal should show: the answer, and how it was delivered (`answered` when it arrived whole).

    """
    kind = fault.kind
    if delay and kind is not FaultKind.TRICKLE:
        await asyncio.sleep(delay)
    if kind.is_status or kind is FaultKind.NOT_UTF8:
        answer = fault_answer(fault)
        if fault.processes:
            true = process()
            answer = replace(
                answer, portal_id=true.portal_id, decision=f"{answer.decision}; processed: {true.decision}"
            )
        await send_answer(send, answer)
        return answer, "answered"
    if kind in _UNANSWERED:
        return await _unanswered(fault, process, scope, receive)
    answer = process()
    if kind is FaultKind.EMPTY_200:
        answer = replace(answer, status=200, body=b"")
    elif kind is FaultKind.WRONG_CONTENT_TYPE:
        kept = tuple(pair for pair in answer.headers if pair[0].lower() != "content-type")
        answer = replace(answer, headers=(*kept, ("Content-Type", "text/html; charset=iso-8859-1")))
    elif kind is FaultKind.TRUNCATED:
        return answer, await _truncated(answer, scope, receive)
    elif kind is FaultKind.TRICKLE:
        return answer, await _trickled(answer, delay, scope, receive)
    await send_answer(send, answer)
    return answer, "answered"


async def _unanswered(
    fault: Fault, process: Callable[[], Answer], scope: Scope, receive: Receive
) -> tuple[Answer, str]:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    told = _UNANSWERED[fault.kind]
    answer = process() if fault.processes else Answer(0, decision=told, rule=f"fault.{fault.kind}")
    if fault.kind is FaultKind.CLOSE_DURING:
        # the beginning of an answer shows the client that somebody was at work
        transport.write(b"HTTP/1.1 ")
        transport.close()
    else:
        transport.abort()
    await until_disconnected(receive, transport)
    return answer, told


async def _truncated(answer: Answer, scope: Scope, receive: Receive) -> str:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    head, body = raw_answer(answer)
    # an answer without a body is cut in its status line: clients take a half-sent header block for whole
    transport.write(head + body[: len(body) // 2] if body else head[:10])
    transport.close()
    await until_disconnected(receive, transport)
    return "the answer was cut in half"


async def _trickled(answer: Answer, delay: float, scope: Scope, receive: Receive) -> str:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    whole = b"".join(raw_answer(answer))
    for start in range(0, len(whole), _TRICKLED_BYTES):
        if transport.is_closing():
            return "the client left during the trickle"
        transport.write(whole[start : start + _TRICKLED_BYTES])
        await asyncio.sleep(delay)
    transport.close()
    await until_disconnected(receive, transport)
    return "answered"
