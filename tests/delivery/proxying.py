"""A real forward proxy on loopback: CONNECT for https, whole addresses for http."""

from __future__ import annotations

import base64
import contextlib
import http.server
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class ForwardProxy:
    """Where it listens, and the first line of every request that it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def forward_proxy(login: str | None = None) -> Iterator[ForwardProxy]:
    """Run a proxy; with `login` (`user:password`) it answers 407 to everybody else."""
    state = ForwardProxy()
    wanted = None if login is None else "Basic " + base64.b64encode(login.encode()).decode()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            if not self._allowed():
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as behind:
                self.send_response(200)
                self.end_headers()
                _carry(self.connection, behind)
            self.close_connection = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not self._allowed():
                return
            parts = urlsplit(self.path)
            with socket.create_connection((parts.hostname, parts.port or 80)) as behind:
                kept = [
                    f"{name}: {value}"
                    for name, value in self.headers.items()
                    if name != "Proxy-Authorization"
                ]
                lines = [f"POST {parts.path} HTTP/1.1", *kept, "Connection: close", "", ""]
                behind.sendall("\r\n".join(lines).encode() + body)
                while received := behind.recv(65_536):
                    self.wfile.write(received)
            self.close_connection = True

        def _allowed(self) -> bool:
            state.asked.append(self.requestline)
            if wanted is None or self.headers.get("Proxy-Authorization") == wanted:
                return True
            self.send_error(407)
            return False

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _carry(sock: socket.socket, other: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([sock, other], [], [], 10)
        for end in ready:
            data = end.recv(65_536)
            if not data:
                return
            (other if end is sock else sock).sendall(data)
        if not ready:
            return
