"""Listening sockets; this module does not import an HTTP server."""

from __future__ import annotations

import socket

__all__ = ["bind"]

_BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Raises:
        OSError: the port is in use, or the address does not belong to this machine.

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
