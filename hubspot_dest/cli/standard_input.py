"""Standard input is read only where `-` names it; input that would be left unread is an error."""

from __future__ import annotations

import os
import select
import socket
import stat
import sys
from typing import Final

from hubspot_dest.cli.console import stop

__all__ = ["refuse_unread_input"]

_PATIENCE_MS: Final = 200  # for a program at the other end of the pipe that is just starting


def refuse_unread_input(events: str | None, usage: str, *, open_pipe: bool = False) -> None:
    """End with exit code 2 where standard input holds something and the command line does not name it.

    A terminal, /dev/null, an empty file and a pipe that is closed and empty hold nothing.

    Args:
        events: the EVENTS of the command line; None without them.
        usage: the command line that reads standard input, for the message.
        open_pipe: a pipe that is open counts as well, although nothing has come through it yet.

    """
    if events is None and _holds_something(open_pipe=open_pipe):
        stop("there is something on standard input, which is read only where - names it", usage)


def _holds_something(*, open_pipe: bool) -> bool:
    try:
        number = sys.stdin.fileno()
        state = os.fstat(number)
    except (AttributeError, OSError, ValueError):
        return False
    if stat.S_ISREG(state.st_mode):
        return state.st_size > os.lseek(number, 0, os.SEEK_CUR)
    if not (stat.S_ISFIFO(state.st_mode) or stat.S_ISSOCK(state.st_mode)):
        return False
    if not hasattr(select, "poll"):  # Windows: a pipe cannot be asked
        return False
    poll = select.poll()
    poll.register(number, select.POLLIN)
    found = poll.poll(_PATIENCE_MS)
    if not found:
        return open_pipe
    if not found[0][1] & select.POLLIN:
        return False
    return not stat.S_ISSOCK(state.st_mode) or _socket_has_data(number)


def _socket_has_data(number: int) -> bool:
    """Tell data from the end: a socket whose other side is closed can be read, too."""
    with socket.socket(fileno=os.dup(number)) as copy:
        try:
            return bool(copy.recv(1, socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)))
        except OSError:
            return False
