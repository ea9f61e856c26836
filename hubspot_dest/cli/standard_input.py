"""Refuse standard input that would be left unread, since it is read only if `-` is passed."""

from __future__ import annotations

import os
import select
import socket
import stat
import sys
from typing import Final

from hubspot_dest.cli.console import stop

__all__ = ["refuse_unread_input"]

_WAIT_MS: Final = 200  # for a program at the other end of the pipe that is just starting


def refuse_unread_input(events: str | None, usage: str, *, open_pipe: bool = False) -> None:
    """Exit with code 2 if standard input has data and the command line does not read it.

    A terminal, /dev/null, an empty file, and an empty closed pipe have no data.

    Args:
        events: the EVENTS of the command line; None without them.
        usage: the command line that reads standard input, for the message.
        open_pipe: whether an open pipe counts even if nothing has arrived yet.

    """
    if events is None and _has_input(open_pipe=open_pipe):
        stop("standard input is not empty, but is read only if - is passed", usage)


def _has_input(*, open_pipe: bool) -> bool:
    try:
        number = sys.stdin.fileno()
        state = os.fstat(number)
    except (AttributeError, OSError, ValueError):
        return False
    if stat.S_ISREG(state.st_mode):
        return state.st_size > os.lseek(number, 0, os.SEEK_CUR)
    if not (stat.S_ISFIFO(state.st_mode) or stat.S_ISSOCK(state.st_mode)):
        return False
    if not hasattr(select, "poll"):  # Windows cannot poll a pipe
        return False
    poll = select.poll()
    poll.register(number, select.POLLIN)
    ready = poll.poll(_WAIT_MS)
    if not ready:
        return open_pipe
    if not ready[0][1] & select.POLLIN:
        return False
    return not stat.S_ISSOCK(state.st_mode) or _socket_has_data(number)


def _socket_has_data(number: int) -> bool:
    """Return whether a readable socket has data; one whose other side is closed is readable, too."""
    with socket.socket(fileno=os.dup(number)) as copy:
        try:
            return bool(copy.recv(1, socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)))
        except OSError:
            return False
