"""The good/bad inbox, in the manner of Snowplow Micro: one item for each thing sent, with reasons and near misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

import orjson

from simulator.hubspot.journal.journal import Entry, Journal

__all__ = ["Listing", "Names", "counts", "items"]

_CLOSE = 3
_SHOWN = 1000  # letters of a body that is not JSON
_UNREADABLE: Mapping[str, object] = MappingProxyType({})
_LONGEST_NAME = 200  # comparing takes time with the square of the length; no name of HubSpot's is longer


@dataclass(frozen=True, slots=True)
class Names:
    """What one account defines.

    Attributes:
        events: full name of each event: the names of its properties, standard ones included.
        contact_properties: properties of contacts.

    """

    events: Mapping[str, frozenset[str]] = field(default_factory=dict)
    contact_properties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """Items of the inbox, oldest first, and how many there are where a limit cut them short."""

    items: Sequence[dict[str, object]]
    total: int


def counts(journal: Journal) -> dict[str, int]:
    """Count the inbox: `total`, `good`, `bad`, and the journal's `dropped` entries and `limit`."""
    good = bad = 0
    for entry in journal.entries():
        size = sum(1 for _ in _things(entry))
        good, bad = (good + size, bad) if entry.is_good else (good, bad + size)
    whole = {"total": good + bad, "good": good, "bad": bad}
    return {**whole, "dropped": journal.dropped, "limit": journal.max_entries}


def items(
    journal: Journal,
    *,
    good: bool,
    limit: int | None = None,
    defined: Callable[[int | None], Names] = lambda _: Names(),
) -> Listing:
    """List the good or the bad things sent, oldest first; with a limit the latest.

    A good item shows what was sent; a bad one adds `errors` and, when it named something unknown, `nearMisses`: by
    name, what comes closest among the names of good items and what the account defines. A property of an event is
    held against that event's own; where the event is not defined, against those of all events.

    Args:
        journal: what is listed.
        good: which half.
        limit: how many at most; None for all.
        defined: returns an account's names by its portal id; None means a request without a known account.

    """
    chosen = [
        (entry, thing) for entry in journal.entries() if entry.is_good == good for thing in _things(entry)
    ]
    total = len(chosen)
    if limit is not None:
        chosen = chosen[-limit:] if limit > 0 else []
    listed = [_item(journal, entry, thing) for entry, thing in chosen]
    if not good:
        misses = _Misses(journal, defined) if chosen else None
        for item, (entry, thing) in zip(listed, chosen, strict=True):
            item["errors"] = _reasons(journal, entry)
            item["nearMisses"] = misses.of(entry, thing) if misses else {}
    return Listing(listed, total)


def _item(journal: Journal, entry: Entry, thing: Mapping[str, object]) -> dict[str, object]:
    mask = journal.masker
    sent = mask.part(thing, entry.target)
    if thing is _UNREADABLE:
        sent = {"unreadable": str(mask.body(entry.body, entry.target))[:_SHOWN]}
    return {
        "number": entry.number,
        "target": f"{entry.method} {mask.target(entry.target)}",
        "status": entry.answer.status,
        "rule": entry.answer.rule,
        "sent": sent,
    }


def _reasons(journal: Journal, entry: Entry) -> list[str]:
    decision = entry.answer.decision
    reasons = [journal.masker.sentence(decision, entry.target)] if decision else []
    if entry.delivery != "answered":
        reasons.append(f"{entry.delivery} (fault {entry.fault})")
    return reasons


def _things(entry: Entry) -> Iterator[Mapping[str, object]]:
    """Return what the request sent: the inputs of a batch or the one body; an unreadable body as text."""
    if entry.method not in ("POST", "PATCH", "PUT"):
        return
    try:
        body = orjson.loads(entry.body)
    except orjson.JSONDecodeError:
        yield _UNREADABLE
        return
    inputs = body.get("inputs") if isinstance(body, dict) else None
    for thing in inputs if isinstance(inputs, list) else [body]:
        yield thing if isinstance(thing, dict) else {"value": thing}


class _Misses:
    """Find near misses, each name once: a thousand items often misspell the same one."""

    def __init__(self, journal: Journal, defined: Callable[[int | None], Names]) -> None:
        self._defined = defined
        self._taken = _taken(entry for entry in journal.entries() if entry.is_good)
        self._names: dict[int | None, Names] = {}
        self._every: dict[int | None, frozenset[str]] = {}
        self._found: dict[tuple[str, frozenset[str]], list[str]] = {}
        self._masked = journal.masker.text

    def of(self, entry: Entry, thing: Mapping[str, object]) -> dict[str, list[str]]:
        """Return, for each unknown name that comes close to something, what that is."""
        portal = entry.answer.portal_id
        if portal not in self._names:
            self._names[portal] = self._with_taken(self._defined(portal))
            self._every[portal] = frozenset[str]().union(*self._names[portal].events.values())
        names = self._names[portal]
        event = thing.get("eventName")
        misses: dict[str, list[str]] = {}
        if isinstance(event, str):
            self._look(event, frozenset(names.events), misses)
            known = names.events.get(event) or self._every[portal]
        else:
            known = names.contact_properties
        properties = thing.get("properties")
        for name in properties if isinstance(properties, dict) else ():
            self._look(name, known, misses)
        return misses

    def _with_taken(self, names: Names) -> Names:
        events = dict(names.events)
        for event, properties in self._taken.events.items():
            events[event] = events.get(event, frozenset()) | properties
        return Names(events, names.contact_properties | self._taken.contact_properties)

    def _look(self, name: str, known: frozenset[str], misses: dict[str, list[str]]) -> None:
        if name in known or len(name) > _LONGEST_NAME:
            return
        if (name, known) not in self._found:
            self._found[(name, known)] = get_close_matches(name, sorted(known), n=_CLOSE)
        close = self._found[(name, known)]
        if close:
            misses[self._masked(name)] = [self._masked(text) for text in close]


def _taken(entries: Iterator[Entry]) -> Names:
    """Return the names in what was taken."""
    events: dict[str, set[str]] = {}
    contacts: set[str] = set()
    for entry in entries:
        for thing in _things(entry):
            event, properties = thing.get("eventName"), thing.get("properties")
            into = events.setdefault(event, set()) if isinstance(event, str) else contacts
            into.update(properties if isinstance(properties, dict) else ())
    return Names({event: frozenset(names) for event, names in events.items()}, frozenset(contacts))
