"""Which rule answers which path: v3 and the dated paths are aliases of one handler (wire facts, 1.1, 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from . import (
    contact_batches,
    contact_properties,
    contact_search,
    contacts,
    definitions,
    identity,
    occurrences,
    reading,
)
from .call import Call
from .exchange import Answer

__all__ = ["Route", "find_route"]

_SEND: Final = "analytics.behavioral_events.send"
_DEFINE: Final = "behavioral_events.event_definitions.read_write"
_READ: Final = "crm.objects.contacts.read"
_WRITE: Final = "crm.objects.contacts.write"
_SCHEMAS_READ: Final = "crm.schemas.contacts.read"
_SCHEMAS_WRITE: Final = "crm.schemas.contacts.write"

_DATE: Final = r"\d{4}-\d{2}"
_EVENTS: Final = rf"/events/(?:v3|custom/{_DATE}|{_DATE})"
_OCCURRENCES: Final = rf"/events/(?:v3/events|event-occurrences/{_DATE})"
_CONTACTS: Final = rf"/crm/(?:v3/objects|objects/{_DATE})/(?:contacts|0-1)"
_PROPERTIES: Final = rf"/crm/(?:v3/properties|properties/{_DATE})/(?:contacts|0-1)"
_ACCOUNT: Final = rf"/account-info/(?:v3|{_DATE})"
_DEFINITION: Final = rf"{_EVENTS}/event-definitions/([^/]+)"

Counting = Literal["send", "search", "call"]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, the scope that they need, how they count against the limits, and who answers."""

    method: str
    path: re.Pattern[str]
    scope: str
    answer: Callable[[Call], Answer]
    counting: Counting = "call"


def _route(
    method: str, path: str, scope: str, answer: Callable[[Call], Answer], counting: Counting = "call"
) -> Route:
    return Route(method, re.compile(path + "/?"), scope, answer, counting)


# Most asked first; fixed segments before those that take anything.
_ROUTES: Final = (
    _route("POST", rf"{_EVENTS}/send", _SEND, occurrences.send, "send"),
    _route("POST", rf"{_EVENTS}/send/batch", _SEND, occurrences.send_batch, "send"),
    _route("PATCH", rf"{_CONTACTS}/([^/]+)", _WRITE, contacts.update),
    _route("POST", _CONTACTS, _WRITE, contacts.create),
    _route("GET", _CONTACTS, _READ, contacts.list_all),
    _route("GET", rf"{_CONTACTS}/([^/]+)", _READ, contacts.get),
    _route("DELETE", rf"{_CONTACTS}/([^/]+)", _WRITE, contacts.archive),
    _route("POST", rf"{_CONTACTS}/batch/read", _READ, contact_batches.read),
    _route("POST", rf"{_CONTACTS}/batch/create", _WRITE, contact_batches.create),
    _route("POST", rf"{_CONTACTS}/batch/update", _WRITE, contact_batches.update),
    _route("POST", rf"{_CONTACTS}/batch/upsert", _WRITE, contact_batches.upsert),
    _route("POST", rf"{_CONTACTS}/batch/archive", _WRITE, contact_batches.archive),
    _route("POST", rf"{_CONTACTS}/search", _READ, contact_search.search, "search"),
    _route("GET", rf"{_OCCURRENCES}/event-types", "", reading.event_types),
    _route("GET", _OCCURRENCES, "", reading.read_events),
    _route("GET", rf"{_EVENTS}/event-definitions", _DEFINE, definitions.list_all),
    _route("POST", rf"{_EVENTS}/event-definitions", _DEFINE, definitions.create),
    _route("GET", _DEFINITION, _DEFINE, definitions.get),
    _route("PATCH", _DEFINITION, _DEFINE, definitions.change),
    _route("DELETE", _DEFINITION, _DEFINE, definitions.delete),
    _route("POST", rf"{_DEFINITION}/property", _DEFINE, definitions.add_property),
    _route("PATCH", rf"{_DEFINITION}/property/([^/]+)", _DEFINE, definitions.change_property),
    _route("DELETE", rf"{_DEFINITION}/property/([^/]+)", _DEFINE, definitions.delete_property),
    _route("GET", _PROPERTIES, _SCHEMAS_READ, contact_properties.list_all),
    _route("POST", _PROPERTIES, _SCHEMAS_WRITE, contact_properties.create),
    _route("GET", rf"{_PROPERTIES}/([^/]+)", _SCHEMAS_READ, contact_properties.get),
    _route("GET", rf"{_ACCOUNT}/details", "", identity.account_details),
    _route("GET", rf"{_ACCOUNT}/api-usage/daily/private-apps", "", identity.api_usage),
)


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a raw path with its segments, each decoded once; None where HubSpot has none."""
    for route in _ROUTES:
        if route.method == method:
            found = route.path.fullmatch(path)
            if found is not None:
                return route, tuple(unquote(part) for part in found.groups())
    return None
