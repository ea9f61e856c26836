"""How many events come in which time, by their own timestamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.amounts import amount, verb
from hubspot_dest.mapping.jsvalues import date_ms, truthy

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
        misdated: how many have a timestamp that cannot be true, such as seconds; they do not count.

    """

    events: int
    seconds: float
    apart: int
    untimed: int
    misdated: int = 0

    @property
    def per_second(self) -> float | None:
        """Events per second; None for less than an hour, which says nothing about a month."""
        if self.seconds < _SHORTEST_SECONDS:
            return None
        timed = self.events + self.apart + self.misdated
        return self.events / self.seconds * (timed + self.untimed) / timed


@dataclass(slots=True)
class _Hour:
    count: int
    first: int
    last: int


class EventPace:
    """Counts events by the hour of their time, in ms since 1970; memory does not grow with the events.

    Args:
        earliest_ms: the earliest time that can be true, in ms since 1970.
        latest_ms: the latest one.

    """

    def __init__(self, earliest_ms: float = 1, latest_ms: float = _MOST_MS) -> None:
        self._earliest_ms = earliest_ms
        self._latest_ms = latest_ms
        self._hours: dict[int, _Hour] = {}
        self._untimed = 0
        self._past = 0
        self._future = 0
        self._invalid = 0

    def add(self, timestamp: Any) -> None:
        """Count an event by the timestamp that it came with, whatever that is."""
        if not truthy(timestamp):  # the sender takes the time of the push
            self._untimed += 1
            return
        moment = date_ms(timestamp)  # as the planner reads it
        if moment is None:
            self._invalid += 1
        elif moment < self._earliest_ms:
            self._past += 1
        elif moment > self._latest_ms:
            self._future += 1
        else:
            self._count(moment)

    def _count(self, timestamp: int) -> None:
        number = timestamp // _HOUR_MS
        hour = self._hours.get(number)
        if hour is not None:
            hour.count += 1
            hour.first, hour.last = min(hour.first, timestamp), max(hour.last, timestamp)
        elif len(self._hours) < _MOST_HOURS:
            self._hours[number] = _Hour(1, timestamp, timestamp)
        else:
            self._untimed += 1

    @property
    def faults(self) -> str:
        """What is wrong with timestamps, with numbers of events; empty if nothing is."""
        faults = (
            (self._past, "before 2000, as seconds read as milliseconds are"),
            (self._future, "in the future, as microseconds read as milliseconds are"),
            (self._invalid, "not a date"),
        )
        return ", ".join(
            f"{amount(count, 'timestamp')} {verb(count, 'are')} {what}" for count, what in faults if count
        )

    @property
    def span(self) -> PaceSpan | None:
        """The time in which most of the events came; None if no event has a usable timestamp."""
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
        misdated = self._past + self._future + self._invalid
        return PaceSpan(
            most, (hours[-1].last - hours[0].first) / 1000, sum(counts) - most, self._untimed, misdated
        )
