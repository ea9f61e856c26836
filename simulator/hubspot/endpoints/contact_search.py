"""Search contacts; a contact is found only after `search_lag_ms` (HubSpot wire facts, section 3.5)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contacts import DEFAULT_SHOWN, shown
from simulator.hubspot.endpoints.errors import Refusal, answer_json
from simulator.hubspot.endpoints.request_bodies import Scalar, decode, text_of
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.account import Contact

__all__ = ["ContactSearch", "search"]

MAX_LIMIT: Final = 200


class SearchFilter(msgspec.Struct):
    """One condition."""

    propertyName: str  # noqa: N815 - HubSpot's name
    operator: str
    value: Scalar = None
    highValue: Scalar = None  # noqa: N815 - HubSpot's name
    values: list[Scalar] | None = None


class SearchGroup(msgspec.Struct):
    """Conditions that all hold."""

    filters: list[SearchFilter]


class SearchSort(msgspec.Struct):
    """An order."""

    propertyName: str  # noqa: N815 - HubSpot's name
    direction: str = "ASCENDING"


class ContactSearch(msgspec.Struct):
    """What to search for; groups are alternatives."""

    # Null counts as absent, as the Node client sends it.
    filterGroups: list[SearchGroup] | None = None  # noqa: N815 - HubSpot's name
    properties: list[str] | None = None
    sorts: list[SearchSort | str] | None = None
    query: str | None = None
    limit: int | None = None
    after: str | int | None = None


_SEARCH: Final = msgspec.json.Decoder(ContactSearch)


def search(call: Call) -> Answer:
    """Find contacts: filters of one group all hold, groups are alternatives."""
    wanted = decode(_SEARCH, call.body)
    limit = 10 if wanted.limit is None else wanted.limit
    if not 1 <= limit <= MAX_LIMIT:
        raise Refusal(400, f"limit must be between 1 and {MAX_LIMIT}", "contact.search.limit")
    start = str(wanted.after or 0)
    if not (start.isascii() and start.isdigit() and len(start) < 10):
        raise Refusal(400, f"after must be a whole number: {start}", "query.number")
    account, known_before = call.account, call.now - call.account.switches.search_lag_ms / 1000
    with account.lock:
        found = [one for one in account.book.all() if one.created <= known_before and _fits_any(one, wanted)]
        for sort in reversed(wanted.sorts or []):
            name = sort if isinstance(sort, str) else sort.propertyName
            backward = not isinstance(sort, str) and sort.direction == "DESCENDING"
            found.sort(key=lambda one, name=name: _order(one.properties.get(name, "")), reverse=backward)  # type: ignore[misc]
        names = list(dict.fromkeys([*DEFAULT_SHOWN, *(wanted.properties or [])]))
        end = int(start) + limit
        page = [shown(one, account, wanted=names) for one in found[int(start) : end]]
    body: dict[str, Any] = {"total": len(found), "results": page}
    if end < len(found):
        body["paging"] = {"next": {"after": str(end)}}
    return answer_json(200, body, f"200: {len(found)} contacts found", "contact.search")


def _fits_any(contact: Contact, wanted: ContactSearch) -> bool:
    words = (wanted.query or "").lower()
    if words and not any(words in value.lower() for value in contact.properties.values()):
        return False
    groups = wanted.filterGroups or []
    return not groups or any([all([_fits(contact, one) for one in group.filters]) for group in groups])


def _fits(contact: Contact, one: SearchFilter) -> bool:
    has, asked = contact.properties.get(one.propertyName), text_of(one.value).lower()
    value = (has or "").lower()
    among = value in [text_of(each).lower() for each in one.values or []]
    match one.operator:
        case "EQ":
            return has is not None and value == asked
        case "NEQ":
            return value != asked
        case "HAS_PROPERTY":
            return has is not None
        case "NOT_HAS_PROPERTY":
            return has is None
        case "IN":
            return has is not None and among
        case "NOT_IN":
            return has is not None and not among
        case "CONTAINS_TOKEN":
            return _contains(value, asked)
        case "NOT_CONTAINS_TOKEN":
            return not _contains(value, asked)
        case "LT":
            return has is not None and _order(value) < _order(asked)
        case "LTE":
            return has is not None and _order(value) <= _order(asked)
        case "GT":
            return has is not None and _order(value) > _order(asked)
        case "GTE":
            return has is not None and _order(value) >= _order(asked)
        case "BETWEEN":
            high = _order(text_of(one.highValue).lower())
            return has is not None and _order(asked) <= _order(value) <= high
    raise Refusal(400, f"{one.operator} is no search operator", "contact.search.operator")


def _contains(value: str, asked: str) -> bool:
    return asked.strip("*") in value if "*" in asked else asked in [*value.replace("@", " ").split(), value]


def _order(text: str) -> tuple[int, float, str]:
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)
