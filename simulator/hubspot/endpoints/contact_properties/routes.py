"""The routes of contact properties (HubSpot wire facts, section 3)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.contact_properties import handler, requests
from simulator.hubspot.endpoints.contact_properties.answers import SHAPES
from simulator.hubspot.endpoints.route import BAD_REQUEST, CONFLICT, NOT_FOUND, Route, versioned
from simulator.hubspot.endpoints.shapes import FLAG

__all__ = ["PROPERTIES", "READ_SCOPE", "ROUTES", "SHAPES", "TAG", "WRITE_SCOPE"]

PROPERTIES: Final = (
    "/crm/v3/properties/contacts",
    "/crm/v3/properties/0-1",
    "/crm/properties/{date}/contacts",
    "/crm/properties/{date}/0-1",
)
READ_SCOPE: Final = "crm.schemas.contacts.read"
WRITE_SCOPE: Final = "crm.schemas.contacts.write"
TAG: Final = "Contact properties"

ROUTES: Final = (
    Route(
        "GET",
        versioned(PROPERTIES),
        handler.list_all,
        tag=TAG,
        summary="List contact properties",
        answers={200: "PropertyList"},
        scope=READ_SCOPE,
        query={"archived": FLAG},
    ),
    Route(
        "POST",
        versioned(PROPERTIES),
        handler.create,
        tag=TAG,
        summary="Create a contact property",
        answers={201: "Property", **BAD_REQUEST, **CONFLICT},
        scope=WRITE_SCOPE,
        request=requests.NewContactProperty,
    ),
    Route(
        "GET",
        versioned(PROPERTIES, "/{propertyName}"),
        handler.get,
        tag=TAG,
        summary="Read a contact property",
        answers={200: "Property", **NOT_FOUND},
        scope=READ_SCOPE,
        query={"archived": FLAG},
    ),
    Route(
        "PATCH",
        versioned(PROPERTIES, "/{propertyName}"),
        handler.update,
        tag=TAG,
        summary="Update a contact property",
        answers={200: "Property", **BAD_REQUEST, **NOT_FOUND},
        scope=WRITE_SCOPE,
        request=requests.ContactPropertyUpdate,
    ),
    Route(
        "DELETE",
        versioned(PROPERTIES, "/{propertyName}"),
        handler.archive,
        tag=TAG,
        summary="Archive a contact property",
        answers={204: "", **BAD_REQUEST, **NOT_FOUND},
        scope=WRITE_SCOPE,
    ),
    Route(
        "POST",
        versioned(PROPERTIES, "/batch/read"),
        handler.read_batch,
        tag=TAG,
        summary="Read several contact properties",
        answers={200: "PropertyBatchResult", **BAD_REQUEST, **NOT_FOUND},
        scope=READ_SCOPE,
        request=requests.ContactPropertyNames,
    ),
    Route(
        "POST",
        versioned(PROPERTIES, "/batch/create"),
        handler.create_batch,
        tag=TAG,
        summary="Create several contact properties",
        answers={201: "PropertyBatchResult", **BAD_REQUEST, **CONFLICT},
        scope=WRITE_SCOPE,
        request=requests.ContactPropertyBatch,
    ),
    Route(
        "POST",
        versioned(PROPERTIES, "/batch/archive"),
        handler.archive_batch,
        tag=TAG,
        summary="Archive several contact properties",
        answers={204: "", **BAD_REQUEST, **NOT_FOUND},
        scope=WRITE_SCOPE,
        request=requests.ContactPropertyNames,
    ),
)
