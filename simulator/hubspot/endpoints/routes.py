"""Which rule answers which path: v3 and the dated paths are aliases of one handler (wire facts, 1.1, 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from simulator.hubspot.endpoints import (
    account_info as identity,
)
from simulator.hubspot.endpoints import (
    contact_batches,
    contact_properties,
    contact_search,
    contacts,
    definitions,
    occurrences,
)
from simulator.hubspot.endpoints import (
    event_reads as reading,
)
from simulator.hubspot.endpoints.call import Call, Grant
from simulator.hubspot.http.messages import Answer

__all__ = ["ROUTES", "SCOPES", "TOKEN_ROUTES", "Route", "TokenRoute", "find_route", "find_token_route"]

_SEND: Final = "analytics.behavioral_events.send"
_DEFINE: Final = "behavioral_events.event_definitions.read_write"
_READ: Final = "crm.objects.contacts.read"
_WRITE: Final = "crm.objects.contacts.write"
_SCHEMAS_READ: Final = "crm.schemas.contacts.read"
_SCHEMAS_WRITE: Final = "crm.schemas.contacts.write"

# What a path segment in braces may be; everything else is one segment of anything.
_SEGMENTS: Final = {"{date}": r"\d{4}-\d{2}"}
_BRACES: Final = re.compile(r"{\w+}")

_EVENTS: Final = ("/events/v3", "/events/custom/{date}", "/events/{date}")
_OCCURRENCES: Final = ("/events/v3/events", "/events/event-occurrences/{date}")
_CONTACTS: Final = (
    "/crm/v3/objects/contacts",
    "/crm/v3/objects/0-1",
    "/crm/objects/{date}/contacts",
    "/crm/objects/{date}/0-1",
)
_PROPERTIES: Final = (
    "/crm/v3/properties/contacts",
    "/crm/v3/properties/0-1",
    "/crm/properties/{date}/contacts",
    "/crm/properties/{date}/0-1",
)
_ACCOUNT: Final = ("/account-info/v3", "/account-info/{date}")
_DEFINITION: Final = "/event-definitions/{eventName}"

Counting = Literal["send", "search", "call"]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and its paths, the scope that they need, how they count against the limits, and who answers.

    Attributes:
        forms: the path and its aliases, the one to show first, with segments in braces.

    """

    method: str
    forms: tuple[str, ...]
    path: re.Pattern[str]
    scope: str
    answer: Callable[[Call], Answer]
    counting: Counting = "call"


def _route(
    method: str,
    bases: tuple[str, ...],
    rest: str,
    scope: str,
    answer: Callable[[Call], Answer],
    counting: Counting = "call",
) -> Route:
    forms = tuple(base + rest for base in bases)
    return Route(method, forms, _pattern(bases, rest), scope, answer, counting)


def _pattern(bases: tuple[str, ...], rest: str) -> re.Pattern[str]:
    fixed = "|".join(_BRACES.sub(lambda found: _SEGMENTS[found[0]], base) for base in bases)
    return re.compile(f"(?:{fixed}){_BRACES.sub('([^/]+)', rest)}/?")


# Most asked first; fixed segments before those that take anything.
ROUTES: Final = (
    _route("POST", _EVENTS, "/send", _SEND, occurrences.send, "send"),
    _route("POST", _EVENTS, "/send/batch", _SEND, occurrences.send_batch, "send"),
    _route("PATCH", _CONTACTS, "/{contactId}", _WRITE, contacts.update),
    _route("POST", _CONTACTS, "", _WRITE, contacts.create),
    _route("GET", _CONTACTS, "", _READ, contacts.list_all),
    _route("GET", _CONTACTS, "/{contactId}", _READ, contacts.get),
    _route("DELETE", _CONTACTS, "/{contactId}", _WRITE, contacts.archive),
    _route("POST", _CONTACTS, "/batch/read", _READ, contact_batches.read),
    _route("POST", _CONTACTS, "/batch/create", _WRITE, contact_batches.create),
    _route("POST", _CONTACTS, "/batch/update", _WRITE, contact_batches.update),
    _route("POST", _CONTACTS, "/batch/upsert", _WRITE, contact_batches.upsert),
    _route("POST", _CONTACTS, "/batch/archive", _WRITE, contact_batches.archive),
    _route("POST", _CONTACTS, "/search", _READ, contact_search.search, "search"),
    _route("GET", _OCCURRENCES, "/event-types", "", reading.event_types),
    _route("GET", _OCCURRENCES, "", "", reading.read_events),
    _route("GET", _EVENTS, "/event-definitions", _DEFINE, definitions.list_all),
    _route("POST", _EVENTS, "/event-definitions", _DEFINE, definitions.create),
    _route("GET", _EVENTS, _DEFINITION, _DEFINE, definitions.get),
    _route("PATCH", _EVENTS, _DEFINITION, _DEFINE, definitions.change),
    _route("DELETE", _EVENTS, _DEFINITION, _DEFINE, definitions.delete),
    _route("POST", _EVENTS, f"{_DEFINITION}/property", _DEFINE, definitions.add_property),
    _route(
        "PATCH", _EVENTS, f"{_DEFINITION}/property/{{propertyName}}", _DEFINE, definitions.change_property
    ),
    _route(
        "DELETE", _EVENTS, f"{_DEFINITION}/property/{{propertyName}}", _DEFINE, definitions.delete_property
    ),
    _route("GET", _PROPERTIES, "", _SCHEMAS_READ, contact_properties.list_all),
    _route("POST", _PROPERTIES, "", _SCHEMAS_WRITE, contact_properties.create),
    _route("GET", _PROPERTIES, "/{propertyName}", _SCHEMAS_READ, contact_properties.get),
    _route("GET", _ACCOUNT, "/details", "", identity.account_details),
    _route("GET", _ACCOUNT, "/api-usage/daily/private-apps", "", identity.api_usage),
)

# Every scope that a route asks for: what a token without named scopes has.
SCOPES: Final = frozenset({"oauth", *(route.scope for route in ROUTES if route.scope)})


@dataclass(frozen=True, slots=True)
class TokenRoute:
    """A path that tells about a token; the token that it names is all that it needs."""

    method: str
    path: re.Pattern[str]
    form: str
    answer: Callable[[Call, Grant, str, Collection[str]], Answer]


TOKEN_ROUTES: Final = (
    TokenRoute(
        "GET",
        re.compile("/oauth/v1/access-tokens/([^/]+)/?"),
        "/oauth/v1/access-tokens/{token}",
        identity.token_info,
    ),
    TokenRoute(
        "POST",
        re.compile("/oauth/v2/private-apps/get/access-token-info/?"),
        "/oauth/v2/private-apps/get/access-token-info",
        identity.private_app,
    ),
)


def find_token_route(method: str, path: str) -> tuple[TokenRoute, tuple[str, ...]] | None:
    """Return the token route of a raw path with its segments, None where it is another."""
    for route in TOKEN_ROUTES:
        found = route.path.fullmatch(path) if route.method == method else None
        if found is not None:
            return route, tuple(unquote(part) for part in found.groups())
    return None


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a raw path with its segments, each decoded once; None where HubSpot has none."""
    for route in ROUTES:
        if route.method == method:
            found = route.path.fullmatch(path)
            if found is not None:
                return route, tuple(unquote(part) for part in found.groups())
    return None
