"""When the next event is due: pause, single steps, and a rate that neither drifts nor bursts."""

from __future__ import annotations

import threading
import time

__all__ = ["EventRate"]

_SLICE = 0.02  # seconds between two checks of a fast stream; waking for every event would cost more than the events
_FULL_SPEED = 50  # events between two checks for commands at full speed
_CATCH_UP = 0.25  # seconds of delay that are made up; a longer stall is forgotten


class EventRate:
    """Decides how many events are due. Any thread may control it; one thread asks it.

    Args:
        per_second: events per second; 0 for full speed.

    """

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._lock = threading.Lock()
        self._paused = True
        self._steps = 0
        self._from = time.monotonic()
        self._dry_until = 0.0

    @property
    def paused(self) -> bool:
        """Whether the stream is paused."""
        return self._paused

    def pause(self) -> None:
        """Pause the stream."""
        with self._lock:
            self._paused, self._steps = True, 0

    def resume(self) -> None:
        """Resume the stream."""
        with self._lock:
            self._paused, self._from = False, time.monotonic()

    def step(self, count: int) -> None:
        """Take `count` events, then pause."""
        with self._lock:
            self._paused = True
            self._steps += count

    def wait(self, *, exhausted: bool) -> float | None:
        """Return the seconds until something is due; None: until a method is called."""
        if exhausted or (self._paused and not self._steps):
            return None
        dry = self._dry_until - time.monotonic()
        if dry > 0:
            return dry
        if self._paused or self.per_second <= 0:
            return 0.000_01
        return (
            max(_SLICE, self._from + 1 / self.per_second - time.monotonic())
            if self.per_second < 50
            else _SLICE
        )

    def due(self) -> int:
        """Return how many events are due now."""
        with self._lock:
            if self._paused:
                return min(self._steps, _FULL_SPEED)
            now = time.monotonic()
            if now < self._dry_until:
                return 0
            if self.per_second <= 0:
                return _FULL_SPEED
            if now - self._from > _CATCH_UP + 1 / self.per_second:
                self._from = now - _CATCH_UP - 1 / self.per_second
            return int((now - self._from) * self.per_second)

    def took(self, *, nothing: bool) -> None:
        """Count one event as taken; a source that has nothing at the moment is asked again a little later."""
        with self._lock:
            if nothing:
                self._dry_until = time.monotonic() + _SLICE
                return
            if self._paused:
                self._steps = max(0, self._steps - 1)
            elif self.per_second > 0:
                self._from += 1 / self.per_second
