"""A raw HTTP server on loopback that answers as it is told and keeps what it was sent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Wire:
    """What was asked, and where to ask.

    Attributes:
        base_url: where the server listens.
        requests: (request line, headers with names in lower case, body), in order.
        connections: how many TCP connections were opened.

    """

    base_url: str
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole HTTP answer; an empty one closes the connection without any."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@contextlib.contextmanager
def wire(*answers: bytes | None) -> Iterator[Wire]:
    """Serve the answers in turn, the last one for ever; None closes the connection, b"" never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    state = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []
    stop = threading.Event()

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(ConnectionError), connection, connection.makefile("rb") as reader:
            # A TLS greeting begins with 0x16; a plain server hangs up on it.
            while (request := reader.readline(65_536 if state.requests else 1)) not in (b"", b"\x16"):
                request += reader.readline() if len(request) == 1 else b""
                headers: dict[str, str] = {}
                while (line := reader.readline().strip()) != b"":
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", 0)))
                state.requests.append((request.decode().strip(), headers, body))
                reply = answers[min(len(state.requests), len(answers)) - 1]
                if reply is None:
                    return
                if reply == b"":
                    stop.wait(10)
                    return
                connection.sendall(reply)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            state.connections += 1
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield state
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
