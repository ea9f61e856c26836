"""Read occurrences back: `/events/v3/events` (HubSpot wire facts, section 2.6)."""

from __future__ import annotations

from urllib.parse import urlencode

from hubspot_dest.checks.moments import moment_of
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, answer_json
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.occurrences import Occurrence, iso

__all__ = ["event_types", "read_events"]

_DEFAULT_LIMIT, _MAX_LIMIT = 100, 1000


def event_types(call: Call) -> Answer:
    """List the names of the account's events."""
    with call.account.lock:
        names = sorted(call.account.definitions)
    return answer_json(200, {"eventTypes": names}, f"200: {len(names)} event types", "events.types")


def read_events(call: Call) -> Answer:
    """List the occurrences that are visible and fit every filter, newest first."""
    after, before = _moment(call, "occurredAfter"), _moment(call, "occurredBefore")
    limit = number(call, "limit", _DEFAULT_LIMIT)
    if not 1 <= limit <= _MAX_LIMIT:
        raise Refusal(400, f"limit must be between 1 and {_MAX_LIMIT}", "events.read.query")
    start, end = _window(call, limit)
    with call.account.lock:
        contact = _wanted_contact(call)
        found = [
            one
            for one in (call.account.log.rows if _about_contacts(call) else ())
            if one.visible_at <= call.now
            and (contact is None or one.contact == contact)
            and (after is None or one.occurred_at > after)
            and (before is None or one.occurred_at < before)
            and _fits(call, one)
        ]
    found.sort(key=lambda one: one.occurred_at, reverse="occurredAt" not in call.many("sort"))
    page = found[start:end]
    body: dict[str, object] = {"results": [_shown(one, call.many("properties")) for one in page]}
    if end < len(found):  # the last page has no `paging` at all, not even the way back (section 2.6)
        body["paging"] = {
            **({"prev": {"before": str(start), "link": _link(call, "before", start)}} if start else {}),
            "next": {"after": str(end), "link": _link(call, "after", end)},
        }
    return answer_json(200, body, f"200: {len(page)} of {len(found)} occurrences", "events.read")


def _window(call: Call, limit: int) -> tuple[int, int]:
    """Return where the page begins and ends: after what was read last, or before what was read first."""
    if call.one("before"):
        end = number(call, "before", 0)
        return max(0, end - limit), end
    start = number(call, "after", 0)
    return start, start + limit


def _link(call: Call, name: str, position: int) -> str:
    rest = [(key, value) for key, value in call.query if key not in ("after", "before")]
    return f"https://api.hubapi.com/events/v3/events?{urlencode([*rest, (name, position)])}"


def _about_contacts(call: Call) -> bool:
    # Occurrences stand on contacts only here; those of every other kind of object are none.
    return (call.one("objectType") or "contact").lower() in ("contact", "contacts", "0-1")


def _wanted_contact(call: Call) -> str | None:
    identifier = call.one("objectId")
    for key, value in call.query:
        if key.startswith("objectProperty."):
            contact = call.account.book.find(key.partition(".")[2], value.lower())
            return contact.id if contact else ""
    return identifier


def _fits(call: Call, one: Occurrence) -> bool:
    wanted_ids = call.many("id")
    if wanted_ids and one.id not in wanted_ids:
        return False
    kind = call.one("eventType")
    if kind is not None and one.event_name != kind:
        return False
    return all(
        one.properties.get(key.partition(".")[2]) == value
        for key, value in call.query
        if key.startswith("property.")
    )


def _shown(one: Occurrence, wanted: list[str]) -> dict[str, object]:
    kept = {key: value for key, value in one.properties.items() if not wanted or key in wanted}
    return {
        "id": one.id,
        "eventType": one.event_name,
        "objectType": "CONTACT",
        "objectId": one.contact or "",
        "occurredAt": iso(one.occurred_at),
        "properties": kept,
    }


def _moment(call: Call, name: str) -> float | None:
    text = call.one(name)
    if text is None:
        return None
    moment = moment_of(text)
    if moment is None or moment.tzinfo is None:
        raise Refusal(400, f"{name} is not a date-time: {text}", "events.read.query")
    return moment.timestamp()


def number(call: Call, name: str, default: int) -> int:
    """Return a whole number of the query. Raises Refusal."""
    text = call.one(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(400, f"{name} must be a whole number: {text}", "query.number")
    return int(text)
