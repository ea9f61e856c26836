"""The routes of event definitions (HubSpot wire facts, section 2.1)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.definitions import handler, requests
from simulator.hubspot.endpoints.definitions.answers import SHAPES
from simulator.hubspot.endpoints.route import BAD_REQUEST, CONFLICT, NOT_FOUND, Route, versioned
from simulator.hubspot.endpoints.shapes import FLAG, TEXT, whole_between

__all__ = ["ROUTES", "SHAPES"]

_DEFINITIONS: Final = (
    "/events/v3/event-definitions",
    "/events/custom/{date}/event-definitions",
    "/events/{date}/event-definitions",
)
_SCOPE: Final = "behavioral_events.event_definitions.read_write"
_TAG: Final = "Event definitions"

ROUTES: Final = (
    Route(
        "GET",
        versioned(_DEFINITIONS),
        handler.list_all,
        tag=_TAG,
        summary="List definitions",
        answers={200: "DefinitionPage", **BAD_REQUEST},
        scope=_SCOPE,
        query={
            "searchString": TEXT,
            "includeProperties": FLAG,
            "limit": whole_between(1, 100),
            "after": {"type": "string", "pattern": "^[0-9]{1,9}$"},
        },
    ),
    Route(
        "POST",
        versioned(_DEFINITIONS),
        handler.create,
        tag=_TAG,
        summary="Create a definition",
        answers={201: "Definition", **BAD_REQUEST, **CONFLICT},
        scope=_SCOPE,
        request=requests.NewDefinition,
    ),
    Route(
        "GET",
        versioned(_DEFINITIONS, "/{eventName}"),
        handler.get,
        tag=_TAG,
        summary="Read a definition",
        answers={200: "Definition", **BAD_REQUEST, **NOT_FOUND},
        scope=_SCOPE,
        query={"includeProperties": FLAG},
    ),
    Route(
        "PATCH",
        versioned(_DEFINITIONS, "/{eventName}"),
        handler.change,
        tag=_TAG,
        summary="Update a definition",
        answers={201: "Definition", **BAD_REQUEST},
        scope=_SCOPE,
        request=requests.DefinitionChange,
    ),
    Route(
        "DELETE",
        versioned(_DEFINITIONS, "/{eventName}"),
        handler.delete,
        tag=_TAG,
        summary="Delete a definition and its occurrences",
        answers={204: "", **BAD_REQUEST},
        scope=_SCOPE,
    ),
    Route(
        "POST",
        versioned(_DEFINITIONS, "/{eventName}/property"),
        handler.add_property,
        tag=_TAG,
        summary="Add a property to a definition",
        answers={201: "Property", **BAD_REQUEST, **CONFLICT},
        scope=_SCOPE,
        request=requests.NewEventProperty,
    ),
    Route(
        "PATCH",
        versioned(_DEFINITIONS, "/{eventName}/property/{propertyName}"),
        handler.change_property,
        tag=_TAG,
        summary="Update a property of a definition",
        answers={201: "Property", **BAD_REQUEST, **NOT_FOUND},
        scope=_SCOPE,
        request=requests.EventPropertyChange,
    ),
    Route(
        "DELETE",
        versioned(_DEFINITIONS, "/{eventName}/property/{propertyName}"),
        handler.delete_property,
        tag=_TAG,
        summary="Delete a property of a definition",
        answers={204: "", **BAD_REQUEST, **NOT_FOUND},
        scope=_SCOPE,
    ),
)
