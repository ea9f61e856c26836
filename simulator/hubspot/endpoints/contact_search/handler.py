"""Search contacts; new ones are found after `search_lag_ms` (HubSpot wire facts, sections 3.5 and 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from hubspot_dest.amounts import amount
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contact_search.requests import ContactSearch, SearchFilter, SearchSort
from simulator.hubspot.endpoints.contacts.answers import DEFAULT_PROPERTIES, show_contact
from simulator.hubspot.endpoints.errors import Refusal, answer_json
from simulator.hubspot.endpoints.request_bodies import decode, text_of
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.comparison import Comparable, comparable, is_moment, values_of
from simulator.hubspot.state.contacts import Contact
from simulator.hubspot.state.property_values import AccountProperty

__all__ = ["search"]

MAX_LIMIT: Final = 200
MAX_POSITION: Final = 10_000
"""The number of results that pages can reach."""
MAX_GROUPS, MAX_GROUP_FILTERS, MAX_FILTERS = 5, 6, 18

_SEARCH: Final = msgspec.json.Decoder(ContactSearch)
_Test = Callable[[Contact], bool]


def search(call: Call) -> Answer:
    """Search contacts: filters of a group are combined with AND, groups with OR."""
    request = decode(_SEARCH, call.body)
    limit, start = _page(request)
    account, known_before = call.account, call.now - call.account.behaviours.search_lag_ms / 1000
    with account.lock:
        fits = _compile(account, request)
        found = [
            contact for contact in account.book.all() if contact.created <= known_before and fits(contact)
        ]
        for sort in reversed(request.sorts or []):
            found = _sorted(account, found, sort)
        names = list(dict.fromkeys([*DEFAULT_PROPERTIES, *(request.properties or [])]))
        end = start + limit
        page = [show_contact(contact, account, names=names) for contact in found[start:end]]
    body: dict[str, Any] = {"total": len(found), "results": page}
    if end < len(found):
        body["paging"] = {"next": {"after": str(end)}}
    return answer_json(200, body, f"200: {amount(len(found), 'contact')} found", "contact.search")


def _page(request: ContactSearch) -> tuple[int, int]:
    """Return the page size and the position of the first result. Raises Refusal."""
    limit = 10 if request.limit is None else request.limit
    if not 1 <= limit <= MAX_LIMIT:
        raise Refusal(400, f"limit must be between 1 and {MAX_LIMIT}", "contact.search.limit")
    after = str(request.after or 0)
    if not (after.isascii() and after.isdigit()):
        raise Refusal(400, f"after must be a whole number: {after}", "query.number")
    if len(after) > 9 or int(after) >= MAX_POSITION:
        message = f"Paging beyond {MAX_POSITION} results is not supported: after is {after}"
        raise Refusal(400, message, "contact.search.after")
    return limit, int(after)


def _compile(account: SimulatedAccount, request: ContactSearch) -> _Test:
    """Compile the query text and the filter groups to a predicate over contacts. Raises Refusal."""
    groups = request.filterGroups or []
    sizes = [len(group.filters) for group in groups]
    if len(groups) > MAX_GROUPS or max(sizes, default=0) > MAX_GROUP_FILTERS or sum(sizes) > MAX_FILTERS:
        message = (
            f"A search has at most {MAX_GROUPS} filter groups of {MAX_GROUP_FILTERS} filters each, "
            f"{MAX_FILTERS} filters in all"
        )
        raise Refusal(400, message, "contact.search.filters")
    words = (request.query or "").lower()
    alternatives = [[_test(account, search_filter) for search_filter in group.filters] for group in groups]

    def fits(contact: Contact) -> bool:
        if words and not any(words in value.lower() for value in contact.properties.values()):
            return False
        return not alternatives or any(all([test(contact) for test in tests]) for tests in alternatives)

    return fits


def _test(account: SimulatedAccount, search_filter: SearchFilter) -> _Test:
    """Compile a filter to a predicate over contacts. Raises Refusal."""
    declared = _declared(account, search_filter.propertyName)
    name = declared.name

    def stored(contact: Contact) -> list[Comparable]:
        value = contact.properties.get(name)
        return [] if value is None else values_of(declared, value)

    match search_filter.operator:
        case "HAS_PROPERTY":
            return lambda contact: name in contact.properties
        case "NOT_HAS_PROPERTY":
            return lambda contact: name not in contact.properties
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            token, expected = text_of(search_filter.value).lower(), search_filter.operator == "CONTAINS_TOKEN"
            return lambda contact: _contains(contact.properties.get(name, "").lower(), token) == expected
        case "EQ" | "NEQ":
            value = _operand(declared, search_filter.value)
            if search_filter.operator == "EQ":
                return lambda contact: value in stored(contact)
            return lambda contact: value not in stored(contact)
        case "IN" | "NOT_IN":
            among = {_operand(declared, each) for each in search_filter.values or []}
            if search_filter.operator == "IN":
                return lambda contact: not among.isdisjoint(stored(contact))
            return lambda contact: name in contact.properties and among.isdisjoint(stored(contact))
    return _range_test(declared, search_filter, stored)


def _range_test(
    declared: AccountProperty, search_filter: SearchFilter, stored: Callable[[Contact], list[Comparable]]
) -> _Test:
    # Both operands have one type: `stored` and `_operand` convert them to the property's type.
    compare: Callable[[Any, Any], bool] | None = {
        "LT": lambda value, low: bool(value < low),
        "LTE": lambda value, low: bool(value <= low),
        "GT": lambda value, low: bool(value > low),
        "GTE": lambda value, low: bool(value >= low),
        "BETWEEN": lambda value, low: bool(low <= value <= high),
    }.get(search_filter.operator)
    if compare is None:
        raise Refusal(400, f"{search_filter.operator} is not a search operator", "contact.search.operator")
    low = _operand(declared, search_filter.value)
    high: Any = _operand(declared, search_filter.highValue) if search_filter.operator == "BETWEEN" else None
    return lambda contact: any([compare(value, low) for value in stored(contact)])


def _declared(account: SimulatedAccount, name: str) -> AccountProperty:
    declared = account.contact_properties.get(name) or account.contact_properties.get(name.lower())
    if declared is None:
        if account.behaviours.unknown_search_property == "reject":
            message = f'Property "{name}" does not exist'
            raise Refusal(400, message, "contact.search.property", evidence="INFER")
        return AccountProperty(name)
    return declared


def _operand(declared: AccountProperty, value: Any) -> Comparable:
    """Convert a filter's value to a sort key of its property. Raises Refusal."""
    text = text_of(value)
    read = comparable(declared, text)
    is_day = len(text) == 10 and text[4:5] == "-"
    if read is None or (declared.type == "datetime" and is_day):
        what = "a time in milliseconds since 1970" if is_moment(declared) else "a number"
        message = f"{declared.name} compares with {what}, not with {text!r}"
        raise Refusal(400, message, "contact.search.value")
    return read


def _contains(value: str, token: str) -> bool:
    return token.strip("*") in value if "*" in token else token in [*value.replace("@", " ").split(), value]


def _sorted(account: SimulatedAccount, contacts: Sequence[Contact], sort: SearchSort | str) -> list[Contact]:
    """Sort contacts; those without a value come last in both directions."""
    name = sort if isinstance(sort, str) else sort.propertyName
    backward = isinstance(sort, SearchSort) and sort.direction.upper() == "DESCENDING"
    declared = _declared(account, name.removeprefix("-"))
    backward = backward or name.startswith("-")

    def order(contact: Contact) -> Any:
        value = contact.properties.get(declared.name)
        return None if value is None else comparable(declared, value)

    valued = [current_contact for current_contact in contacts if order(current_contact) is not None]
    others = [current_contact for current_contact in contacts if order(current_contact) is None]
    return [*sorted(valued, key=order, reverse=backward), *others]
