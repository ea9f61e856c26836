"""The answers of the endpoints that read occurrences (HubSpot wire facts, section 2.6)."""

from __future__ import annotations

from typing import Any, Final

from simulator.hubspot.endpoints.shapes import TEXT, TIME, Schema, array_of, object_of, page_of
from simulator.hubspot.state.occurrences import Occurrence
from simulator.hubspot.state.timestamps import iso

__all__ = ["SHAPES", "show_occurrence"]

SHAPES: Final[dict[str, Schema]] = {
    "Occurrence": object_of(
        {
            "id": TEXT,
            "eventType": TEXT,
            "objectType": TEXT,
            "objectId": TEXT,
            "occurredAt": TIME,
            "properties": {"type": "object", "additionalProperties": TEXT},
        }
    ),
    "OccurrencePage": page_of("Occurrence"),
    "EventTypes": object_of({"eventTypes": array_of(TEXT)}),
}


def show_occurrence(occurrence: Occurrence, names: list[str]) -> dict[str, Any]:
    """Return an occurrence as JSON of HubSpot's API, with the named properties, or all if `names` is empty."""
    return {
        "id": occurrence.id,
        "eventType": occurrence.event_name,
        "objectType": "CONTACT",
        "objectId": occurrence.contact or "",
        "occurredAt": iso(occurrence.occurred_at),
        "properties": {
            key: value for key, value in occurrence.properties.items() if not names or key in names
        },
    }
