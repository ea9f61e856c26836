"""The journal of requests and answers, shown without secrets.

The hot path only appends raw data; decoding, JSON and masking happen when the journal is read. Memory is bounded by
number of entries and bytes; dropped entries are counted.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from hubspot_dest.masking import Masker
from simulator.hubspot.messages import Answer

__all__ = ["Entry", "Filter", "Journal"]

_log = logging.getLogger(__name__)
_OVERHEAD = 600  # approximate bytes of an entry without its bodies


class Entry(NamedTuple):
    """One raw request and answer. Show it with `Journal.view`, because raw fields may contain the token.

    `received_at` is UNIX time in seconds, `seconds` the processing time.
    """

    number: int
    received_at: float
    seconds: float
    method: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    answer: Answer
    fault: str
    delivery: str

    def __repr__(self) -> str:
        """Return only fields that cannot contain a secret."""
        shown = f"number={self.number}, method={self.method!r}, status={self.answer.status}"
        return f"Entry({shown}, rule={self.answer.rule!r})"

    @property
    def is_good(self) -> bool:
        """Whether the sender received a success."""
        return 0 < self.answer.status < 400 and self.delivery == "answered"


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of journal entries; fields that are None or empty match every entry."""

    method: str = ""
    path: str = ""
    status: int | None = None
    rule: str = ""
    fault: str = ""
    portal: int | None = None
    after: int = 0
    verdict: str = ""

    def takes(self, entry: Entry) -> bool:
        """Return whether the entry matches; `path`, `rule` and `fault` match substrings, the others exactly."""
        return (
            entry.number > self.after
            and (not self.method or entry.method == self.method.upper())
            and (not self.path or self.path in entry.target.decode("latin-1"))
            and (self.status is None or entry.answer.status == self.status)
            and (not self.rule or self.rule in entry.answer.rule)
            and (not self.fault or self.fault in entry.fault)
            and (self.portal is None or entry.answer.portal_id == self.portal)
            and (not self.verdict or (self.verdict == "good") == entry.is_good)
        )


class Journal:
    """Keep the latest requests and answers, and notify listeners of new ones. Safe to use from any thread.

    Args:
        max_entries: maximum number of entries.
        max_bytes: maximum size of all entries in bytes, approximately.

    """

    def __init__(self, *, max_entries: int = 20_000, max_bytes: int = 128 * 1024 * 1024) -> None:
        self.masker = Masker()
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._dropped = 0
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[Entry], None], ...] = ()

    @property
    def dropped(self) -> int:
        """The number of entries dropped since the last `clear`."""
        return self._dropped

    def __len__(self) -> int:
        return len(self._entries)

    def record(
        self,
        received_at: float,
        seconds: float,
        method: str,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        answer: Answer,
        fault: str = "",
        delivery: str = "answered",
    ) -> None:
        """Append one request and its answer, and call the listeners on this thread."""
        with self._lock:
            number = next(self._numbers)
            entry = Entry(
                number, received_at, seconds, method, target, headers, body, answer, fault, delivery
            )
            self._entries.append(entry)
            self._bytes += len(body) + len(answer.body) + _OVERHEAD
            while len(self._entries) > self.max_entries or (
                self._bytes > self.max_bytes and len(self._entries) > 1
            ):
                oldest = self._entries.popleft()
                self._bytes -= len(oldest.body) + len(oldest.answer.body) + _OVERHEAD
                self._dropped += 1
        for listener in self._listeners:
            self._notify(listener, entry)

    def _notify(self, listener: Callable[[Entry], None], entry: Entry) -> None:
        try:
            listener(entry)
        except Exception:
            _log.exception("a listener of the journal failed and is no longer notified")
            self._unsubscribe(listener)

    def entries(self, chosen: Filter | None = None, *, limit: int | None = None) -> list[Entry]:
        """Return the entries that match the filter, oldest first; `limit` keeps the latest."""
        with self._lock:
            snapshot = list(self._entries)
        matching = snapshot if chosen is None else [entry for entry in snapshot if chosen.takes(entry)]
        if limit is None:
            return matching
        return matching[-limit:] if limit > 0 else []

    def clear(self) -> None:
        """Remove all entries; numbering continues."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
            self._dropped = 0

    def subscribe(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call the listener for every new entry, on the server's thread, which it must not block.

        A listener that raises is removed.

        Returns:
            A function that ends the subscription.

        """
        with self._lock:
            self._listeners += (listener,)
        return lambda: self._unsubscribe(listener)

    def _unsubscribe(self, listener: Callable[[Entry], None]) -> None:
        with self._lock:
            self._listeners = tuple(function for function in self._listeners if function is not listener)

    def line(self, entry: Entry) -> dict[str, object]:
        """Return an entry for JSON, with secrets masked and without headers and bodies.

        Times are ISO 8601 in UTC; `milliseconds` is the processing time.
        """
        mask, answer = self.masker, entry.answer
        return {
            "number": entry.number,
            "receivedAt": datetime.fromtimestamp(entry.received_at, UTC).isoformat(timespec="milliseconds"),
            "milliseconds": round(entry.seconds * 1000, 3),
            "method": entry.method,
            "target": mask.target(entry.target),
            "status": answer.status,
            "decision": mask.sentence(answer.decision, entry.target),
            "rule": answer.rule,
            "checks": list(answer.checks),
            "evidence": answer.evidence or None,
            "portalId": answer.portal_id,
            "fault": entry.fault or None,
            "delivery": entry.delivery,
            "good": entry.is_good,
        }

    def view(self, entry: Entry) -> dict[str, object]:
        """Return an entry for JSON, with secrets masked: the fields of `line`, `request` and `response`.

        JSON bodies are decoded; others are text.
        """
        mask, answer = self.masker, entry.answer
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in entry.headers]
        return {
            **self.line(entry),
            "request": {"headers": mask.headers(headers), "body": mask.body(entry.body, entry.target)},
            "response": {
                "headers": mask.headers(answer.headers),
                "body": mask.body(answer.body, entry.target),
            },
        }

    def json_lines(self, chosen: Filter | None = None) -> Iterator[bytes]:
        """Yield the matching entries as JSON Lines, oldest first."""
        for entry in self.entries(chosen):
            yield orjson.dumps(self.view(entry)) + b"\n"
