"""Pull the schema of an account from HubSpot with GET requests only; no contacts and no secrets are read.

This requires the scopes `behavioral_events.event_definitions.read_write` and `crm.schemas.contacts.read`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import orjson

from hubspot_dest.account.account_file import VERSION
from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = ["Reader", "pull_account"]

_PAGE: Final = 100
_MOST_PAGES: Final = 20  # an account has at most 500 definitions (wire facts, 1.5)
_OPTION: Final = ("label", "value", "displayOrder", "hidden")
_PROPERTY: Final = ("name", "label", "type", "fieldType", "hasUniqueValue", "calculated", "archived")
_DEFINITION: Final = ("name", "fullyQualifiedName", "labels", "primaryObject", "archived")


class Reader(Protocol):
    """A client that reads from HubSpot, such as `HubSpotClient`."""

    def read(self, path: str, query: Any = ()) -> Any:
        """Return the response to a GET request; raise DeliveryError on failure."""


def pull_account(client: Reader) -> dict[str, Any]:
    """Return the content of an account file, with HubSpot's entries stripped of their authors.

    Raises:
        DeliveryError: HubSpot does not answer, or refuses the request.

    """
    details = client.read("/account-info/v3/details")
    portal = _object(details.data, "the account").get("portalId")
    if not isinstance(portal, int):
        msg = "the response for the account has no portalId; is this HubSpot?"
        raise DeliveryError("unreadable", msg)
    content: dict[str, Any] = {
        "version": VERSION,
        "portalId": portal,
        "eventDefinitions": sorted(
            (_definition(entry) for entry in _definitions(client)),
            key=lambda definition: str(definition.get("fullyQualifiedName")),
        ),
        "contactProperties": sorted(
            (
                _property(item)
                for item in _results(client.read("/crm/v3/properties/contacts"), "contact properties")
            ),
            key=lambda result: str(result.get("name")),
        ),
    }
    limits = _limits(details.headers)
    return {**content, "limits": limits} if limits else content


def _definitions(client: Reader) -> Iterator[Mapping[str, Any]]:
    after: list[tuple[str, str]] = []
    for _ in range(_MOST_PAGES):
        query = [("limit", str(_PAGE)), ("includeProperties", "true"), *after]
        answer = client.read("/events/v3/event-definitions", query)
        yield from _results(answer, "event definitions")
        following = (_object(answer.data, "event definitions").get("paging") or {}).get("next") or {}
        if not following.get("after"):
            return
        after = [("after", str(following["after"]))]


def _results(answer: Any, what: str) -> list[Mapping[str, Any]]:
    results = _object(answer.data, what).get("results")
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        msg = f"the response for {what} cannot be read; is this HubSpot?"
        raise DeliveryError("unreadable", msg)
    return results


def _object(body: bytes, what: str) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        msg = f"the response for {what} cannot be read; is this HubSpot?"
        raise DeliveryError("unreadable", msg)
    return content


def _definition(entry: Mapping[str, Any]) -> dict[str, Any]:
    entry_content = {name: entry[name] for name in _DEFINITION if name in entry}
    return {**entry_content, "properties": [_property(item) for item in entry.get("properties") or ()]}


def _property(entry: Mapping[str, Any]) -> dict[str, Any]:
    entry_content = {name: entry[name] for name in _PROPERTY if name in entry}
    if entry.get("options"):
        entry_content["options"] = [
            {name: option[name] for name in _OPTION if name in option} for option in entry["options"]
        ]
    rights = entry.get("modificationMetadata")
    if isinstance(rights, dict) and "readOnlyValue" in rights:
        entry_content["modificationMetadata"] = {"readOnlyValue": bool(rights["readOnlyValue"])}
    return entry_content


def _limits(headers: Mapping[str, str]) -> dict[str, int]:
    """Return the limits from a response's headers (wire facts, section 6)."""
    lower = {name.lower(): value for name, value in headers.items()}
    known = {
        "callsPerDay": lower.get("x-hubspot-ratelimit-daily"),
        "callsPerBurst": lower.get("x-hubspot-ratelimit-max"),
        "burstMilliseconds": lower.get("x-hubspot-ratelimit-interval-milliseconds"),
    }
    return {name: int(value) for name, value in known.items() if value is not None and value.isdigit()}
