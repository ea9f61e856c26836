"""One occurrence as an account keeps it, and the counters of all (HubSpot wire facts, sections 1.2 and 1.4)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from simulator.hubspot.state.timestamps import iso

__all__ = ["Counters", "Occurrence", "new_id"]


class Occurrence(msgspec.Struct, gc=False):  # a million of them: the garbage collector need not look at any
    """One occurrence as it was stored; `contact` is the id of the record it belongs to, or None.

    Its properties are kept as JSON, in a third of the memory of a dictionary.
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
    """How many occurrences were accepted, kept and dropped."""

    accepted: int = 0
    unassociated: int = 0
    duplicates: int = 0
    dropped: int = 0
    forgotten: int = 0  # stored, and dropped later because `max_occurrences` was reached


def new_id() -> str:
    """Return an occurrence id for an occurrence that came without a uuid."""
    return str(uuid.uuid4())
