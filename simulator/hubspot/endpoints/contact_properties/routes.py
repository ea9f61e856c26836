"""The routes of contact properties (HubSpot wire facts, section 3)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.contact_properties import handler, requests
from simulator.hubspot.endpoints.route import BAD_REQUEST, CONFLICT, NOT_FOUND, Route, versioned

__all__ = ["ROUTES"]

_PROPERTIES: Final = (
    "/crm/v3/properties/contacts",
    "/crm/v3/properties/0-1",
    "/crm/properties/{date}/contacts",
    "/crm/properties/{date}/0-1",
)
_READ_SCOPE: Final = "crm.schemas.contacts.read"
_WRITE_SCOPE: Final = "crm.schemas.contacts.write"
_TAG: Final = "Contact properties"

ROUTES: Final = (
    Route(
        "GET",
        versioned(_PROPERTIES),
        handler.list_all,
        tag=_TAG,
        summary="List contact properties",
        answers={200: "PropertyList"},
        scope=_READ_SCOPE,
    ),
    Route(
        "POST",
        versioned(_PROPERTIES),
        handler.create,
        tag=_TAG,
        summary="Create a contact property",
        answers={201: "Property", **BAD_REQUEST, **CONFLICT},
        scope=_WRITE_SCOPE,
        request=requests.NewContactProperty,
    ),
    Route(
        "GET",
        versioned(_PROPERTIES, "/{propertyName}"),
        handler.get,
        tag=_TAG,
        summary="Read a contact property",
        answers={200: "Property", **NOT_FOUND},
        scope=_READ_SCOPE,
    ),
)
