"""A server in its own process that reads requests, answers 204 and keeps nothing: what delivery is measured against."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
from collections.abc import Iterator
from multiprocessing.synchronize import Event

__all__ = ["sink"]

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status": "ok"}'


def _serve(listener: socket.socket, ready: Event) -> None:
    import threading

    def answer(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = bytearray()
        while True:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                data = connection.recv(262_144)
                if not data:
                    return
                buffer += data
                continue
            head = bytes(buffer[:end]).lower()
            mark = head.find(b"content-length:")
            length = int(head[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
            while len(buffer) < end + 4 + length:
                data = connection.recv(262_144)
                if not data:
                    return
                buffer += data
            del buffer[: end + 4 + length]
            connection.sendall(_ANSWER if b" /events/" in head[:40] or b" /crm/" in head[:40] else _OK)

    ready.set()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


@contextlib.contextmanager
def sink() -> Iterator[str]:
    """Yield the base URL of a sink that lives as long as the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready = multiprocessing.Event()
    process = multiprocessing.Process(target=_serve, args=(listener, ready), daemon=True)
    process.start()
    ready.wait(10)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        process.terminate()
        process.join(5)
        listener.close()
