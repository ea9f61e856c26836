"""The good/bad inbox, modelled on Snowplow Micro: one item per event or contact, with errors and near misses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

import orjson

from simulator.hubspot.journal.journal import Entry, Journal

__all__ = ["Listing", "Names", "counts", "items"]

_CLOSE = 3
_SHOWN = 1000  # maximum characters of a body that is not JSON
_UNREADABLE: Mapping[str, object] = MappingProxyType({})
_LONGEST_NAME = 200  # comparing takes quadratic time; no HubSpot name is longer


@dataclass(frozen=True, slots=True)
class Names:
    """The names that an account defines.

    Attributes:
        events: full event name -> names of its properties, including standard ones.
        contact_properties: names of the contact properties.

    """

    events: Mapping[str, frozenset[str]] = field(default_factory=dict)
    contact_properties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """Items of the inbox, oldest first, and their total number before a limit."""

    items: Sequence[dict[str, object]]
    total: int


def counts(journal: Journal) -> dict[str, int]:
    """Count the inbox: `total`, `good`, `bad`, and the journal's `dropped` entries and `limit`."""
    good = bad = 0
    for entry in journal.entries():
        size = sum(1 for _ in _sent_items(entry))
        good, bad = (good + size, bad) if entry.is_good else (good, bad + size)
    totals = {"total": good + bad, "good": good, "bad": bad}
    return {**totals, "dropped": journal.dropped, "limit": journal.max_entries}


def items(
    journal: Journal,
    *,
    good: bool,
    limit: int | None = None,
    defined: Callable[[int | None], Names] = lambda _: Names(),
) -> Listing:
    """List the accepted or the refused items, oldest first.

    A bad item also has `errors` and `nearMisses`: for each unknown name, the closest names of accepted items and of the
    account's definitions. A property is compared with those of its event, or of all events if the event is undefined.

    Args:
        journal: the journal to list.
        good: whether to list accepted items; otherwise the refused ones.
        limit: maximum number of items, the latest ones; None for all.
        defined: returns an account's names by portal id, which is None for a request without a known account.

    """
    chosen = [
        (entry, sent_item)
        for entry in journal.entries()
        if entry.is_good == good
        for sent_item in _sent_items(entry)
    ]
    total = len(chosen)
    if limit is not None:
        chosen = chosen[-limit:] if limit > 0 else []
    listed = [_item(journal, entry, sent_item) for entry, sent_item in chosen]
    if not good:
        misses = _Misses(journal, defined) if chosen else None
        for item, (entry, sent_item) in zip(listed, chosen, strict=True):
            item["errors"] = _reasons(journal, entry)
            item["nearMisses"] = misses.of(entry, sent_item) if misses else {}
    return Listing(listed, total)


def _item(journal: Journal, entry: Entry, sent_item: Mapping[str, object]) -> dict[str, object]:
    mask = journal.masker
    sent = mask.part(sent_item, entry.target)
    if sent_item is _UNREADABLE:
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


def _sent_items(entry: Entry) -> Iterator[Mapping[str, object]]:
    """Yield the inputs of a batch, or the body of a single request; `_UNREADABLE` if it is not JSON."""
    if entry.method not in ("POST", "PATCH", "PUT"):
        return
    try:
        body = orjson.loads(entry.body)
    except orjson.JSONDecodeError:
        yield _UNREADABLE
        return
    inputs = body.get("inputs") if isinstance(body, dict) else None
    for sent_item in inputs if isinstance(inputs, list) else [body]:
        yield sent_item if isinstance(sent_item, dict) else {"value": sent_item}


class _Misses:
    """Find near misses, cached by name: many items often have the same misspelling."""

    def __init__(self, journal: Journal, defined: Callable[[int | None], Names]) -> None:
        self._defined = defined
        self._accepted = _accepted_names(entry for entry in journal.entries() if entry.is_good)
        self._names: dict[int | None, Names] = {}
        self._every: dict[int | None, frozenset[str]] = {}
        self._found: dict[tuple[str, frozenset[str]], list[str]] = {}
        self._masked = journal.masker.text

    def of(self, entry: Entry, sent_item: Mapping[str, object]) -> dict[str, list[str]]:
        """Return the closest known names for each unknown name that has any."""
        portal = entry.answer.portal_id
        if portal not in self._names:
            self._names[portal] = self._with_accepted(self._defined(portal))
            self._every[portal] = frozenset[str]().union(*self._names[portal].events.values())
        names = self._names[portal]
        event = sent_item.get("eventName")
        misses: dict[str, list[str]] = {}
        if isinstance(event, str):
            self._look(event, frozenset(names.events), misses)
            known = names.events.get(event) or self._every[portal]
        else:
            known = names.contact_properties
        properties = sent_item.get("properties")
        for name in properties if isinstance(properties, dict) else ():
            self._look(name, known, misses)
        return misses

    def _with_accepted(self, names: Names) -> Names:
        events = dict(names.events)
        for event, properties in self._accepted.events.items():
            events[event] = events.get(event, frozenset()) | properties
        return Names(events, names.contact_properties | self._accepted.contact_properties)

    def _look(self, name: str, known: frozenset[str], misses: dict[str, list[str]]) -> None:
        if name in known or len(name) > _LONGEST_NAME:
            return
        if (name, known) not in self._found:
            self._found[(name, known)] = get_close_matches(name, sorted(known), n=_CLOSE)
        close = self._found[(name, known)]
        if close:
            misses[self._masked(name)] = [self._masked(text) for text in close]


def _accepted_names(entries: Iterator[Entry]) -> Names:
    """Return the names in accepted items."""
    events: dict[str, set[str]] = {}
    contacts: set[str] = set()
    for entry in entries:
        for sent_item in _sent_items(entry):
            event, properties = sent_item.get("eventName"), sent_item.get("properties")
            into = events.setdefault(event, set()) if isinstance(event, str) else contacts
            into.update(properties if isinstance(properties, dict) else ())
    return Names({event: frozenset(names) for event, names in events.items()}, frozenset(contacts))
