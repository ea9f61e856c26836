"""Apply a fault to an answer: change it, delay it, or cut the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from simulator.hubspot.faults.answers import fault_answer
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from simulator.hubspot.http.wire import (
    TRANSPORT,
    Receive,
    Scope,
    Send,
    raw_answer,
    send_answer,
    until_disconnected,
)
from simulator.hubspot.messages import Answer

__all__ = ["deliver"]

Record = Callable[[Answer, str], None]

_TRICKLED_BYTES = 16
_UNANSWERED = {
    FaultKind.CLOSE_BEFORE: "closed before the request was processed",
    FaultKind.CLOSE_DURING: "closed while the request was processed; nothing stored",
    FaultKind.LOST: "closed after the request was processed; no answer",
}


async def deliver(
    fault: Fault,
    delay: float,
    process: Callable[[], Answer],
    record: Record,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Answer a request according to a fault.

    Args:
        fault: the fault that strikes.
        delay: seconds to wait, jitter included.
        process: lets the service process the request; called at most once.
        record: writes the answer and its delivery (`answered` if it is complete) to the journal; called once,
            before the last byte is sent.
        scope: the ASGI scope, with the transport as an extension.
        receive: the ASGI receive channel.
        send: the ASGI send channel.

    """
    kind = fault.kind
    if delay and kind is not FaultKind.TRICKLE:
        await asyncio.sleep(delay)
    if kind.is_status or kind is FaultKind.NOT_UTF8:
        answer = fault_answer(fault)
        if fault.processes:
            processed = process()
            answer = replace(
                answer,
                portal_id=processed.portal_id,
                decision=f"{answer.decision}; processed: {processed.decision}",
            )
        record(answer, "answered")
        await send_answer(send, answer)
        return
    if kind in _UNANSWERED:
        await _unanswered(fault, process, record, scope, receive)
        return
    answer = process()
    if kind is FaultKind.EMPTY_200:
        answer = replace(answer, status=200, body=b"")
    elif kind is FaultKind.WRONG_CONTENT_TYPE:
        kept = tuple(pair for pair in answer.headers if pair[0].lower() != "content-type")
        answer = replace(answer, headers=(*kept, ("Content-Type", "text/html; charset=iso-8859-1")))
    elif kind is FaultKind.TRUNCATED:
        await _truncated(answer, record, scope, receive)
        return
    elif kind is FaultKind.TRICKLE:
        await _trickled(answer, delay, record, scope, receive)
        return
    record(answer, "answered")
    await send_answer(send, answer)


async def _unanswered(
    fault: Fault, process: Callable[[], Answer], record: Record, scope: Scope, receive: Receive
) -> None:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    delivery = _UNANSWERED[fault.kind]
    answer = process() if fault.processes else Answer(0, decision=delivery, rule=f"fault.{fault.kind}")
    record(answer, delivery)
    if fault.kind is FaultKind.CLOSE_DURING:
        # the start of a status line shows the client that processing has begun
        _write(transport, b"HTTP/1.1 ")
        transport.close()
    else:
        transport.abort()
    await until_disconnected(receive, transport)


def _write(transport: asyncio.Transport, data: bytes) -> None:
    if not transport.is_closing():  # the client may have disconnected
        transport.write(data)


async def _truncated(answer: Answer, record: Record, scope: Scope, receive: Receive) -> None:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    head, body = raw_answer(answer)
    record(answer, "the answer was cut in half")
    # cut an answer without a body in its status line: clients accept a truncated header block as complete
    _write(transport, head + body[: len(body) // 2] if body else head[:10])
    transport.close()
    await until_disconnected(receive, transport)


async def _trickled(answer: Answer, delay: float, record: Record, scope: Scope, receive: Receive) -> None:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    raw = b"".join(raw_answer(answer))
    for start in range(0, len(raw), _TRICKLED_BYTES):
        if transport.is_closing():
            record(answer, "the client left during the trickle")
            return
        if start + _TRICKLED_BYTES >= len(raw):
            record(answer, "answered")
        transport.write(raw[start : start + _TRICKLED_BYTES])
        await asyncio.sleep(delay)
    transport.close()
    await until_disconnected(receive, transport)
