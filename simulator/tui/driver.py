"""A terminal that may go away at any time: with its window, with ssh, or with the program around it.

Textual waits for its terminal: once a write fails its writing thread is dead, thirty frames later the app waits for
ever for room in that thread's queue, hears no signal any more, and what the batch holds never goes out. And where
reading ends, its reading thread asks again and again, with all of a core (Textual 8.2; both were found in programs
that had outlived their terminal by an hour).

A slow line is nothing better: thirty frames wait in that queue, a minute of them at 2 kB a second, and a key is
answered behind them all. So the driver tells when it is behind, and the app leaves out frames.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.driver import Driver

__all__ = ["surviving"]

_FRAME = 3
"""What one frame is written in: that it begins, its cells, and that it ends."""


class _Outlet:
    """What is written to, until that fails; from then on nothing is written, and nothing fails.

    Args:
        file: the terminal.

    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.gone = False

    def write(self, text: str) -> None:
        """Write text."""
        if not self.gone:
            try:
                self._file.write(text)
            except (OSError, ValueError):
                self.gone = True

    def flush(self) -> None:
        """Flush."""
        if not self.gone:
            try:
                self._file.flush()
            except (OSError, ValueError):
                self.gone = True

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._file.fileno()


def surviving(chosen: type[Driver]) -> type[Driver]:
    """Return a driver that outlives its terminal, and tells by `terminal_is_gone` that it did; others as they are."""
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:
        return chosen  # Windows has another one
    if chosen is not LinuxDriver:
        return chosen

    class SurvivingDriver(LinuxDriver):
        """Textual's driver, writing to what never fails."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._outlet = _Outlet(self._file)
            self._file: Any = self._outlet

        @property
        def terminal_is_gone(self) -> bool:
            """Whether nobody can see or type anything any more; a terminal that hung up is none."""
            return self._outlet.gone or not os.isatty(self.fileno)

        @property
        def is_behind(self) -> bool:
            """Whether the terminal has not yet taken what was drawn last."""
            return self._writer_thread is not None and self._writer_thread._queue.qsize() >= _FRAME  # noqa: SLF001 - Textual has no word for it

    return SurvivingDriver
