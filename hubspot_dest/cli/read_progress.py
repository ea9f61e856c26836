"""Show how far reading a source of events is, and how long the rest takes."""

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


class ReadProgress:
    """Progress on a terminal; in a pipe nothing is shown.

    Args:
        source: the source of events. The remaining time is known for a regular file that is not compressed.

    """

    def __init__(self, source: str) -> None:
        self._size = _size(source)
        self._begun = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def show(self, events: int, position: int) -> None:
        """Show how far it is, five times a second at most.

        Args:
            events: how many events were read.
            position: offset in the decompressed source, in bytes.

        """
        now = time.monotonic()
        if not self._terminal or now - self._shown < _EVERY:
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
            parts.append(f"{events / seconds:,.0f} a second")
        return ", ".join(parts)

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal:
            progress("")


def _size(source: str) -> int:
    """Return the size of a regular file in bytes; 0 if it does not say how much there is to read."""
    if reads_once(source) or source.endswith(".gz"):
        return 0
    try:
        return Path(source).stat().st_size
    except (OSError, ValueError):
        return 0
