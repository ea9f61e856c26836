"""Read occurrences back, and the event types there are (HubSpot wire facts, section 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from .account import Account
from .errors import Refusal, answer_json
from .exchange import Answer

__all__ = ["event_types", "events"]

MAX_LIMIT: Final = 1000
DEFAULT_LIMIT: Final = 10
Query = Sequence[tuple[str, str]]


def event_types(account: Account) -> Answer:
    """Return the full names of all definitions."""
    with account.lock:
        names = sorted(account.definitions)
    return answer_json(200, {"eventTypes": names}, f"200: {len(names)} event types", "events.types")


def events(account: Account, query: Query, path: str) -> Answer:
    """Return the occurrences that the query asks for, newest first, a page at a time."""
    asked = dict(query)
    limit = _whole(asked.get("limit"), DEFAULT_LIMIT)
    start = _whole(asked.get("after"), 0)
    with account.lock:
        found = [
            one for one in reversed(account.occurrences) if one["contact"] and _wanted(account, one, asked)
        ]
    if "occurredAt" in [value for name, value in query if name == "sort"]:
        found.reverse()
    page = found[start : start + min(limit, MAX_LIMIT)]
    body: dict[str, Any] = {"results": [_shown(one) for one in page]}
    following = start + len(page)
    if following < len(found):
        others = "&".join(f"{quote(name)}={quote(value)}" for name, value in query if name != "after")
        link = f"https://api.hubapi.com{path}?{others}&after={following}"
        body["paging"] = {"next": {"after": str(following), "link": link}}
    return answer_json(200, body, f"200: {len(page)} of {len(found)} occurrences", "events.read")


def _wanted(account: Account, occurrence: dict[str, Any], asked: dict[str, str]) -> bool:
    contact = account.contact(occurrence["contact"])
    properties = occurrence.get("properties", {})
    when = _when(occurrence)
    return (
        asked.get("eventType", occurrence["eventName"]) == occurrence["eventName"]
        and asked.get("objectId", occurrence["contact"]) == occurrence["contact"]
        and asked.get("objectType", "contact").lower() in ("contact", "contacts", "0-1")
        and asked.get("id", _identifier(occurrence)) == _identifier(occurrence)
        and asked.get("occurredAfter", "") <= when
        and when <= asked.get("occurredBefore", "~")
        and all(
            contact is not None and contact.properties.get(name.removeprefix("objectProperty.")) == value
            for name, value in asked.items()
            if name.startswith("objectProperty.")
        )
        and all(
            str(properties.get(name.removeprefix("property."))) == value
            for name, value in asked.items()
            if name.startswith("property.")
        )
    )


def _shown(occurrence: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _identifier(occurrence),
        "eventType": occurrence["eventName"],
        "objectType": "CONTACT",
        "objectId": str(occurrence["contact"]),
        "occurredAt": _when(occurrence),
        "properties": {name: str(value) for name, value in occurrence.get("properties", {}).items()},
    }


def _identifier(occurrence: dict[str, Any]) -> str:
    return str(occurrence.get("uuid") or f"{occurrence['eventName']}-{occurrence['receivedAt']}")


def _when(occurrence: dict[str, Any]) -> str:
    return str(occurrence.get("occurredAt") or occurrence["receivedAt"])


def _whole(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdigit():
        raise Refusal(400, f"{text} was not a valid integer.", "query.number")
    return int(text)
