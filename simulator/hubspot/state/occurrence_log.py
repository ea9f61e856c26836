"""The occurrences of an account: bounded, and each uuid stored once a year (HubSpot wire facts, section 1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.occurrences import Counters, Occurrence

__all__ = ["OccurrenceLog"]

_YEAR: Final = 365 * 86_400.0


@dataclass(slots=True)
class OccurrenceLog:
    """The occurrences, oldest first; at `limit` the oldest tenth is dropped with its uuids (`counters.forgotten`).

    The monthly quota counts every occurrence of the current calendar month, including dropped ones.
    """

    limit: int = 2_000_000
    rows: list[Occurrence] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    seen: dict[str, dict[str, float]] = field(
        default_factory=dict
    )  # event name -> uuid -> UNIX time received
    changes: Changes | None = None
    next_number: int = 1
    _month: tuple[float, float] = (0.0, 0.0)  # start and end of the counted month, UNIX time in seconds
    _this_month: int = 0

    def knows(self, event_name: str, identifier: str, now: float) -> bool:
        """Return whether this uuid was received for this event within the last year."""
        seen = self.seen.get(event_name)
        return seen is not None and identifier in seen and now - seen[identifier] < _YEAR

    def add(self, occurrence: Occurrence, identifier: str | None, now: float) -> bool:
        """Store an occurrence unless its uuid was received within the last year; return whether it was stored."""
        if identifier is not None:
            seen = self.seen.get(occurrence.event_name)
            if seen is None:
                seen = self.seen[occurrence.event_name] = {}
            if identifier in seen and now - seen[identifier] < _YEAR:
                self.counters.duplicates += 1
                self._counted()
                return False
            seen[identifier] = now
        if len(self.rows) >= self.limit:
            self._forget(max(1, self.limit // 10))
        self.rows.append(occurrence)
        if self.changes is not None:
            self.changes.occurrences.append((self.next_number, occurrence, now, identifier is not None))
        self.next_number += 1
        self._count_month(now)
        self.counters.accepted += 1
        self.counters.unassociated += occurrence.contact is None
        return True

    def in_month(self, now: float) -> int:
        """Return the number of occurrences received in the calendar month (UTC) of `now`."""
        begin, end = self._month
        return self._this_month if begin <= now < end else 0

    def _count_month(self, received_at: float) -> None:
        begin, end = self._month
        if not begin <= received_at < end:
            if received_at < begin:
                return  # loaded from a store, older than the counted month
            self._month, self._this_month = _month_of(received_at), 0
        self._this_month += 1

    def drop(self) -> None:
        """Count an occurrence that HubSpot drops silently."""
        self.counters.dropped += 1
        self._counted()

    def _counted(self) -> None:
        if self.changes is not None:
            self.changes.counted = True

    def _forget(self, count: int) -> None:
        for row in self.rows[:count]:
            self.seen.get(row.event_name, {}).pop(row.id, None)
        del self.rows[:count]
        self.counters.forgotten += count
        if self.changes is not None:
            self.changes.forgotten += count

    def forget_event(self, event_name: str) -> None:
        """Delete the occurrences of an event whose definition was deleted."""
        self.rows[:] = [row for row in self.rows if row.event_name != event_name]
        self.seen.pop(event_name, None)

    def forget_contact(self, identifier: str) -> None:
        """Delete the occurrences of a contact that was deleted permanently."""
        self.rows[:] = [row for row in self.rows if row.contact != identifier]

    def load(self, number: int, occurrence: Occurrence, received_at: float, *, has_uuid: bool) -> None:
        """Append a stored occurrence; call it in the order of numbers."""
        self.rows.append(occurrence)
        self._count_month(received_at)
        self.next_number = number + 1
        if has_uuid:
            self.seen.setdefault(occurrence.event_name, {})[occurrence.id] = received_at


def _month_of(moment: float) -> tuple[float, float]:
    """Return the start and end of the calendar month (UTC) of a UNIX time, in seconds."""
    begin = datetime.fromtimestamp(moment, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (begin + timedelta(days=32)).replace(day=1)
    return begin.timestamp(), end.timestamp()
