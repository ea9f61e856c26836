"""The routes of contact batches (HubSpot wire facts, section 3)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.contact_batches import handler, requests
from simulator.hubspot.endpoints.contact_batches.answers import SHAPES
from simulator.hubspot.endpoints.contacts.routes import CONTACTS, READ_SCOPE, TAG, WRITE_SCOPE
from simulator.hubspot.endpoints.route import BAD_REQUEST, CONFLICT, Route, versioned

__all__ = ["ROUTES", "SHAPES"]

_RESULT: Final = "ContactBatchResult"
_WRITTEN: Final = {200: _RESULT, 207: _RESULT, **BAD_REQUEST, **CONFLICT}

ROUTES: Final = (
    Route(
        "POST",
        versioned(CONTACTS, "/batch/read"),
        handler.read,
        tag=TAG,
        summary="Read up to 100 contacts",
        answers={200: _RESULT, 207: _RESULT, **BAD_REQUEST},
        scope=READ_SCOPE,
        request=requests.ContactBatchRead,
    ),
    Route(
        "POST",
        versioned(CONTACTS, "/batch/create"),
        handler.create,
        tag=TAG,
        summary="Create up to 100 contacts",
        answers={201: _RESULT, **_WRITTEN},
        scope=WRITE_SCOPE,
        request=requests.ContactBatch,
    ),
    Route(
        "POST",
        versioned(CONTACTS, "/batch/update"),
        handler.update,
        tag=TAG,
        summary="Update up to 100 contacts",
        answers=_WRITTEN,
        scope=WRITE_SCOPE,
        request=requests.ContactBatch,
    ),
    Route(
        "POST",
        versioned(CONTACTS, "/batch/upsert"),
        handler.upsert,
        tag=TAG,
        summary="Create or update up to 100 contacts",
        answers=_WRITTEN,
        scope=WRITE_SCOPE,
        request=requests.ContactBatch,
    ),
    Route(
        "POST",
        versioned(CONTACTS, "/batch/archive"),
        handler.archive,
        tag=TAG,
        summary="Archive up to 100 contacts",
        answers={204: "", **BAD_REQUEST},
        scope=WRITE_SCOPE,
        request=requests.ContactBatch,
    ),
)
