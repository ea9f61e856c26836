"""Play events at the speed at which they happened, or at a multiple of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hubspot_dest.mapping.jsvalues import date_ms

__all__ = ["Timeline", "played"]

_LONGEST = 0.25  # the longest time between two calls that counts; anything longer was a pause, which is not made up for


class Timeline:
    """The time of the events, which advances while it is asked.

    Args:
        speed: how many of its seconds pass in one second of the clock.
        clock: monotonic seconds.

    """

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock
        self._asked: float | None = None
        self._now_ms: float | None = None

    def reached(self, event: Any) -> bool:
        """Tell whether it is time for an event; one without a time, or from before, is due at once."""
        moment = event.get("timestamp") if isinstance(event, dict) else None
        happened = date_ms(moment) if isinstance(moment, (int, float, str)) else None
        asked = self._clock()
        if self._asked is not None and self._now_ms is not None:
            self._now_ms += min(_LONGEST, asked - self._asked) * self._speed * 1000
        self._asked = asked
        if happened is None:
            return True
        if self._now_ms is None:
            self._now_ms = happened
        return happened <= self._now_ms


def played(events: Iterable[Any], speed: float, clock: Callable[[], float] = time.monotonic) -> Iterator[Any]:
    """Yield each event when it is time for it, and None as long as it is not.

    Args:
        events: in the order in which they are to come; None passes through.
        speed: 1 as they happened, 10 ten times as fast.
        clock: monotonic seconds.

    """
    timeline = Timeline(speed, clock)
    for event in events:
        while event is not None and not timeline.reached(event):
            yield None
        yield event
