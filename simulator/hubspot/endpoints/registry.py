"""The table of all routes. To add an endpoint, add its package, and its import and entry here."""

from __future__ import annotations

from typing import Any, Final

from simulator.hubspot.endpoints import shapes
from simulator.hubspot.endpoints.account_info import routes as account_info
from simulator.hubspot.endpoints.contact_batches import routes as contact_batches
from simulator.hubspot.endpoints.contact_properties import routes as contact_properties
from simulator.hubspot.endpoints.contact_search import routes as contact_search
from simulator.hubspot.endpoints.contacts import routes as contacts
from simulator.hubspot.endpoints.definitions import routes as definitions
from simulator.hubspot.endpoints.event_reads import routes as event_reads
from simulator.hubspot.endpoints.occurrences import routes as occurrences
from simulator.hubspot.endpoints.property_groups import routes as property_groups
from simulator.hubspot.endpoints.route import Route
from simulator.hubspot.endpoints.tokens import routes as tokens

__all__ = ["ENDPOINTS", "ROUTES", "SCOPES", "SHAPES", "find_route"]

# The most requested endpoints come first, because routes are matched in order.
ENDPOINTS: Final = {
    "occurrences": occurrences,
    "contacts": contacts,
    "contact_batches": contact_batches,
    "contact_search": contact_search,
    "event_reads": event_reads,
    "definitions": definitions,
    # Before the properties, so that `groups` is not taken for the name of a property.
    "property_groups": property_groups,
    "contact_properties": contact_properties,
    "account_info": account_info,
    "tokens": tokens,
}

ROUTES: Final[tuple[Route, ...]] = tuple(
    route for endpoint in ENDPOINTS.values() for route in endpoint.ROUTES
)

SHAPES: Final[dict[str, dict[str, Any]]] = {
    **shapes.SHAPES,
    **{name: shape for endpoint in ENDPOINTS.values() for name, shape in endpoint.SHAPES.items()},
}
"""The JSON Schema of every answer, by the name that the routes use."""

SCOPES: Final = frozenset({"oauth", *(route.scope for route in ROUTES if route.scope)})
"""Every scope that a route requires; the scopes of a token without a list of scopes."""


_BY_METHOD: Final = {
    method: tuple(route for route in ROUTES if route.method == method)
    for method in {route.method for route in ROUTES}
}


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route and the path parameters of a raw path, or None for an unknown path."""
    for route in _BY_METHOD.get(method, ()):
        parameters = route.match(path)
        if parameters is not None:
            return route, parameters
    return None
