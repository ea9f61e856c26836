"""The routes of single contacts (HubSpot wire facts, section 3)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.contacts import handler, requests
from simulator.hubspot.endpoints.contacts.answers import SHAPES
from simulator.hubspot.endpoints.route import BAD_REQUEST, CONFLICT, NOT_FOUND, Route, versioned
from simulator.hubspot.endpoints.shapes import FLAG, TEXT, whole_between

__all__ = ["CONTACTS", "READ_SCOPE", "ROUTES", "SHAPES", "TAG", "WRITE_SCOPE"]

CONTACTS: Final = (
    "/crm/v3/objects/contacts",
    "/crm/v3/objects/0-1",
    "/crm/objects/{date}/contacts",
    "/crm/objects/{date}/0-1",
)
READ_SCOPE: Final = "crm.objects.contacts.read"
WRITE_SCOPE: Final = "crm.objects.contacts.write"
TAG: Final = "Contacts"

_SHOWN: Final = {"properties": TEXT, "propertiesWithHistory": TEXT, "archived": FLAG}
_ID_PROPERTY: Final = {"idProperty": TEXT}

ROUTES: Final = (
    Route(
        "PATCH",
        versioned(CONTACTS, "/{contactId}"),
        handler.update,
        tag=TAG,
        summary="Update a contact that exists",
        answers={200: "Contact", **BAD_REQUEST, **NOT_FOUND, **CONFLICT},
        scope=WRITE_SCOPE,
        request=requests.ContactRequest,
        query=_ID_PROPERTY,
    ),
    Route(
        "POST",
        versioned(CONTACTS),
        handler.create,
        tag=TAG,
        summary="Create a contact",
        answers={201: "Contact", **BAD_REQUEST, **CONFLICT},
        scope=WRITE_SCOPE,
        request=requests.ContactRequest,
    ),
    Route(
        "GET",
        versioned(CONTACTS),
        handler.list_all,
        tag=TAG,
        summary="List contacts",
        answers={200: "ContactPage", **BAD_REQUEST},
        scope=READ_SCOPE,
        query={
            "limit": whole_between(1, 100),
            "after": {"type": "string", "pattern": "^[0-9]{1,9}$"},
            **_SHOWN,
        },
    ),
    Route(
        "GET",
        versioned(CONTACTS, "/{contactId}"),
        handler.get,
        tag=TAG,
        summary="Read a contact",
        answers={200: "Contact", **BAD_REQUEST, **NOT_FOUND},
        scope=READ_SCOPE,
        query={**_ID_PROPERTY, **_SHOWN},
    ),
    Route(
        "DELETE",
        versioned(CONTACTS, "/{contactId}"),
        handler.archive,
        tag=TAG,
        summary="Archive a contact; an unknown id is not an error",
        answers={204: ""},
        scope=WRITE_SCOPE,
    ),
    Route(
        "POST",
        versioned(CONTACTS, "/gdpr-delete"),
        handler.gdpr_delete,
        tag=TAG,
        summary="Delete a contact permanently, with its history and timeline",
        answers={204: "", **BAD_REQUEST},
        scope=WRITE_SCOPE,
        request=requests.GdprDeleteRequest,
    ),
)
