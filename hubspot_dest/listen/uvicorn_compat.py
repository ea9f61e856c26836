"""All uses of uvicorn's internals in one place; pyproject.toml therefore has an upper bound for its version.

- `HttpToolsProtocol` and its parser callbacks: uvicorn limits neither the time nor the size of request headers, and
  refuses connections beyond its limit only after a complete request, so idle connections could block it.
- `Server.on_tick` and `Server.capture_signals`: expired connections are closed in its main loop, and the program has
  signal handlers of its own.
- `ServerState`: the simulator runs the protocol without uvicorn's server.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

__all__ = [
    "Config",
    "ConnectionLimits",
    "GuardedServer",
    "HttpToolsProtocol",
    "ServerState",
    "guarded_config",
]

_CLOSE: Final = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_TIMED_OUT: Final = b"HTTP/1.1 408 Request Timeout\r\n" + _CLOSE
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _CLOSE
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n" + _CLOSE
_NEVER: Final = float("inf")
_TICKS: Final = 10  # of uvicorn's main loop per second


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of a server's connections.

    Attributes:
        connections: the maximum number of open connections; beyond it, the longest idle one is closed.
        header_seconds: the time limit for receiving request headers, from the connection or their first byte.
        header_bytes: the maximum size of the headers.
        header_count: the maximum number of headers.
        unread_seconds: how long the rest of a body is read and discarded after its request was answered.
        unread_bytes: how much of such a body is read.
        write_seconds: how long a response may wait for a client that does not read it.

    """

    connections: int = 1000
    header_seconds: float = 10.0
    header_bytes: int = 64 * 1024
    header_count: int = 200
    unread_seconds: float = 5.0
    unread_bytes: int = 8 * 1024 * 1024
    write_seconds: float = 15.0


class ConnectionTable:
    """The connections that wait for a request, longest waiting first."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        # Dicts as ordered sets: new connections without a request so far, and connections between two requests.
        self.new: dict[GuardedProtocol, None] = {}
        self.arrivals = itertools.count()
        self.resting: dict[GuardedProtocol, None] = {}

    def forget(self, connection: GuardedProtocol) -> None:
        """Remove a connection that has a request or is closed."""
        self.new.pop(connection, None)
        self.resting.pop(connection, None)

    def evict(self, newcomer: GuardedProtocol) -> bool:
        """Close the longest waiting connection other than the newcomer; return whether there was one."""
        for waiting in (self.new, self.resting):
            for connection in waiting:
                if connection is not newcomer:
                    self.forget(connection)
                    connection.transport.abort()
                    return True
        return False


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP connection, with limits against clients that keep it open."""

    def __init__(self, *arguments: Any, table: ConnectionTable, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._table = table
        self.tick = next(table.arrivals) % _TICKS
        """The tick of every second in which it is checked; checking all connections at once would delay requests."""
        self._header_bytes = 0
        self._in_headers = False
        self._message_complete = True  # no request has begun
        self._unread_bytes = 0
        self._closing_at = _NEVER
        self.deadline = _NEVER
        """The time limit for the client's next step, in the event loop's time."""
        self.write_deadline = _NEVER

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, closing an idle one if necessary, or refuse it."""
        super().connection_made(transport)
        table = self._table
        if len(self.connections) > table.limits.connections and not table.evict(self):
            self._end(_FULL)
            return
        table.new[self] = None
        self.deadline = self.loop.time() + table.limits.header_seconds

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._table.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; close a connection whose headers, or whose discarded body, are too long."""
        limits = self._table.limits
        if self._message_complete or self._in_headers:
            if self.deadline == _NEVER:
                self.deadline = self.loop.time() + limits.header_seconds
        elif self.cycle.response_complete:
            self._unread_bytes += len(data)
            if self._unread_bytes > limits.unread_bytes:
                self.transport.abort()
                return
        super().data_received(data)
        if self._in_headers and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > limits.header_bytes:
                self._end(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Record that headers begin."""
        super().on_message_begin()
        self._in_headers, self._message_complete = True, False
        self._header_bytes = self._unread_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receive a header; too many headers are a bad request."""
        if len(self.headers) >= self._table.limits.header_count:
            msg = "too many headers"
            raise ValueError(msg)  # the parser turns it into its own error, and uvicorn answers 400
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Record that the headers have arrived; from now on, the application's own time limits apply."""
        self._in_headers = False
        self.deadline = _NEVER
        self._table.forget(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Record that the body has arrived."""
        self._message_complete = True
        super().on_message_complete()
        if self.cycle.response_complete:
            self._rest()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of a body whose request has been answered."""
        super().on_response_complete()
        if not self.cycle.response_complete or self.transport.is_closing():
            return
        if self._message_complete:
            self._rest()
        else:
            self.deadline = self.loop.time() + self._table.limits.unread_seconds

    def _rest(self) -> None:
        self.deadline = _NEVER  # uvicorn's own timer closes a connection that stays idle
        if not self.transport.is_closing():
            self._table.resting[self] = None

    def pause_writing(self) -> None:
        """Start the time limit for a client that does not read."""
        self.write_deadline = self.loop.time() + self._table.limits.write_seconds
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop the time limit, since the client reads again."""
        self.write_deadline = _NEVER
        super().resume_writing()

    def expire(self, now: float) -> None:
        """Close the connection if its client has exceeded a time limit."""
        if self.transport.is_closing():
            # An unread response would keep a closed connection alive.
            self._closing_at = min(self._closing_at, now + self._table.limits.write_seconds)
            if now > self._closing_at:
                self.transport.abort()
        elif now > self.write_deadline:
            self.transport.abort()
        elif now > self.deadline:
            if not (self._message_complete or self._in_headers):
                self.transport.abort()  # in the middle of a body whose request has been answered
            elif self.cycle is None or self.cycle.response_complete:
                self._end(_TIMED_OUT if self._in_headers else b"")

    def _end(self, answer: bytes) -> None:
        self._table.forget(self)
        self.deadline = _NEVER
        if answer:
            self.transport.write(answer)
        self.transport.close()


class GuardedServer(uvicorn.Server):
    """uvicorn's server, which closes expired connections and leaves signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Close expired connections, checking each once per second; return whether to exit."""
        now, tick = asyncio.get_running_loop().time(), counter % _TICKS
        for connection in list(self.server_state.connections):
            if isinstance(connection, GuardedProtocol) and connection.tick == tick:
                connection.expire(now)
        return await super().on_tick(counter)


def guarded_config(app: Any, limits: ConnectionLimits, **options: Any) -> Config:
    """Return uvicorn's configuration for a server with limits."""
    protocol: Any = partial(GuardedProtocol, table=ConnectionTable(limits))
    return Config(
        app,
        http=protocol,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",  # the application reports its own errors; malformed requests are not reported
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        backlog=1024,
        **options,
    )
