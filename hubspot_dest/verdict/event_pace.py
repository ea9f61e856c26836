"""How many events come in which time, by their own timestamps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["EventPace", "PaceSpan"]

_HOUR_MS: Final = 3_600_000
_SHORTEST_SECONDS: Final = 3_600.0
_GAP_HOURS: Final = 7 * 24
"""Events that are farther apart than this do not belong to one time: a wrong clock, or two exports in one file."""
_MOST_HOURS: Final = 100_000
_MOST_MS: Final = 8.64e15  # of a date in JavaScript


@dataclass(frozen=True, slots=True)
class PaceSpan:
    """The time in which most of the events came.

    Attributes:
        events: how many came in it.
        seconds: from the first of them to the last.
        apart: how many have a timestamp that is more than a week away from it; they do not count.
        untimed: how many have no timestamp; they count as if they came at the same pace.

    """

    events: int
    seconds: float
    apart: int
    untimed: int

    @property
    def per_second(self) -> float | None:
        """Events per second; None for less than an hour, which says nothing about a month."""
        if self.seconds < _SHORTEST_SECONDS:
            return None
        timed = self.events + self.apart
        return self.events / self.seconds * (timed + self.untimed) / timed


@dataclass(slots=True)
class _Hour:
    count: int
    first: float
    last: float


class EventPace:
    """Counts events by the hour of their timestamp, in ms since 1970; memory does not grow with the events."""

    def __init__(self) -> None:
        self._hours: dict[int, _Hour] = {}
        self._untimed = 0

    def add(self, timestamp: Any) -> None:
        """Count an event by the timestamp that it came with, whatever that is."""
        if (
            type(timestamp) not in (int, float)
            or not math.isfinite(timestamp)
            or not 0 < timestamp < _MOST_MS
        ):
            self._untimed += 1
            return
        number = int(timestamp // _HOUR_MS)
        hour = self._hours.get(number)
        if hour is not None:
            hour.count += 1
            hour.first, hour.last = min(hour.first, timestamp), max(hour.last, timestamp)
        elif len(self._hours) < _MOST_HOURS:
            self._hours[number] = _Hour(1, timestamp, timestamp)
        else:
            self._untimed += 1

    @property
    def span(self) -> PaceSpan | None:
        """The time in which most of the events came; None if no event has a timestamp."""
        spans: list[list[_Hour]] = []
        before = None
        for number in sorted(self._hours):
            if before is None or number - before > _GAP_HOURS:
                spans.append([])
            spans[-1].append(self._hours[number])
            before = number
        if not spans:
            return None
        counts = [sum(hour.count for hour in hours) for hours in spans]
        most = max(counts)
        hours = spans[counts.index(most)]
        return PaceSpan(most, (hours[-1].last - hours[0].first) / 1000, sum(counts) - most, self._untimed)
