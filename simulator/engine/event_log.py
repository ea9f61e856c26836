"""Turn what the sender says into rows and counters: every event once, under how far it came."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.outcome import Outcome
from simulator.engine.probes import WatchedHubSpot
from simulator.engine.reconciliation import Counts
from simulator.engine.rows import Exchange, Ring, Row
from simulator.engine.rule_coverage import Hits

__all__ = ["EventLog"]

_WOULD_LOSE: Final = re.compile(r"walkerOS(?: 4\.4)? would lose")
_BATCH = "events.send.batchApi.send"
_UPDATE = "crm.contacts.basicApi.update"


class EventLog:
    """Writes the rows. One thread writes; any may read.

    Args:
        ring: where rows are kept.
        clock: UNIX time in seconds.
        service: knows what HubSpot took without a word to the sender.
        parity: the sender does what walkerOS does: an event that it gives up is one that walkerOS loses.

    """

    def __init__(
        self, ring: Ring, clock: Callable[[], float], service: WatchedHubSpot, *, parity: bool = False
    ) -> None:
        self.ring = ring
        self.counts = Counts()
        self.hits = Hits()
        self.changed: deque[int] = deque(maxlen=20_000)
        self.changes = 0
        self._clock = clock
        self._service = service
        self._parity = parity
        self._queued: dict[str, list[Row]] = defaultdict(list)
        self._required: dict[str, Any] = {}
        self._doubtful: list[Exchange] = []
        self._listeners: tuple[Callable[[Row], None], ...] = ()

    def subscribe(self, listener: Callable[[Row], None]) -> Callable[[], None]:
        """Call the listener for every row that is new or changed, on the engine's thread."""
        self._listeners += (listener,)

        def end() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end

    def follow(self, config: Config) -> None:
        """Count the hits of this configuration's rules from now on."""
        self.hits.follow(config)
        self._required = {name: flag for name, flag in (config.consent or {}).items() if flag}

    def clear(self) -> None:
        """Begin at zero."""
        self.ring.clear()
        self.counts = Counts()
        self.hits.clear()
        self.changed.clear()
        self._queued.clear()
        self._doubtful.clear()
        self.changes += 1

    def consent_of(self, person: str, granted: dict[str, bool]) -> dict[str, bool] | None:
        """Return what the screen says of a person's consent, as an event would say it; None where it says nothing."""
        return dict.fromkeys(self._required, granted[person]) if person in granted else None

    def enter(
        self,
        outcome: Outcome,
        exchanges: list[Exchange],
        at: float,
        person: str,
        body: bytes,
        event: Any,
        generation: int,
        consent: dict[str, bool] | None,
        again: Row | None,
    ) -> Row:
        """Write down what became of one push, and of batches that it set off."""
        own = tuple(one for one in exchanges if one.call != _BATCH)
        counts = self.counts
        counts.pushes += 1
        for exchange in own:
            self._count(exchange)
        name = outcome.name
        if not name and isinstance(event, dict) and isinstance(event.get("name"), str):
            name = event["name"]
        row = again
        if row is None:
            row = Row(
                self.ring.next, at, outcome.kind, outcome.reason, outcome.sentence, name, person,
                outcome.event_id, outcome.rule_label, body, own, generation,
            )  # fmt: skip
            counts.taken += 1
            counts.kinds[row.kind] += 1
            self.ring.append(row)
        else:
            row.exchanges, row.generation, row.rule = own, generation, outcome.rule_label
            row.reason, row.sentence = outcome.reason, outcome.sentence
            row.attempts += 1
            self._move(row, outcome.kind)
        row.consent = consent
        row.upstream = outcome.walkeros or ""
        given_up = self._parity and outcome.kind == "failed" and outcome.plan is not None
        if given_up or _WOULD_LOSE.search(row.upstream):
            counts.lost_upstream += 1
        self._saved(outcome)
        self.ring.remember(row.number, outcome)
        self.hits.count(outcome)
        if row.kind == "queued":
            self._queued[row.event_id].append(row)
        self._tell(row)
        others = [one for one in outcome.also if one is not outcome]
        self.also(others, [one for one in exchanges if one.call == _BATCH], generation)
        return row

    def also(self, outcomes: list[Outcome], exchanges: list[Exchange], generation: int) -> None:
        """Write down batches; anything else in a pass is an event whose row is known already."""
        rest = iter(exchanges)
        for outcome in outcomes:
            if outcome.events:
                self._batch(outcome, next(rest, None), generation)
        for exchange in rest:
            self._count(exchange)

    def _batch(self, outcome: Outcome, exchange: Exchange | None, generation: int) -> None:
        number, size = self.ring.next, len(outcome.events)
        if exchange is not None:
            self._count(exchange)
        row = Row(
            number, self._clock(), outcome.kind, outcome.reason, outcome.sentence, f"batch of {size}", "", "",
            "", b"", (exchange,) if exchange else (), generation, None, size,
        )  # fmt: skip
        row.upstream = outcome.upstream or ""
        if outcome.kind == "failed":
            self.counts.batches_failed += 1
            if outcome.reason == "batch_lost":
                self._lost(outcome, row)
        else:
            self.counts.batches += 1
            for event_id in outcome.events:
                waiting = self._queued.get(event_id)
                if waiting:
                    self._flushed(waiting.pop(0), row)
                    if not waiting:
                        del self._queued[event_id]
        self.ring.append(row)
        self.ring.remember(number, outcome)
        self._tell(row)

    def _lost(self, outcome: Outcome, batch: Row) -> None:
        """Count the events of a batch that walkerOS removed from its queue before a send that failed (defect D1)."""
        for event_id in outcome.events:
            waiting = self._queued.get(event_id)
            if not waiting:
                continue  # the event that filled the batch: its own outcome says that it failed, and is counted
            self.counts.lost_upstream += 1
            row = waiting.pop(0)
            if not waiting:
                del self._queued[event_id]
            row.batch, row.exchanges = batch.number, (*row.exchanges, *batch.exchanges)
            row.reason, row.sentence = (
                "batch_lost",
                f"lost with its batch of {batch.size}: {outcome.sentence}",
            )
            self._move(row, "failed")
            self._tell(row)

    def _flushed(self, row: Row, batch: Row) -> None:
        row.batch, row.exchanges = batch.number, (*row.exchanges, *batch.exchanges)
        row.reason, row.sentence = "batch_sent", f"went out in a batch of {batch.size}"
        self._move(row, "flushed")
        self._tell(row)

    def strand(self, left: int) -> None:
        """Count what a closed sender could not send as failed: its queue is gone with it."""
        if not left:
            return
        for row in [row for rows in self._queued.values() for row in rows]:
            row.reason, row.sentence = "not_flushed", "its batch was not taken before the sender was replaced"
            self._move(row, "failed")
            self._tell(row)
        self._queued.clear()

    def unsure(self) -> int:
        """Return how many occurrences HubSpot took while the sender was told of a failure, or of nothing."""
        found = self.counts.unsure
        for exchange in self._doubtful:
            found += self._service.taken_between(exchange.started, exchange.ended)
        return found

    def _move(self, row: Row, kind: Any) -> None:
        self.counts.kinds[row.kind] -= 1
        row.kind = kind
        self.counts.kinds[kind] += 1
        self.changed.append(row.number)
        self.changes += 1

    def _count(self, exchange: Exchange) -> None:
        counts = self.counts
        counts.calls[exchange.call] += 1
        if not exchange.error:
            counts.confirmed += exchange.size
            return
        counts.calls_failed += 1
        counts.contacts_unknown += exchange.status == 404 and exchange.call == _UPDATE
        if exchange.size:
            self._doubtful.append(exchange)
            if len(self._doubtful) > 1000:
                # An old exchange is settled: HubSpot took it by now, or never will.
                oldest = self._doubtful.pop(0)
                counts.unsure += self._service.taken_between(oldest.started, oldest.ended)

    def _saved(self, outcome: Outcome) -> None:
        plan = outcome.plan
        if plan is None or plan.verdict != "ready" or plan.contact is None or plan.contact.properties is None:
            return
        if not any(call[0].startswith("crm.") for call in outcome.calls):
            self.counts.saved += 1

    def _tell(self, row: Row) -> None:
        for listener in self._listeners:
            listener(row)
