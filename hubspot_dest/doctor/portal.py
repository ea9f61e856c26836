"""Read the account, event definitions and contact properties from HubSpot with GET requests only.

The official client has no module for event definitions (wire facts, 7.1), so its ApiClient is used directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = [
    "Account",
    "PortalDefinition",
    "PortalLimits",
    "read_account",
    "read_contact_properties",
    "read_definitions",
]

_PAGE: Final = 100
_MOST_PAGES: Final = 20  # an account has at most 500 definitions (wire facts, 1.5)


class _PortalAnswer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Account(_PortalAnswer):
    """The account of the token."""

    portal_id: int = Field(alias="portalId")
    time_zone: str = Field(default="", alias="timeZone")
    account_type: str = Field(default="", alias="accountType")


class _PortalProperty(_PortalAnswer):
    name: str
    archived: bool = False


class PortalDefinition(_PortalAnswer):
    """An event definition."""

    full_name: str = Field(alias="fullyQualifiedName")
    archived: bool = False
    properties: list[_PortalProperty] = []

    @property
    def property_names(self) -> set[str]:
        """The names of its properties that are not archived."""
        return {prop.name for prop in self.properties if not prop.archived}


class _Next(_PortalAnswer):
    after: str


class _Paging(_PortalAnswer):
    next: _Next | None = None


class _Definitions(_PortalAnswer):
    results: list[PortalDefinition]
    paging: _Paging | None = None


class _Properties(_PortalAnswer):
    results: list[_PortalProperty]


class PortalLimits(_PortalAnswer):
    """The account's limits from the headers of a response (wire facts, section 6); None if they are missing."""

    burst: int | None = Field(default=None, alias="x-hubspot-ratelimit-max")
    burst_left: int | None = Field(default=None, alias="x-hubspot-ratelimit-remaining")
    interval_ms: int | None = Field(default=None, alias="x-hubspot-ratelimit-interval-milliseconds")
    day: int | None = Field(default=None, alias="x-hubspot-ratelimit-daily")
    day_left: int | None = Field(default=None, alias="x-hubspot-ratelimit-daily-remaining")


_M = TypeVar("_M", bound=BaseModel)


def read_account(client: HubSpotClient) -> tuple[Account, PortalLimits]:
    """Read the account of the token and its limits.

    Raises:
        DeliveryError: HubSpot does not answer, or refuses the request.
    """
    answer = client.read("/account-info/v3/details")
    return _read(Account, answer.data, "the account"), _limits(answer.headers)


def read_definitions(client: HubSpotClient) -> dict[str, PortalDefinition]:
    """Read all event definitions with their properties, by full name.

    Raises:
        DeliveryError: HubSpot does not answer, or refuses the request.
    """
    definitions: dict[str, PortalDefinition] = {}
    query = [("limit", str(_PAGE)), ("includeProperties", "true")]
    after: list[tuple[str, str]] = []
    for _ in range(_MOST_PAGES):
        answer = client.read("/events/v3/event-definitions", query + after)
        page = _read(_Definitions, answer.data, "the event definitions")
        definitions.update((result.full_name, result) for result in page.results)
        if page.paging is None or page.paging.next is None:
            break
        after = [("after", page.paging.next.after)]
    return definitions


def read_contact_properties(client: HubSpotClient) -> set[str]:
    """Read the names of all contact properties.

    Raises:
        DeliveryError: HubSpot does not answer, or refuses the request.
    """
    answer = client.read("/crm/v3/properties/contacts")
    page = _read(_Properties, answer.data, "the contact properties")
    return {result.name for result in page.results if not result.archived}


def _read(model: type[_M], body: bytes, what: str) -> _M:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        msg = f"the response for {what} cannot be read; is this HubSpot?"
        raise DeliveryError("unreadable", msg) from None


def _limits(headers: Mapping[str, str]) -> PortalLimits:
    lower: dict[str, Any] = {name.lower(): value for name, value in headers.items()}
    try:
        return PortalLimits.model_validate(lower)
    except ValidationError:
        return PortalLimits()
