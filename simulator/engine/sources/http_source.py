"""A port that accepts what a walkerOS collector server accepts (walkerOS 4.4, section 10), for a website on show.

The endpoint is the sender's own (`hubspot_dest.listen`); here its events go into a queue that the engine empties. An
event is answered when it is in the queue: what HubSpot makes of it is shown on the screen.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Self

from hubspot_dest.events.collector import InvalidEventError, event_name, has_id, new_event_id
from hubspot_dest.listen.app import CollectorEndpoint, ListenSettings
from hubspot_dest.listen.sockets import bind
from hubspot_dest.outcome import Outcome, outcome_of
from simulator.hubspot.http.app import HostGuard
from simulator.hubspot.http.server import ServerThread
from simulator.hubspot.http.wire import Receive, Scope, Send

__all__ = ["ListeningSource"]

_LIMIT = 10_000


class _Queue:
    """Where the endpoint puts events: bounded, filled by the server's thread, emptied by the engine's."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._events: deque[Any] = deque()
        self._lock = threading.Lock()

    @property
    def pending(self) -> int:
        return len(self._events)

    async def push_many(self, events: Iterable[Any]) -> list[Outcome]:
        """Keep the events, good or bad: what a website sends by mistake is shown as well."""
        several = [_with_id(event) for event in events]
        outcomes = [_accepted(event) for event in several]
        with self._lock:
            self._events.extend(several)
        return outcomes

    def take(self) -> Any:
        """Return the oldest event; None if there is none."""
        with self._lock:
            return self._events.popleft() if self._events else None


def _with_id(event: Any) -> Any:
    """Give an event without a usable id one, as early as walkerOS does (section 1.2): answer, row and HubSpot agree."""
    return event if not isinstance(event, dict) or has_id(event) else {**event, "id": new_event_id()}


def _accepted(event: Any) -> Outcome:
    try:
        event_name(event)
    except InvalidEventError as error:
        return Outcome("failed", "invalid_event", str(error))
    return outcome_of("queued", "listening", "", event)


class ListeningSource:
    """A source for the engine that takes events over HTTP on loopback.

    Args:
        port: where to listen; 0 for any free one.
        limit: how many events may wait for the engine; beyond that the answer is 503.
        allowed_hosts: further `Host` headers to accept, beside this machine's own.

    Raises:
        OSError: the port is taken.

    """

    def __init__(self, port: int, *, limit: int = _LIMIT, allowed_hosts: Iterable[str] = ()) -> None:
        self._queue = _Queue(limit)
        self._guard = HostGuard(frozenset(name.lower() for name in allowed_hosts))
        self._collector = CollectorEndpoint(self._queue, ListenSettings())
        listener = bind("127.0.0.1", port)
        self.port: int = listener.getsockname()[1]
        self._server = ServerThread(self._guarded, listener)

    @property
    def url(self) -> str:
        """Where to send events."""
        return f"http://127.0.0.1:{self.port}/collect"

    @property
    def waiting(self) -> int:
        """How many events wait for the engine."""
        return self._queue.pending

    def start(self) -> Self:
        """Begin to listen.

        Raises:
            RuntimeError: the server could not start.

        """
        self._server.start()
        return self

    def close(self) -> None:
        """Stop listening; what waits can still be taken."""
        self._collector.stopping = True
        self._server.stop()

    def __call__(self, seed: int) -> Iterator[Any]:
        """Yield events as they arrive, and None while there is none; the seed has no effect."""
        del seed
        while True:
            yield self._queue.take()

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request for another host name: a website must not reach this server through its own name."""
        if not self._guard.admits([value for name, value in scope["headers"] if name == b"host"]):
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            await send({"type": "http.response.body", "body": b"the Host header names another server"})
            return
        await self._collector(scope, receive, send)
