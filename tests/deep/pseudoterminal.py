"""A shell command in a terminal of its own, which is its controlling one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from pathlib import Path

__all__ = ["Terminal"]

_LIMIT = 60.0


class Terminal:
    """Runs a command; what it writes is read with `read`, `until` or `end`.

    Args:
        command: for the shell; `exec …` makes `pid` the program's own.
        columns: the terminal's width.
        rows: its height.
        folder: where the command runs.

    """

    def __init__(
        self, command: str, *, columns: int = 100, rows: int = 30, folder: Path | None = None
    ) -> None:
        self.pid, self.file = pty.fork()
        if self.pid == 0:  # the child
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            if folder is not None:
                os.chdir(folder)
            # The size first: the program asks for it once.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp("sh", ["sh", "-c", command])
        self.said = b""

    def read(self, seconds: float = 0.1) -> bool:
        """Read what there is; False at the end."""
        ready, _, _ = select.select([self.file], [], [], seconds)
        if not ready:
            return True
        try:
            piece = os.read(self.file, 65_536)
        except OSError:
            return False
        self.said += piece
        return bool(piece)

    @property
    def text(self) -> str:
        """What was written, without the sequences that move the cursor."""
        plain = re.sub(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b.", b" ", self.said)
        return re.sub(r"\s+", " ", plain.decode("utf-8", "replace"))

    def until(self, wanted: str) -> None:
        """Read until this stands there, or a pattern is found."""
        end = time.monotonic() + _LIMIT
        while not re.search(wanted, self.text):
            assert time.monotonic() < end, self.text[-2000:]
            assert self.read(), self.text[-2000:]

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self.file, key)

    def echoes(self) -> bool:
        """Tell whether the terminal is as a shell wants it: lines, and what is typed is seen."""
        flags = termios.tcgetattr(self.file)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def hang_up(self) -> int:
        """Close the terminal as a lost connection does; return the exit code."""
        os.close(self.file)
        return self._wait()

    def end(self) -> int:
        """Wait for its end; return the exit code."""
        end = time.monotonic() + _LIMIT
        while self.read():
            assert time.monotonic() < end, f"it does not end: {self.text[-2000:]}"
        code = self._wait()
        os.close(self.file)
        return code

    def _wait(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)
