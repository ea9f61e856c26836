"""The table of every route. A new endpoint is a package beside the others and one line here."""

from __future__ import annotations

from typing import Any, Final

from simulator.hubspot.endpoints import shapes
from simulator.hubspot.endpoints.account_info import answers as account_info_answers
from simulator.hubspot.endpoints.account_info import routes as account_info
from simulator.hubspot.endpoints.contact_batches import answers as contact_batches_answers
from simulator.hubspot.endpoints.contact_batches import routes as contact_batches
from simulator.hubspot.endpoints.contact_properties import answers as contact_properties_answers
from simulator.hubspot.endpoints.contact_properties import routes as contact_properties
from simulator.hubspot.endpoints.contact_search import answers as contact_search_answers
from simulator.hubspot.endpoints.contact_search import routes as contact_search
from simulator.hubspot.endpoints.contacts import answers as contacts_answers
from simulator.hubspot.endpoints.contacts import routes as contacts
from simulator.hubspot.endpoints.definitions import answers as definitions_answers
from simulator.hubspot.endpoints.definitions import routes as definitions
from simulator.hubspot.endpoints.event_reads import answers as event_reads_answers
from simulator.hubspot.endpoints.event_reads import routes as event_reads
from simulator.hubspot.endpoints.occurrences import answers as occurrences_answers
from simulator.hubspot.endpoints.occurrences import routes as occurrences
from simulator.hubspot.endpoints.property_groups import answers as property_groups_answers
from simulator.hubspot.endpoints.property_groups import routes as property_groups
from simulator.hubspot.endpoints.route import Route
from simulator.hubspot.endpoints.tokens import answers as tokens_answers
from simulator.hubspot.endpoints.tokens import routes as tokens

__all__ = ["ENDPOINTS", "ROUTES", "SCOPES", "SHAPES", "find_route"]

# The most requested endpoints come first: a request is compared with one route after the other.
ENDPOINTS: Final = {
    "occurrences": (occurrences, occurrences_answers),
    "contacts": (contacts, contacts_answers),
    "contact_batches": (contact_batches, contact_batches_answers),
    "contact_search": (contact_search, contact_search_answers),
    "event_reads": (event_reads, event_reads_answers),
    "definitions": (definitions, definitions_answers),
    # Before the properties: `groups` is a path of its own, no property of this name.
    "property_groups": (property_groups, property_groups_answers),
    "contact_properties": (contact_properties, contact_properties_answers),
    "account_info": (account_info, account_info_answers),
    "tokens": (tokens, tokens_answers),
}

ROUTES: Final[tuple[Route, ...]] = tuple(
    route for endpoint, _ in ENDPOINTS.values() for route in endpoint.ROUTES
)

SHAPES: Final[dict[str, dict[str, Any]]] = {
    **shapes.SHAPES,
    **{name: shape for _, answers in ENDPOINTS.values() for name, shape in answers.SHAPES.items()},
}
"""The JSON Schema of every answer, by the name that the routes give it."""

SCOPES: Final = frozenset({"oauth", *(route.scope for route in ROUTES if route.scope)})
"""Every scope that a route needs: those of a token that was made without a list of scopes."""


_BY_METHOD: Final = {
    method: tuple(route for route in ROUTES if route.method == method)
    for method in {route.method for route in ROUTES}
}


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a raw path with its parameters; None for a path that HubSpot does not have."""
    for route in _BY_METHOD.get(method, ()):
        parameters = route.match(path)
        if parameters is not None:
            return route, parameters
    return None
