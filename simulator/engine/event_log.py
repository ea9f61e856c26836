"""Turn outcomes into rows and counters: every event has one row, which says how far it came."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.coverage.rule_coverage import RuleCoverage
from hubspot_dest.outcome import Kind, Outcome
from hubspot_dest.planning.plan import Plan
from hubspot_dest.verdict.finding_table import FindingTable
from simulator.engine.probes import HubSpotProbe
from simulator.engine.reconciliation import Counts
from simulator.engine.rows import NOT_DELIVERED, ObservedCall, Ring, Row
from simulator.engine.sender import Attempt, Push

__all__ = ["EventLog"]

_UPDATE: Final = "crm.contacts.basicApi.update"
_MOST_CALLS: Final = 12  # the latest calls that a row keeps
_MOST_DOUBTFUL: Final = 1000
_DOWN: Final = ("unavailable", "unreachable", "timeout", "unauthorized")
_CONTACT_LOST: Final = "walkerOS would lose this event: its contact call failed"
_SEND_LOST: Final = "walkerOS would lose this event: its request failed, and walkerOS does not send it again"
_LOST: Final = "walkerOS loses this event: it does not send it again"


class EventLog:
    """Writes the rows. One thread writes; any may read.

    Args:
        ring: where rows are kept.
        clock: UNIX time in seconds.
        service: knows what HubSpot took while the sender saw a failure.
        parity: the sender does what walkerOS does: what HubSpot does not take is lost.

    """

    def __init__(
        self, ring: Ring, clock: Callable[[], float], service: HubSpotProbe, *, parity: bool = False
    ) -> None:
        self.ring = ring
        self.counts = Counts()
        self.coverage = RuleCoverage()
        self.findings = FindingTable()
        """The findings about the events, each reason once."""
        self.changed: deque[int] = deque(maxlen=20_000)
        self.changes = 0
        self.last_fault = ""
        """The fault that hit the last failing call; empty if none did."""
        self.paused = ""
        """Why the delivery pauses; empty if it does not."""
        self._down = ""
        """Why HubSpot does not answer at the moment; empty if it does."""
        self._batches = False
        self._parity = parity
        self._clock = clock
        self._service = service
        self._waiting: dict[str, list[Row]] = defaultdict(list)
        self._retrying: dict[int, Row] = {}
        self._required: dict[str, Any] = {}
        self._doubtful: list[ObservedCall] = []
        self._listeners: tuple[Callable[[Row], None], ...] = ()

    def subscribe(self, listener: Callable[[Row], None]) -> Callable[[], None]:
        """Call the listener for every new or changed row, on the engine's thread; return a function that ends it."""
        self._listeners += (listener,)

        def end() -> None:
            self._listeners = tuple(function for function in self._listeners if function is not listener)

        return end

    def follow(self, config: Config) -> None:
        """Count the hits of this configuration's rules from now on."""
        self.coverage.follow(config.raw)
        self._batches = config.batch
        self._required = {name: flag for name, flag in (config.consent or {}).items() if flag}

    def count_planned(self, plans: Iterable[tuple[Row, Plan]]) -> None:
        """Count what earlier events would have reached: a saved mapping is judged at once."""
        for row, plan in plans:
            if row.pinned and row.kind in NOT_DELIVERED:
                continue  # it is run again, and counted then
            self.coverage.planned_again += 1
            self.coverage.count_plan(row.name, plan, row.kind)

    def clear(self) -> None:
        """Start over with no rows and all counters at 0."""
        self.ring.clear()
        self.counts = Counts()
        self.coverage.clear()
        self.findings = FindingTable()
        self.changed.clear()
        self._waiting.clear()
        self._retrying.clear()
        self._doubtful.clear()
        self.last_fault = self.paused = self._down = ""
        self.changes += 1

    def consent_of(self, person: str, granted: dict[str, bool]) -> dict[str, bool] | None:
        """Return a person's consent as the screen sets it, in the form of an event's; None where it sets none."""
        return dict.fromkeys(self._required, granted[person]) if person in granted else None

    # ---- pushes

    def enter(
        self,
        push: Push,
        at: float,
        person: str,
        body: bytes,
        event: Any,
        generation: int,
        consent: dict[str, bool] | None,
        again: Row | None,
    ) -> Row:
        """Enter what became of one push, and of batches that were sent with it."""
        outcome, counts = push.outcome, self.counts
        counts.pushes += 1
        for call in push.calls:
            self._count(call)
        name = outcome.name
        if not name and isinstance(event, dict) and isinstance(event.get("name"), str):
            name = event["name"]
        kind: Kind = outcome.kind
        if push.waits and kind == "identified":
            kind = "queued"  # its contact is in the outbox
        row = again
        if row is None:
            row = Row(
                self.ring.next, at, kind, outcome.reason, outcome.sentence, name, person,
                outcome.event_id, outcome.rule_label, body, push.calls, generation,
            )  # fmt: skip
            counts.taken += 1
            counts.kinds[kind] += 1
            self._count_reason(kind, outcome.reason, 1)
            self.ring.append(row)
            if outcome.findings:
                self.findings.add(outcome.findings, None)
        else:
            self._count_reason(row.kind, row.reason, -1)
            self._count_reason(kind, outcome.reason, 1)
            row.exchanges, row.generation, row.rule = push.calls, generation, outcome.rule_label
            row.reason, row.sentence, row.failed_attempts, row.next_try = (
                outcome.reason,
                outcome.sentence,
                0,
                None,
            )
            row.runs += 1
            self._move(row, kind)
        row.consent = consent
        row.contact_only = push.waits and outcome.kind == "identified"
        row.upstream = ""
        self._compare(row, push.upstream)
        counts.saved += push.saved
        self.ring.remember(row.number, outcome)
        self.coverage.count(outcome)
        if push.waits:
            plan = outcome.plan
            # walkerOS calls HubSpot at once for a contact, and for an event where there is no batch.
            calls_at_once = not self._batches or (plan is not None and plan.contact is not None)
            if self._down and calls_at_once:
                self._compare(
                    row, f"walkerOS would lose this event: HubSpot did not answer when it came: {self._down}"
                )
            self._waiting[row.event_id].append(row)
        if self._parity and kind == "failed" and outcome.plan is not None:
            self._compare(row, f"{_LOST}: {outcome.sentence}")
        self._notify(row)
        for attempt in push.attempts:
            self.deliver(attempt, generation)
            if outcome.reason == "flush_failed":  # it filled the batch that failed
                row.exchanges = (*row.exchanges, *attempt.calls)[-_MOST_CALLS:]
        return row

    def _compare(self, row: Row, upstream: str) -> None:
        """Note what walkerOS would have done; an event counts as lost once."""
        if not upstream or row.loses:
            return
        extra = row.extra_call
        row.upstream = upstream
        self.counts.lost_upstream += row.loses
        self.counts.extra_upstream += row.extra_call - extra

    # ---- deliveries

    def deliver(self, attempt: Attempt, generation: int) -> None:
        """Enter one attempt: what was delivered, what is tried again, what is given up."""
        for call in attempt.calls:
            self._count(call)
        for outcome in attempt.outcomes:
            if outcome.reason in ("retry", "bisected"):
                self._tried(outcome, attempt.calls, generation)
            elif outcome.reason in ("delivery_paused", "delivery_resumed"):
                self._paused(outcome, attempt.calls, generation)
            elif outcome.reason == "contact_written":
                self._contacts_written(outcome, attempt.calls)
            elif outcome.kind in ("flushed", "sent"):
                self._delivered(outcome, attempt.calls, generation)
            elif outcome.events:
                self._batch_failed(outcome, attempt.calls, generation)
            else:
                self._given_up(outcome, attempt.calls)

    def _rows_of(self, outcome: Outcome) -> list[Row]:
        """Return the rows that wait under the ids of an outcome; an id that came twice has two rows."""
        found: list[Row] = []
        seen: Counter[str] = Counter()
        for event_id in outcome.events or (outcome.event_id,):
            rows = self._waiting.get(event_id, ())
            found += rows[seen[event_id] : seen[event_id] + 1]
            seen[event_id] += 1
        return found

    def _settle(self, row: Row, kind: Kind, calls: tuple[ObservedCall, ...]) -> None:
        """Move a row that waits no longer."""
        rows = self._waiting.get(row.event_id, [])
        if row in rows:
            rows.remove(row)
            if not rows:
                del self._waiting[row.event_id]
        row.exchanges = (*row.exchanges, *calls)[-_MOST_CALLS:]
        row.next_try = None
        self._retrying.pop(row.number, None)
        self._move(row, kind)
        self.counts.recovered += row.recovered
        self._notify(row)

    def _delivered(self, outcome: Outcome, calls: tuple[ObservedCall, ...], generation: int) -> None:
        rows = self._rows_of(outcome)
        batch = None
        if outcome.events:
            self.counts.batches += 1
            batch = self._add_batch(
                outcome,
                calls,
                generation,
                failed_attempts=max((row.failed_attempts for row in rows), default=0),
            )
        for row in rows:
            at_attempt = f", at attempt {row.failed_attempts + 1}" if row.failed_attempts else ""
            if batch is not None:
                row.batch, row.reason = batch.number, "batch_sent"
                row.sentence = f"went out in a batch of {batch.size}{at_attempt}"
            else:
                row.reason, row.sentence = "delivered", f"went out{at_attempt}" if row.failed_attempts else ""
            self._settle(row, "flushed" if batch is not None else "sent", calls)
        self._resumed()

    def _contacts_written(self, outcome: Outcome, calls: tuple[ObservedCall, ...]) -> None:
        for row in self._rows_of(outcome):
            self._compare(row, outcome.upstream or "")
            if row.contact_only:
                row.reason, row.sentence = "contact_written", ""
                self._settle(row, "identified", calls)
            else:
                row.exchanges = (*row.exchanges, *calls)[-_MOST_CALLS:]
                row.next_try = None
                self._retrying.pop(row.number, None)
                self._touch(row)
        self._resumed()

    def _tried(self, outcome: Outcome, calls: tuple[ObservedCall, ...], generation: int) -> None:
        """Enter a failed request: its events are tried again, whole or in parts."""
        rows = self._rows_of(outcome)
        contact = any(call.call.startswith("crm.") for call in calls)
        bisected = outcome.reason == "bisected"
        if outcome.error is not None and outcome.error.kind in _DOWN:
            self._down = outcome.error.describe()
        self.counts.retries += not bisected
        self.counts.bisected += bisected
        if not contact and len(outcome.events) > 1:
            self.counts.batches_failed += 1
            self._add_batch(outcome, calls, generation)
        for row in rows:
            self.counts.retried += row.failed_attempts == 0
            row.failed_attempts += 1
            row.next_try, row.bisected = outcome.next_try, row.bisected or bisected
            self._retrying[row.number] = row
            row.reason = outcome.reason
            row.sentence = outcome.error.describe() if outcome.error is not None else outcome.sentence
            row.exchanges = (*row.exchanges, *calls)[-_MOST_CALLS:]
            self._compare(row, _CONTACT_LOST if contact else _SEND_LOST)
            self._touch(row)

    def _paused(self, outcome: Outcome, calls: tuple[ObservedCall, ...], generation: int) -> None:
        """Enter that the delivery pauses or resumes."""
        pauses = outcome.reason == "delivery_paused"
        self.counts.pauses += pauses
        self.paused = (outcome.error.describe() if outcome.error is not None else "") if pauses else ""
        row = self._add_batch(outcome, calls if pauses else (), generation)
        row.name = "delivery paused" if pauses else "delivery resumed"
        row.kind = "queued" if pauses else "flushed"
        row.next_try = outcome.next_try
        self._notify(row)

    def _resumed(self) -> None:
        self.paused = self._down = ""

    def _given_up(self, outcome: Outcome, calls: tuple[ObservedCall, ...]) -> None:
        """Enter an event that is not tried again, or a contact that HubSpot refuses while its event goes on."""
        for row in self._rows_of(outcome):
            if outcome.reason == "contact_failed":
                self._compare(row, "walkerOS would lose this event: its contact is refused")
                if not row.contact_only:
                    row.exchanges = (*row.exchanges, *calls)[-_MOST_CALLS:]
                    self._touch(row)
                    continue
            row.reason, row.sentence = outcome.reason, outcome.sentence
            self._compare(row, _SEND_LOST)
            self._settle(row, "failed", calls)

    def _batch_failed(self, outcome: Outcome, calls: tuple[ObservedCall, ...], generation: int) -> None:
        """Enter a batch that HubSpot did not take, and that no outbox keeps; walkerOS loses its events."""
        self.counts.batches_failed += 1
        batch = self._add_batch(outcome, calls, generation)
        batch.upstream = outcome.upstream or ""
        for row in self._rows_of(outcome):
            if not self._parity:
                self._compare(row, _SEND_LOST)
                continue
            row.batch, row.reason = batch.number, "batch_lost"
            row.sentence = f"lost with its batch of {batch.size}: {outcome.sentence}"
            self._compare(row, f"{_LOST}: its batch left the queue before HubSpot took it")
            self._settle(row, "failed", calls)

    def _add_batch(
        self, outcome: Outcome, calls: tuple[ObservedCall, ...], generation: int, *, failed_attempts: int = 0
    ) -> Row:
        number, size = self.ring.next, len(outcome.events)
        row = Row(
            number, self._clock(), outcome.kind, outcome.reason, outcome.sentence, f"batch of {size}", "", "",
            "", b"", calls, generation, None, max(1, size), failed_attempts=failed_attempts, next_try=outcome.next_try,
        )  # fmt: skip
        self.ring.append(row)
        self.ring.remember(number, outcome)
        self._notify(row)
        return row

    def strand(self, left: int) -> None:
        """Count what a closed sender could not send as failed: its queue is lost with it."""
        if not left:
            return
        for row in [row for rows in self._waiting.values() for row in rows]:
            row.reason, row.sentence = "not_flushed", "HubSpot did not take it before the sender was replaced"
            row.next_try = None
            self._move(row, "failed")
            self._notify(row)
        self._waiting.clear()
        self._retrying.clear()

    def next_try(self) -> float | None:
        """Return when the first of the waiting events is tried again, in UNIX seconds; None if none waits for that."""
        return min([row.next_try for row in list(self._retrying.values()) if row.next_try], default=None)

    def unsure(self) -> int:
        """Return how many occurrences HubSpot took while the sender saw a failure, or no answer."""
        found = self.counts.unsure
        for call in self._doubtful:
            found += self._service.taken_between(call.started, call.ended)
        return found

    # ---- counting

    def _count_reason(self, kind: Kind, reason: str, number: int) -> None:
        if kind == "skipped":
            self.counts.skipped[reason] += number
        elif kind == "denied":
            self.counts.denied[reason] += number

    def _move(self, row: Row, kind: Kind) -> None:
        self.counts.kinds[row.kind] -= 1
        row.kind = kind
        self.counts.kinds[kind] += 1
        self._mark_changed(row)

    def _touch(self, row: Row) -> None:
        self._mark_changed(row)
        self._notify(row)

    def _mark_changed(self, row: Row) -> None:
        self.changed.append(row.number)
        self.changes += 1

    def _count(self, call: ObservedCall) -> None:
        counts = self.counts
        counts.calls[call.call] += 1
        if not call.error:
            counts.confirmed += call.size
            return
        counts.calls_failed += 1
        unknown = call.status == 404 and call.call == _UPDATE
        counts.contacts_unknown += unknown
        if not unknown:
            self.last_fault = call.fault
        if call.size:
            self._doubtful.append(call)
            if len(self._doubtful) > _MOST_DOUBTFUL:
                # By now HubSpot has taken what an old call carried, or never will.
                oldest = self._doubtful.pop(0)
                counts.unsure += self._service.taken_between(oldest.started, oldest.ended)

    def _notify(self, row: Row) -> None:
        for listener in self._listeners:
            listener(row)
