"""Show the progress of reading a source of events."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from hubspot_dest.amounts import plural
from hubspot_dest.cli.console import progress
from hubspot_dest.intake.reader import reads_once

__all__ = ["ReadProgress"]

_EVERY: Final = 0.2  # seconds
_EVENTS: Final = 256  # between two checks of the clock


class ReadProgress:
    """Shows progress on a terminal, and nothing elsewhere.

    Args:
        source: the source of events; the remaining time is known only for an uncompressed regular file.

    """

    def __init__(self, source: str) -> None:
        self._size = _size(source)
        self._begun = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def show(self, events: int, position: int) -> None:
        """Show the progress, at most five times a second; to be called after every event.

        Args:
            events: the number of events read.
            position: the offset in the decompressed source, in bytes.

        """
        if not self._terminal or events % _EVENTS:
            return
        now = time.monotonic()
        if now - self._shown < _EVERY:
            return
        self._shown = now
        progress(self.text(events, position, now - self._begun))

    def text(self, events: int, position: int, seconds: float) -> str:
        """Return `120,000 events, 12 %, 34 s left`, as far as known."""
        parts = [f"{events:,} {plural(events, 'event')}"]
        if self._size and 0 < position <= self._size:
            part = position / self._size
            left = round(seconds * (1 - part) / part)
            parts += [
                f"{100 * part:.0f} %",
                f"{left // 60} min {left % 60} s left" if left >= 60 else f"{left} s left",
            ]
        elif seconds > 0:
            parts.append(f"{events / seconds:,.0f} per second")
        return ", ".join(parts)

    def clear(self) -> None:
        """Clear the progress line."""
        if self._terminal:
            progress("")


def _size(source: str) -> int:
    """Return the size of a regular file in bytes; 0 if the amount to read is unknown."""
    if reads_once(source) or source.endswith(".gz"):
        return 0
    try:
        return Path(source).stat().st_size
    except (OSError, ValueError):
        return 0
