"""The routes that read occurrences (HubSpot wire facts, section 2.6)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.event_reads import handler
from simulator.hubspot.endpoints.event_reads.answers import SHAPES
from simulator.hubspot.endpoints.route import BAD_REQUEST, Route, versioned
from simulator.hubspot.endpoints.shapes import TEXT, whole_between

__all__ = ["ROUTES", "SHAPES"]

_OCCURRENCES: Final = ("/events/v3/events", "/events/event-occurrences/{date}")

ROUTES: Final = (
    Route(
        "GET",
        versioned(_OCCURRENCES, "/event-types"),
        handler.event_types,
        tag="Events",
        summary="List the event types of the account",
        answers={200: "EventTypes"},
    ),
    Route(
        "GET",
        versioned(_OCCURRENCES),
        handler.read_events,
        tag="Events",
        summary="Read occurrences",
        answers={200: "OccurrencePage", **BAD_REQUEST},
        query={
            "objectType": TEXT,
            "objectId": TEXT,
            "eventType": TEXT,
            "occurredAfter": TEXT,
            "occurredBefore": TEXT,
            "id": TEXT,
            "sort": TEXT,
            "properties": TEXT,
            "limit": whole_between(1, 1000),
            "after": {"type": "string", "pattern": "^[0-9]{1,9}$"},
        },
    ),
)
