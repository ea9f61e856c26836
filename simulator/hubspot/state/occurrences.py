"""Stored occurrences and their counters (HubSpot wire facts, sections 1.2 and 1.4)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from simulator.hubspot.state.timestamps import iso

__all__ = ["Counters", "Occurrence", "new_id"]


class Occurrence(msgspec.Struct, gc=False):  # keeps millions of them out of the garbage collector
    """One stored occurrence. `contact` is the id of its contact, or None; times are UNIX time in seconds.

    Properties are stored as JSON, which takes a third of the memory of a dictionary.
    """

    id: str
    event_name: str
    properties_json: bytes
    contact: str | None
    occurred_at: float
    visible_at: float

    @property
    def properties(self) -> dict[str, str]:
        """The stored properties, decoded."""
        properties: dict[str, str] = orjson.loads(self.properties_json)
        return properties

    def plain(self) -> dict[str, Any]:
        """Return the occurrence as a dictionary with the field names of HubSpot's API."""
        return {
            "id": self.id,
            "eventName": self.event_name,
            "properties": self.properties,
            "contact": self.contact,
            "occurredAt": iso(self.occurred_at),
        }


@dataclass(slots=True)
class Counters:
    """Numbers of occurrences by outcome."""

    accepted: int = 0
    unassociated: int = 0
    duplicates: int = 0
    dropped: int = 0
    forgotten: int = 0  # stored, then dropped at `max_occurrences`


def new_id() -> str:
    """Generate an id for an occurrence that was sent without a uuid."""
    return str(uuid.uuid4())
