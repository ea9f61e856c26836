"""One row for every event and every batch; the engine keeps the latest."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.outcome import Kind, Outcome

__all__ = [
    "CONSENT_REFUSED",
    "EXTRA_CALL",
    "NOT_DELIVERED",
    "ObservedCall",
    "Ring",
    "Row",
    "consented",
    "packed",
    "person_of",
]

CONSENT_REFUSED = "consent_refused"
"""The reason of an event whose own consent refuses: nothing of it is kept."""
EXTRA_CALL = "walkerOS would update the contact again: it remembers the last one only"
_LOSES = re.compile(r"walkerOS(?: 4\.4)? (?:would lose|loses)")
NOT_DELIVERED = ("failed", "skipped", "ignored", "denied")
"""The outcomes of an event that was not sent: it can be run again."""


@dataclass(slots=True)
class ObservedCall:
    """One call of the official client, as the sender saw it.

    Attributes:
        call: which, in the documented notation: `events.send.basicApi.send`.
        started: UNIX time in seconds, of the fake HubSpot's clock.
        ended: likewise.
        status: what HubSpot answered; None where no answer could be read.
        size: how many occurrences it carried; 0 for a contact.
        error: why it failed, as a sentence.
        fault: the label of the fault that hit it; empty if none did.
        failure: why it failed, as the client raised it.

    """

    call: str
    started: float
    ended: float
    status: int | None
    size: int
    error: str = ""
    fault: str = ""
    failure: DeliveryError | None = None

    @property
    def milliseconds(self) -> float:
        """How long the sender waited for the answer."""
        return (self.ended - self.started) * 1000


@dataclass(slots=True, eq=False)
class Row:
    """One event, or one batch, and how far it came. A row changes: what was queued is flushed later.

    Attributes:
        number: counted from 0 in the order of arrival.
        at: UNIX time in seconds at which it was taken.
        kind: how far it came (`Outcome.kind`).
        reason: why, as a stable code.
        sentence: why, as a sentence.
        name: the event's name; `batch of 50` for a batch.
        person: whose event it is, as far as the event says.
        event_id: the event's id; empty for a batch.
        rule: the rule that matched: its key, with its position in a list of rules (`order complete [2]`).
        event: the event as it came, as JSON; empty for a batch.
        exchanges: the calls that were made for it.
        generation: which configuration planned it, counted from 0.
        batch: the number of the row of its batch, or None.
        size: how many events a batch holds; 0 for an event.
        upstream: what walkerOS itself would have done, where that differs.
        runs: how often it was pushed: once, and once more each time that it is run again.
        pinned: it is run again at every save.
        consent: what was granted or refused on the screen when it was pushed; it takes precedence over the event's own.
        failed_attempts: how many requests for it failed.
        next_try: when it is tried again, in UNIX seconds; None where nothing is tried again.
        bisected: the batch that it was in was sent again in parts.
        contact_only: nothing but its contact is sent.

    """

    number: int
    at: float
    kind: Kind
    reason: str
    sentence: str
    name: str
    person: str
    event_id: str
    rule: str
    event: bytes
    exchanges: tuple[ObservedCall, ...] = ()
    generation: int = 0
    batch: int | None = None
    size: int = 0
    upstream: str = ""
    runs: int = 1
    pinned: bool = False
    consent: dict[str, bool] | None = None
    failed_attempts: int = 0
    next_try: float | None = None
    bisected: bool = False
    contact_only: bool = False

    @property
    def loses(self) -> bool:
        """Whether walkerOS loses this event."""
        return _LOSES.search(self.upstream) is not None

    @property
    def extra_call(self) -> bool:
        """Whether walkerOS makes one call more."""
        return not self.loses and EXTRA_CALL in self.upstream

    @property
    def state(self) -> str:
        """How far it came, as a screen distinguishes it.

        `parked` (waits for consent), `retrying`, `bisected`, `recovered`, `paused`, or `kind`.
        """
        if self.is_batch:
            return "paused" if self.reason == "delivery_paused" else self.kind
        if self.recovered:
            return "recovered"
        if self.retrying:
            return "bisected" if self.reason == "bisected" else "retrying"
        return "parked" if self.parked else self.kind

    @property
    def parked(self) -> bool:
        """Whether it waits for consent; other denied events are refused by their own consent."""
        return self.kind == "denied" and self.reason != CONSENT_REFUSED

    @property
    def retrying(self) -> bool:
        """Whether it waits to be tried again."""
        return self.kind == "queued" and self.failed_attempts > 0

    @property
    def recovered(self) -> bool:
        """Whether it was delivered after failed attempts."""
        return self.failed_attempts > 0 and self.kind in ("sent", "flushed", "identified")

    @property
    def fault(self) -> str:
        """The last fault that made one of its calls fail; empty if none did."""
        return next((call.fault for call in reversed(self.exchanges) if call.fault and call.error), "")

    @property
    def is_batch(self) -> bool:
        """Whether the row is a batch, or about the delivery as a whole, not an event."""
        return self.size > 0

    @property
    def status(self) -> int | None:
        """The status of the last call."""
        return self.exchanges[-1].status if self.exchanges else None

    @property
    def refusal(self) -> ObservedCall | None:
        """HubSpot's error about the contact, if it refused it: the event may have been sent all the same."""
        about = [exchange for exchange in self.exchanges if exchange.call.startswith("crm.")]
        return about[-1] if about and about[-1].error else None

    @property
    def milliseconds(self) -> float:
        """How long the sender waited for HubSpot."""
        return sum(exchange.milliseconds for exchange in self.exchanges)

    @property
    def why(self) -> str:
        """Why it has its outcome, as a sentence for people."""
        refusal = self.refusal
        if self.retrying and self.next_try is not None:
            at = time.strftime("%H:%M:%S", time.localtime(self.next_try))
            return f"attempt {self.failed_attempts + 1} at {at}: {self.sentence}"
        if refusal is not None and self.kind not in ("failed", "skipped", "queued") and not self.recovered:
            return (
                f"contact not taken: {refusal.status or 'no answer'}; {self.sentence or 'the event went out'}"
            )
        if self.kind in ("sent", "identified") and not self.sentence:
            return f"rule {self.rule}" if self.rule else "no rule: sent under its own name"
        return self.sentence or self.reason

    def plain_event(self) -> Any:
        """Return the event as it came; None for a batch."""
        return json.loads(self.event) if self.event else None

    def seen_event(self) -> Any:
        """Return the event as the sender saw it, with what was granted or refused on the screen."""
        return consented(self.plain_event(), self.consent)


class Ring:
    """The last `capacity` rows by number, and the outcomes of the last few, whose traces are large.

    One thread appends; any may read.
    """

    def __init__(self, capacity: int, recent: int = 2000) -> None:
        self.capacity = capacity
        self._slots: list[Row | None] = [None] * capacity
        self._recent: list[tuple[int, Outcome] | None] = [None] * recent
        self.next = 0

    @property
    def first(self) -> int:
        """The number of the oldest row that is kept."""
        return max(0, self.next - self.capacity)

    def __len__(self) -> int:
        return self.next - self.first

    def append(self, row: Row) -> None:
        """Keep a row, whose number must be `next`."""
        self._slots[row.number % self.capacity] = row
        self.next = row.number + 1

    def get(self, number: int) -> Row | None:
        """Return a row, or None if it is gone or never existed."""
        row = self._slots[number % self.capacity] if number >= 0 else None
        return row if row is not None and row.number == number else None

    def remember(self, number: int, outcome: Outcome) -> None:
        """Keep the outcome of a row for a while."""
        self._recent[number % len(self._recent)] = (number, outcome)

    def outcome(self, number: int) -> Outcome | None:
        """Return the outcome of a row, or None if it is no longer kept."""
        kept = self._recent[number % len(self._recent)]
        return kept[1] if kept is not None and kept[0] == number else None

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row]:
        """Yield what is kept from `start` on, and before `stop`, oldest first."""
        for number in range(max(self.first, start), self.next if stop is None else stop):
            row = self.get(number)
            if row is not None:
                yield row

    def clear(self) -> None:
        """Forget everything; numbers begin at 0 again."""
        self._slots = [None] * self.capacity
        self._recent = [None] * len(self._recent)
        self.next = 0


def consented(event: Any, consent: dict[str, bool] | None) -> Any:
    """Return an event with consent that overrides its own; the event itself without such consent."""
    if consent is None or not isinstance(event, dict):
        return event
    own = event.get("consent")
    return {**event, "consent": {**(own if isinstance(own, dict) else {}), **consent}}


def person_of(event: Any) -> str:
    """Return whose event it is, as far as the event says: the e-mail, the user's id, the device, or nothing."""
    user = event.get("user") if isinstance(event, dict) else None
    if not isinstance(user, dict):
        return ""
    for name, prefix in (("email", ""), ("id", "user "), ("device", "device "), ("session", "session ")):
        value = user.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return f"{prefix}{str(value)[:120]}"
    return ""


def packed(event: Any) -> bytes:
    """Return an event as JSON bytes; what JSON cannot hold becomes text."""
    try:
        # A copy: what orjson returns keeps the eight kilobytes that it was written in.
        return bytes(memoryview(orjson.dumps(event)))
    except TypeError:
        return json.dumps(event, default=str).encode("ascii", "backslashreplace")
