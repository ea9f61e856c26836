"""Serve an ASGI application on a socket, in a thread.

This uses uvicorn's HTTP protocol without uvicorn's server. The server's main loop polls every 100 ms, which makes
starting and stopping slow, and it hides the transport that faults need to cut connections.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, Literal

from hubspot_dest.listen.uvicorn_compat import Config, HttpToolsProtocol, ServerState
from simulator.hubspot.http.wire import TRANSPORT, Receive, Scope, Send, until_disconnected

__all__ = ["EventLoop", "ServerThread", "tls_context"]

EventLoop = Literal["uvloop", "asyncio"]
"""uvloop answers faster, asyncio starts faster. Without uvloop (Windows), asyncio is used."""
Served = Callable[[Scope, Receive, Send], Awaitable[None]]
_STOP_SECONDS = 5.0
_KEEP_ALIVE_SECONDS = 75
_BACKLOG = 1024


class _Protocol(HttpToolsProtocol):
    """Add the transport to the ASGI scope of every request."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]


def tls_context(certificate: str, key: str, fails: Callable[[], bool]) -> ssl.SSLContext:
    """Create the server's TLS context.

    Args:
        certificate: path of the certificate chain, PEM.
        key: path of its key, PEM.
        fails: called for each handshake; true makes it fail.

    Raises:
        OSError: a file cannot be read, or is not a valid certificate or key.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def on_client_hello(_socket: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
        return int(ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE) if fails() else None

    context.sni_callback = on_client_hello
    return context


class ServerThread:
    """Serve an application in a daemon thread until it is stopped.

    The thread does not run in a forked child, so start servers after forking.
    """

    def __init__(
        self,
        app: Served,
        listener: socket.socket,
        tls: ssl.SSLContext | None = None,
        *,
        event_loop: EventLoop = "uvloop",
    ) -> None:
        self._event_loop = event_loop
        self._app = app
        listener.setblocking(False)
        self._listener = listener
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="hubspot-sim", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether the server thread is alive in this process."""
        return self._pid == os.getpid() and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; return once it accepts connections.

        Raises:
            RuntimeError: the server could not start.

        """
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise RuntimeError(f"the server could not start: {self._error}") from self._error

    def stop(self) -> None:
        """Close all connections and end the thread; do nothing if it is not running in this process."""
        if not self.is_running or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        loop = _new_loop(self._event_loop)
        self._loop = loop
        try:
            loop.run_until_complete(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()
            loop.close()
            self._listener.close()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        config = Config(
            _abort_on_cancel(self._app),
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="error",  # warnings about malformed requests would disturb the terminal user interface
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            proxy_headers=False,
        )
        config.load()
        state = ServerState()

        def protocol() -> _Protocol:
            connection = _Protocol(config, state, {}, loop)
            connection.access_log = False
            return connection

        server = await loop.create_server(protocol, sock=self._listener, ssl=self._tls, backlog=_BACKLOG)
        date_task = loop.create_task(_update_date(state))
        self._ready.set()
        try:
            await self._stopping.wait()
        finally:
            date_task.cancel()
            server.close()
            await _close_connections(state)
            await asyncio.gather(date_task, return_exceptions=True)


def _abort_on_cancel(app: Served) -> Served:
    """Abort the connections of requests that are cancelled at shutdown, without a traceback."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            transport: asyncio.Transport = scope["extensions"][TRANSPORT]
            transport.abort()
            await until_disconnected(receive, transport)

    return application


def _new_loop(event_loop: EventLoop) -> asyncio.AbstractEventLoop:
    if event_loop == "asyncio":
        return asyncio.new_event_loop()
    try:
        import uvloop
    except ImportError:  # not available on Windows
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def _update_date(state: Any) -> None:
    while True:
        state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        await asyncio.sleep(1)


async def _close_connections(state: ServerState) -> None:
    tasks: list[asyncio.Task[None]] = list(state.tasks)
    for task in tasks:
        task.cancel()
    for connection in list(state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
