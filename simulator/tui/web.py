"""The same app in a browser, through textual-serve, on loopback; its children end with it."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hubspot_dest.cli.console import say, stop
from hubspot_dest.report.safe_text import safe_text

__all__ = ["serve"]

_HOSTS = ("127.0.0.1", "localhost")
_HTTP = 80


def serve(arguments: list[str], port: int) -> None:
    """Serve the terminal app at a port of 127.0.0.1 until Ctrl-C or SIGTERM.

    Every page that is opened has a process of its own, in the server's process group, so that none outlives the server.

    Args:
        arguments: the command line without `--web`, `tui` first.
        port: where to listen; 0: a free one.

    """
    try:
        import textual_serve.server  # noqa: F401 - whether it is there
    except ImportError:
        stop("--web needs textual-serve, which is missing here", "pip install 'hubspot-dest[simulator]'")
    port = _usable(port)
    server = _server(shlex.join([sys.executable, "-m", "simulator", *arguments]), port)
    with _own_group():
        say(f"open http://127.0.0.1:{port} in a browser; Ctrl-C ends it. Only this machine can reach it.")
        try:
            server.serve()
        except KeyboardInterrupt:
            pass
        finally:
            _end_the_others()
    say("ended, with the programs of all pages")


def _server(command: str, port: int) -> Any:
    from aiohttp import web
    from textual_serve.server import Server

    ours = {name + suffix for name in _HOSTS for suffix in (f":{port}", "") if suffix or port == _HTTP}

    @web.middleware
    async def guard(request: web.Request, handler: Any) -> Any:
        """Answer only this server's own pages: another website could press keys here."""
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if host not in ours:
            raise web.HTTPMisdirectedRequest(text="this page is for this machine only\n")
        if origin is not None and origin != f"http://{host}":
            raise web.HTTPForbidden(text="this page is for its own server's pages only\n")
        return await handler(request)

    page = Path(__file__).with_name("page")

    async def keyboard(_: web.Request) -> web.FileResponse:
        return web.FileResponse(page / "keyboard.js")

    class Loopback(Server):  # type: ignore[misc, valid-type, unused-ignore]
        """Answers its own pages only, and ends their programs first: else it would wait a minute for open pages."""

        async def _make_app(self) -> Any:
            app = await super()._make_app()
            app.middlewares.append(guard)
            app.router.add_get("/keyboard.js", keyboard)
            return app

        def initialize_logging(self) -> None:
            """Log what goes wrong, not every request."""
            logging.basicConfig(level="WARNING", format="%(message)s")

        async def on_startup(self, app: Any) -> None:
            """Write nothing: our own message was shown already."""

        async def handle_index(self, request: Any) -> Any:
            """Use the host name of the request in the page, so that its socket has the same origin."""
            self.public_url = f"http://{request.host}"
            return await super().handle_index(request)

        def request_exit(self) -> None:
            _end_the_others()
            super().request_exit()

    return Loopback(command, host="127.0.0.1", port=port, title="hubspot-sim", templates_path=page)


def _usable(port: int) -> int:
    """Return a port that can be listened on, or exit with a message."""
    try:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            return int(sock.getsockname()[1])
    except OSError as error:
        stop(
            f"cannot listen on port {port}: {safe_text(error.strerror or str(error))}",
            "--port 0 chooses a free port",
        )


@contextlib.contextmanager
def _own_group() -> Iterator[None]:
    """Form a process group of our own, so that only our own processes are ended.

    On a terminal it becomes the foreground group; the former one gets the terminal back at the end.
    """
    if not hasattr(os, "setpgrp") or os.getpgrp() == os.getpid():
        yield  # Windows has no groups
        return
    before = os.getpgrp()
    with contextlib.suppress(OSError):
        os.setpgrp()
    _to_the_front(os.getpgrp())
    try:
        yield
    finally:
        _to_the_front(before)


def _to_the_front(group: int) -> None:
    if sys.stdin.isatty():
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.tcsetpgrp(sys.stdin.fileno(), group)


def _end_the_others() -> None:
    """Ask everything in our group to end, but not ourselves."""
    if not hasattr(os, "killpg"):
        return
    # Ignored when it arrives, which is now; asyncio keeps a handler of its own, which is put back.
    former = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.killpg(os.getpgrp(), signal.SIGTERM)
    signal.signal(signal.SIGTERM, former if former is not None else signal.SIG_DFL)
