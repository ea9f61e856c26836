"""Read occurrences with filters and cursors, newest first (HubSpot wire facts, sections 2.6 and 11)."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.checks.moments import moment_of
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, answer_json
from simulator.hubspot.endpoints.event_reads.answers import show_occurrence
from simulator.hubspot.endpoints.paging import cursor_link, decode_cursor, encode_cursor, whole_number
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.occurrences import Occurrence

__all__ = ["event_types", "read_events"]

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 1000


def event_types(call: Call) -> Answer:
    """List the names of the account's events."""
    with call.account.lock:
        names = sorted(call.account.definitions)
    return answer_json(200, {"eventTypes": names}, f"200: {len(names)} event types", "events.types")


def read_events(call: Call) -> Answer:
    """List the visible occurrences that match every filter, newest first unless `sort` says otherwise."""
    limit = whole_number(call, "limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise Refusal(400, f"limit must be between 1 and {MAX_LIMIT}", "events.read.query")
    with call.account.lock:
        found = _matching(call)
    start, end = _window(call, found, limit)
    page = found[start:end]
    body: dict[str, Any] = {
        "results": [show_occurrence(occurrence, call.query_values("properties")) for occurrence in page]
    }
    if page and end < len(found):  # the last page has no `paging`, not even `prev` (section 2.6)
        after = _cursor(page[-1])
        body["paging"] = {"next": {"after": after, "link": cursor_link(call, "after", after)}}
        if start:
            before = _cursor(page[0])
            link = cursor_link(call, "before", before)
            body["paging"] = {"prev": {"before": before, "link": link}, **body["paging"]}
    return answer_json(200, body, f"200: {len(page)} of {amount(len(found), 'occurrence')}", "events.read")


def _matching(call: Call) -> list[Occurrence]:
    """Return the occurrences that match the filters, sorted."""
    if not _about_contacts(call):
        return []
    after, before = _moment(call, "occurredAfter"), _moment(call, "occurredBefore")
    contact = _contact_filter(call)
    ids, kind, properties = call.query_values("id"), call.query_value("eventType"), call.query_map("property")
    found = [
        row
        for row in call.account.log.rows
        if row.visible_at <= call.now
        and (contact is None or row.contact == contact)
        and (after is None or row.occurred_at > after)
        and (before is None or row.occurred_at < before)
        and (not ids or row.id in ids)
        and (kind is None or row.event_name == kind)
        and (not properties or all([row.properties.get(name) == value for name, value in properties]))
    ]
    found.sort(
        key=lambda occurrence: occurrence.occurred_at, reverse="occurredAt" not in call.query_values("sort")
    )
    return found


def _window(call: Call, found: list[Occurrence], limit: int) -> tuple[int, int]:
    """Return the start and end of the page in the list of matches.

    A cursor names an occurrence, not a position. An invalid cursor, such as one that the client encoded twice, gives an
    empty page (section 11).
    """
    for name in ("before", "after"):
        cursor = call.query_value(name)
        if cursor:
            key = decode_cursor(cursor)
            position = next((at for at, occurrence in enumerate(found) if _key(occurrence) == key), None)
            if position is None:
                return len(found), len(found)
            if name == "before":
                return max(0, position - limit), position
            return position + 1, position + 1 + limit
    return 0, limit


def _key(occurrence: Occurrence) -> str:
    return f"{int(occurrence.occurred_at * 1000)},{occurrence.event_name},{occurrence.id}"


def _cursor(occurrence: Occurrence) -> str:
    return encode_cursor(_key(occurrence))


def _about_contacts(call: Call) -> bool:
    # The simulator stores occurrences of contacts only.
    return (call.query_value("objectType") or "contact").lower() in ("contact", "contacts", "0-1")


def _contact_filter(call: Call) -> str | None:
    """Return the contact id to filter by: None for all contacts, an empty string for an unknown contact."""
    conditions = call.query_map("objectProperty")
    if not conditions:
        return call.query_value("objectId")
    name, value = conditions[0]
    account = call.account
    contact = account.contact(value, by_email=True) if name == "email" else account.book.find(name, value)
    return contact.id if contact else ""


def _moment(call: Call, name: str) -> float | None:
    text = call.query_value(name)
    if text is None:
        return None
    moment = moment_of(text)
    if moment is None or moment.tzinfo is None:
        raise Refusal(400, f"{name} is not a date-time: {text}", "events.read.query")
    return moment.timestamp()
