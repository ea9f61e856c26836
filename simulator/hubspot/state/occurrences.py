"""The occurrences of an account: kept in order, bounded, each uuid once a year (HubSpot wire facts, 1.2 and 1.4)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson

from simulator.hubspot.state.changes import Changes

__all__ = ["Counters", "Occurrence", "OccurrenceLog", "iso"]

_YEAR: Final = 365 * 86_400.0


class Occurrence(msgspec.Struct, gc=False):  # a million of them: the garbage collector need not look at any
    """One occurrence as it was stored; `contact` is the id of the record it belongs to, or None.

    Its properties lie as JSON, a third of the memory that a dictionary takes.
    """

    id: str
    event_name: str
    properties_json: bytes
    contact: str | None
    occurred_at: float
    visible_at: float

    @property
    def properties(self) -> dict[str, str]:
        """Return the properties as they were stored."""
        held: dict[str, str] = orjson.loads(self.properties_json)
        return held

    def plain(self) -> dict[str, Any]:
        """Return the occurrence in the names of HubSpot's API."""
        return {
            "id": self.id,
            "eventName": self.event_name,
            "properties": self.properties,
            "contact": self.contact,
            "occurredAt": iso(self.occurred_at),
        }


@dataclass(slots=True)
class Counters:
    """How many occurrences were accepted, and what became of them."""

    accepted: int = 0
    unassociated: int = 0
    duplicates: int = 0
    dropped: int = 0
    forgotten: int = 0  # stored, and dropped later because `max_occurrences` was reached


@dataclass(slots=True)
class OccurrenceLog:
    """Every occurrence, oldest first; at `limit` the oldest tenth goes with its uuids (`counters.forgotten`)."""

    limit: int = 2_000_000
    rows: list[Occurrence] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    seen: dict[str, dict[str, float]] = field(default_factory=dict)  # by event name: uuid, and when it came
    changes: Changes | None = None
    next_number: int = 1

    def knows(self, event_name: str, identifier: str, now: float) -> bool:
        """Tell whether this uuid came for this event within a year."""
        seen = self.seen.get(event_name)
        return seen is not None and identifier in seen and now - seen[identifier] < _YEAR

    def add(self, occurrence: Occurrence, identifier: str | None, now: float) -> bool:
        """Store an occurrence; tell whether it was new: a uuid that came within a year counts once."""
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
        self.counters.accepted += 1
        self.counters.unassociated += occurrence.contact is None
        return True

    def drop(self) -> None:
        """Count an occurrence that HubSpot drops in silence."""
        self.counters.dropped += 1
        self._counted()

    def _counted(self) -> None:
        if self.changes is not None:
            self.changes.counted = True

    def _forget(self, gone: int) -> None:
        for one in self.rows[:gone]:
            self.seen.get(one.event_name, {}).pop(one.id, None)
        del self.rows[:gone]
        self.counters.forgotten += gone
        if self.changes is not None:
            self.changes.forgotten += gone

    def forget_event(self, event_name: str) -> None:
        """Drop every occurrence of an event whose definition was deleted."""
        self.rows[:] = [one for one in self.rows if one.event_name != event_name]
        self.seen.pop(event_name, None)

    def load(self, number: int, occurrence: Occurrence, came: float, *, has_uuid: bool) -> None:
        """Take an occurrence that a store kept, oldest first."""
        self.rows.append(occurrence)
        self.next_number = number + 1
        if has_uuid:
            self.seen.setdefault(occurrence.event_name, {})[occurrence.id] = came


def new_id() -> str:
    """Return an occurrence id for an occurrence that came without a uuid."""
    return str(uuid.uuid4())


def iso(seconds: float) -> str:
    """Return a moment as HubSpot writes it: three digits and Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
