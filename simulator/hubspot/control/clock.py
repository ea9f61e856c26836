"""A clock that can be put forward, so that tests need not wait for limits to reset."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["SkippableClock"]


class SkippableClock:
    """UNIX time in seconds, plus what was skipped."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._skipped = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the time."""
        return self._base() + self._skipped

    def skip(self, seconds: float) -> float:
        """Put the clock forward and return the new time.

        Raises:
            ValueError: `seconds` is negative; time never goes back.

        """
        if not 0 <= seconds < 1e10:
            raise ValueError(f"the clock goes forward only: {seconds!r} seconds cannot be skipped")
        with self._lock:
            self._skipped += seconds
        return self()
