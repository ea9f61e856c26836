"""The routes of the send endpoints (HubSpot wire facts, section 1.1)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.occurrences import handler, requests
from simulator.hubspot.endpoints.occurrences.answers import SHAPES
from simulator.hubspot.endpoints.route import BAD_REQUEST, Route, versioned

__all__ = ["ROUTES", "SHAPES"]

_EVENTS: Final = ("/events/v3", "/events/custom/{date}", "/events/{date}")
_SCOPE: Final = "analytics.behavioral_events.send"

ROUTES: Final = (
    Route(
        "POST",
        versioned(_EVENTS, "/send"),
        handler.send,
        tag="Events",
        summary="Send one occurrence",
        answers={204: "", **BAD_REQUEST},
        scope=_SCOPE,
        request=requests.OccurrenceRequest,
        counting="send",
    ),
    Route(
        "POST",
        versioned(_EVENTS, "/send/batch"),
        handler.send_batch,
        tag="Events",
        summary="Send up to 500 occurrences",
        answers={204: "", **BAD_REQUEST},
        scope=_SCOPE,
        request=requests.OccurrenceBatch,
        counting="send",
    ),
)
