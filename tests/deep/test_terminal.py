"""The terminal as people have it: `make demo` shows the tour, at two sizes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.deep


class Terminal:
    """A process on a pseudo-terminal of its own."""

    def __init__(self, *arguments: str, width: int = 160, height: int = 50) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(width), LINES=str(height))
            os.execv(sys.executable, [sys.executable, "-m", "simulator", "tui", *arguments])
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.raw = b""
        self.before = termios.tcgetattr(self._file)

    @property
    def text(self) -> str:
        """Everything that was written, without its escapes."""
        return re.sub(rb"\x1b(?:\[[0-9;?>]*[a-zA-Z]|\][^\x07]*\x07|[=>])", b"", self.raw).decode(
            "utf-8", "replace"
        )

    def read(self, seconds: float) -> bool:
        """Take in what is written; tell whether there may be more."""
        ready, _, _ = select.select([self._file], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._file, 1 << 16)
        except OSError:
            return False
        self.raw += data
        return bool(data)

    def until(self, holds: Callable[[], bool]) -> None:
        """Read until something holds."""
        deadline = time.monotonic() + 40
        while not holds():
            assert time.monotonic() < deadline, self.text[-3000:]
            assert self.read(0.1) or holds(), self.text[-3000:]

    def press(self, keys: bytes) -> None:
        os.write(self._file, keys)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        deadline = time.monotonic() + 30
        with contextlib.suppress(OSError, ValueError):
            while self.read(0.1) and time.monotonic() < deadline:
                pass
        _, status = os.waitpid(self.pid, 0)
        self.close()
        return os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize(("width", "height"), [(160, 50), (80, 24)])
def test_make_demos_terminal_shows_the_tour(width: int, height: int) -> None:
    terminal = Terminal(width=width, height=height)
    terminal.until(lambda: "This is a shop with visitors" in terminal.text)
    terminal.press(b"\x1b[C")
    terminal.until(lambda: "A visitor without a name" in terminal.text)
    terminal.press(b"q")
    assert terminal.end() == 0
