"""A clock that can be put forward: waiting an hour for a limit to reset takes no hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["SkippableClock"]


class SkippableClock:
    """Tell UNIX time in seconds, plus what has been skipped."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._skipped = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Tell the time."""
        return self._base() + self._skipped

    def skip(self, seconds: float) -> float:
        """Put the clock forward and give the new time.

        Raises:
            ValueError: `seconds` is negative; time never goes back.

        """
        if not 0 <= seconds < 1e10:
            raise ValueError(f"the clock goes forward only: {seconds!r} seconds cannot be skipped")
        with self._lock:
            self._skipped += seconds
        return self()
