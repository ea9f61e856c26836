"""A clock that can be advanced, so that tests need not wait for limits to reset."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["SkippableClock"]


class SkippableClock:
    """Return UNIX time in seconds plus the skipped seconds. Safe to use from any thread."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._skipped = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the current UNIX time in seconds."""
        return self._base() + self._skipped

    def skip(self, seconds: float) -> float:
        """Advance the clock and return the new UNIX time in seconds.

        Raises:
            ValueError: `seconds` is negative, or 1e10 and more.

        """
        if not 0 <= seconds < 1e10:
            raise ValueError(f"the clock goes forward only: {seconds!r} seconds cannot be skipped")
        with self._lock:
            self._skipped += seconds
        return self()
