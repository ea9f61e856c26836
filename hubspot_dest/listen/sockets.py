"""Open a listening socket; loads no server."""

from __future__ import annotations

import socket

__all__ = ["bind"]

_BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket, before anything else is started.

    Raises:
        OSError: the port is taken, or the address is not this machine's.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
