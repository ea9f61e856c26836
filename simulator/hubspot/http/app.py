"""The ASGI application: it serves HubSpot's paths, and passes all others to the control routes.

The hot path is plain ASGI without a framework: read the body, let the service answer, record, send. Faults cost time
only if one is set or the request may contain a magic address.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from simulator.hubspot.faults.answers import html_answer
from simulator.hubspot.faults.fault_board import ActiveFault, Fault, FaultBoard
from simulator.hubspot.faults.magic_addresses import magic_fault, may_be_magic
from simulator.hubspot.http.fault_delivery import deliver
from simulator.hubspot.http.wire import (
    BodyTooLargeError,
    Handler,
    Receive,
    Scope,
    Send,
    read_body,
    request_from,
    send_answer,
)
from simulator.hubspot.journal.journal import Journal
from simulator.hubspot.messages import Answer

__all__ = ["Application", "HostGuard"]

Control = Callable[[Scope, Receive, Send], Awaitable[None]]
_MEGABYTE = 1024 * 1024
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class HostGuard:
    """Check the `Host` header, so that web pages cannot reach this server by DNS rebinding.

    Attributes:
        allowed: host names besides loopback, lower case, without port; `*` allows any.

    """

    allowed: frozenset[str] = frozenset()

    def admits(self, hosts: list[bytes]) -> bool:
        """Return whether the `Host` headers of a request name this server."""
        if len(hosts) != 1:
            return False
        host = hosts[0].decode("latin-1").lower()
        name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
        return name in _LOOPBACK or name in self.allowed or "*" in self.allowed


class Application:
    """Serve a simulated HubSpot over ASGI.

    Args:
        service: answers HubSpot's paths.
        control: ASGI application of the control routes and the status pages.
        journal: records requests and answers.
        faults: chooses the fault of each request.
        clock: returns UNIX time in seconds.
        guard: checks `Host` headers; loopback only by default.
        max_body: maximum size of a request body in bytes.

    """

    def __init__(
        self,
        service: Handler,
        control: Control,
        journal: Journal,
        faults: FaultBoard,
        *,
        clock: Callable[[], float] = time.time,
        guard: HostGuard | None = None,
        max_body: int = 10 * _MEGABYTE,
    ) -> None:
        self._service = service
        self._control = control
        self._journal = journal
        self._faults = faults
        self._clock = clock
        self._guard = guard or HostGuard()
        self._admitted: bytes = b""
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] != self._admitted:
            if not self._guard.admits(hosts):
                await self._refuse(scope, send, _foreign_host())
                return
            self._admitted = hosts[0]  # fast path: nearly all requests have the same Host
        path: bytes = scope["raw_path"]
        is_control = path == b"/" or path.startswith(b"/_simulator")
        try:
            if is_control and scope["method"] in _WITHOUT_BODY:
                await self._control(scope, receive, send)
                return
            body = await read_body(receive, self._max_body)
        except BodyTooLargeError:
            decision = f"413: the body is longer than {self._max_body} bytes"
            headers = (("Connection", "close"),)
            await self._refuse(scope, send, html_answer(413, decision, "body.too_large", headers))
            return
        if body is None:
            return
        if is_control:
            await self._control(scope, _replay(body, receive), send)
        else:
            await self._serve(scope, body, receive, send)

    async def _serve(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        received_at = self._clock()
        fault: ActiveFault | Fault | None = self._faults.choose(scope["method"], scope["path"], received_at)
        if fault is None and may_be_magic(scope["raw_path"], scope["query_string"], body):
            fault = magic_fault(scope["raw_path"], scope["query_string"], body)
        request = request_from(scope, body, received_at)

        def record(answer: Answer, delivery: str) -> None:
            # Called before the last byte is sent, so that a client with an answer finds it in the journal.
            seconds = time.perf_counter() - started
            label = _fault_and_delay(fault)[0].label if fault else ""
            target = _target(scope)
            self._journal.record(
                received_at, seconds, scope["method"], target, scope["headers"], body, answer, label, delivery
            )

        if fault is None:
            answer = self._service.handle(request)
            record(answer, "answered")
            await send_answer(send, answer)
            return
        struck, delay = _fault_and_delay(fault)
        await deliver(struck, delay, lambda: self._service.handle(request), record, scope, receive, send)

    async def _refuse(self, scope: Scope, send: Send, answer: Answer) -> None:
        """Refuse a request without reading its body."""
        target = _target(scope)
        self._journal.record(self._clock(), 0.0, scope["method"], target, scope["headers"], b"", answer)
        await send_answer(send, answer)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive channel that replays a body that was already read."""
    is_replayed = False

    async def receive_again() -> MutableMapping[str, Any]:
        nonlocal is_replayed
        if is_replayed:
            return await receive()
        is_replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _fault_and_delay(fault: ActiveFault | Fault) -> tuple[Fault, float]:
    if isinstance(fault, Fault):
        return fault, fault.delay_ms / 1000
    return fault.fault, fault.delay()


def _target(scope: Scope) -> bytes:
    path: bytes = scope["raw_path"]
    return path + b"?" + scope["query_string"] if scope["query_string"] else path


def _foreign_host() -> Answer:
    decision = "421: the Host header names another server; allow it with --allow-host"
    return Answer(
        421, (("Content-Type", "text/plain; charset=utf-8"),), decision.encode(), decision, "host.foreign"
    )
