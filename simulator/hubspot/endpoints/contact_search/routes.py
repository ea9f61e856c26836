"""The routes of the search (HubSpot wire facts, section 3.5)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.contact_search import handler, requests
from simulator.hubspot.endpoints.contact_search.answers import SHAPES
from simulator.hubspot.endpoints.contacts.routes import CONTACTS, READ_SCOPE, TAG
from simulator.hubspot.endpoints.route import BAD_REQUEST, Route, versioned

__all__ = ["ROUTES", "SHAPES"]

ROUTES: Final = (
    Route(
        "POST",
        versioned(CONTACTS, "/search"),
        handler.search,
        tag=TAG,
        summary="Search contacts",
        answers={200: "ContactsFound", **BAD_REQUEST},
        scope=READ_SCOPE,
        request=requests.ContactSearch,
        counting="search",
    ),
)
