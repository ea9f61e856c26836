"""One deadline from the first signal on: whatever the program is at, it has ended by then."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

__all__ = ["RunDeadline", "SIGNAL_SECONDS"]

SIGNAL_SECONDS: Final = 10.0
"""Within so many seconds of the first signal the program has ended."""
_DELIVERY_SECONDS: Final = 8.0
_MARGIN: Final = 0.5


class RunDeadline:
    """Counts down from the first SIGINT or SIGTERM, and ends the process at the deadline or at the second signal.

    A thread of its own does the ending, so that nothing can hold it up: no answer of HubSpot, no lock, no slow disk.
    What is in the outbox is safe however the process ends.

    Args:
        on_first: called in the signal handler, with the signal's number; takes no lock.
        last_words: says what is left; called by the thread right before it ends the process.

    Attributes:
        number: the first signal; None while there was none.

    """

    def __init__(self, on_first: Callable[[int], None], last_words: Callable[[], None]) -> None:
        self._on_first = on_first
        self._last_words = last_words
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()  # its `put` is safe in signal handlers
        self._since: float | None = None
        self.number: int | None = None

    def start(self) -> None:
        """Take over SIGINT and SIGTERM."""
        threading.Thread(target=self._count_down, name="hubspot-dest-deadline", daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    @property
    def delivery_seconds(self) -> float:
        """For how long delivery may go on from now."""
        return self._rest(_DELIVERY_SECONDS)

    @property
    def closing_seconds(self) -> float:
        """For how long the end of the run may take from now."""
        return self._rest(SIGNAL_SECONDS - 2 * _MARGIN)

    def _rest(self, seconds: float) -> float:
        return seconds if self._since is None else max(0.0, self._since + seconds - time.monotonic())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        first = self.number is None
        if first:
            self.number, self._since = number, time.monotonic()
        self._signals.put(number)
        if first:
            self._on_first(number)

    def _count_down(self) -> None:
        number = self._signals.get()
        with contextlib.suppress(queue.Empty):
            number = self._signals.get(timeout=SIGNAL_SECONDS - _MARGIN)
        # A disk or a terminal that hangs must not hold up the end either.
        words = threading.Thread(target=self._last_words, daemon=True)
        words.start()
        words.join(_MARGIN / 2)
        os._exit(128 + number)
