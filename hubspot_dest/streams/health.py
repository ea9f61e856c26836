"""Serve `/health`, `/ready` and `/status` of a worker; the standard library's server is enough for three paths."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["serve_health"]


def serve_health(
    host: str,
    port: int,
    alive: Callable[[], bool],
    unready: Callable[[], str],
    status: Callable[[], dict[str, Any]],
) -> tuple[int, Callable[[], None]]:
    """Answer `/health`, `/ready` and `/status` from a background thread.

    Args:
        host: the address to listen on.
        port: the port; 0 chooses a free one.
        alive: returns whether the worker's thread makes progress.
        unready: returns why the worker cannot deliver; empty if it can.
        status: returns the counts of the worker.

    Returns:
        The port, and a function that stops the server.

    Raises:
        OSError: the port is in use.

    """

    class _Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                self._answer(200 if alive() else 503, {"status": "ok" if alive() else "stuck"})
            elif self.path == "/ready":
                reason = unready()
                if reason:
                    self._answer(503, {"status": "not_ready", "reason": reason})
                else:
                    self._answer(200, {"status": "ready"})
            elif self.path == "/status":
                self._answer(200, status())
            else:
                self._answer(404, {"error": "Not found"})

        do_HEAD = do_GET  # noqa: N815 - the library's name

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:  # the worker's own lines are enough
            pass

    server = ThreadingHTTPServer((host, port), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, args=(0.1,), name="hubspot-dest-health", daemon=True
    )
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(2)

    return int(server.server_address[1]), stop
