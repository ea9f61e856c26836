"""The good/bad inbox, in the manner of Snowplow Micro: one item for each thing sent, with reasons and near misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from difflib import get_close_matches

import orjson

from .journal import Entry, Journal

__all__ = ["counts", "items"]


def counts(journal: Journal) -> dict[str, int]:
    """Count what stands in the inbox: `total`, `good`, `bad`, and the journal's `dropped` entries."""
    good = bad = 0
    for entry in journal.entries():
        size = sum(1 for _ in _things(entry))
        good, bad = (good + size, bad) if entry.is_good else (good, bad + size)
    return {"total": good + bad, "good": good, "bad": bad, "dropped": journal.dropped}


def items(
    journal: Journal, *, good: bool, limit: int | None = None, names: Set[str] = frozenset()
) -> list[dict[str, object]]:
    """List the good or the bad things sent, oldest first; with a limit the latest.

    A good item tells what was sent; a bad one adds `errors` and, when it named something unknown, `nearMisses`: the
    event names and property names of good items, and among `names`, that come closest.
    """
    entries = journal.entries()
    known = names | _names(entry for entry in entries if entry.is_good)
    listed: list[dict[str, object]] = []
    for entry in entries:
        if entry.is_good != good:
            continue
        for thing in _things(entry):
            item = _item(journal, entry, thing)
            if not good:
                item["errors"] = _reasons(journal, entry)
                item["nearMisses"] = _near_misses(thing, known)
            listed.append(item)
    return listed if limit is None else listed[-limit:] if limit > 0 else []


def _item(journal: Journal, entry: Entry, thing: Mapping[str, object]) -> dict[str, object]:
    masked = orjson.loads(journal.masker.text(orjson.dumps(thing).decode()))
    return {
        "number": entry.number,
        "target": journal.masker.text(f"{entry.method} {entry.target.decode('latin-1')}"),
        "status": entry.answer.status,
        "rule": entry.answer.rule,
        "sent": masked,
    }


def _reasons(journal: Journal, entry: Entry) -> list[str]:
    reasons = [journal.masker.text(entry.answer.decision)] if entry.answer.decision else []
    if entry.delivery != "answered":
        reasons.append(f"{entry.delivery} (fault {entry.fault})")
    return reasons


def _things(entry: Entry) -> Iterator[Mapping[str, object]]:
    """Give what the request sent: the inputs of a batch, or its one body; an unreadable body as text."""
    if entry.method not in ("POST", "PATCH", "PUT"):
        return
    try:
        body = orjson.loads(entry.body)
    except orjson.JSONDecodeError:
        yield {"unreadable": entry.body[:1000].decode("utf-8", "replace")}
        return
    inputs = body.get("inputs") if isinstance(body, dict) else None
    for thing in inputs if isinstance(inputs, list) else [body]:
        yield thing if isinstance(thing, dict) else {"value": thing}


def _names(entries: Iterator[Entry]) -> set[str]:
    known: set[str] = set()
    for entry in entries:
        for thing in _things(entry):
            known.update(_named(thing))
    return known


def _named(thing: Mapping[str, object]) -> list[str]:
    properties = thing.get("properties")
    names = [name for name in properties if isinstance(name, str)] if isinstance(properties, dict) else []
    event = thing.get("eventName")
    return [event, *names] if isinstance(event, str) else names


def _near_misses(thing: Mapping[str, object], known: Set[str]) -> dict[str, list[str]]:
    candidates = sorted(known)
    misses = {name: get_close_matches(name, candidates, n=3) for name in _named(thing) if name not in known}
    return {name: close for name, close in misses.items() if close}
