"""Carry plans out through the outbox: accepted means on disk; worker threads deliver to HubSpot."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import random
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubspot_dest.amounts import amount, verb
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.client import ClientProvider
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.contact_cache import LastContact
from hubspot_dest.delivery.dispatch.dispatcher import (
    Dispatcher,
    Report,
    dead_letters_of,
    log_outcomes,
    outcomes_of,
)
from hubspot_dest.delivery.dispatch.per_key_queue import planned_intents, storable
from hubspot_dest.delivery.dispatch.throttle import RateBudget
from hubspot_dest.delivery.dispatch.workers import Workers
from hubspot_dest.delivery.outbox.contact_cache import OutboxContactCache
from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox, Progress
from hubspot_dest.delivery.outbox.schema import OutboxError, ParkedEvent
from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.delivery.sink import PendingCommit
from hubspot_dest.outcome import Kind, Outcome, Reporter, outcome_of
from hubspot_dest.planning.plan import Plan

__all__ = ["OutboxSink", "UnitOfWork"]

_log = logging.getLogger("hubspot_dest")


@dataclass(slots=True)
class UnitOfWork:
    """What plans asked for since the last `stage`.

    Attributes:
        intents: what is to be delivered, in order.
        parked: events that wait for consent: id and JSON.
        released: the numbers of parked events that wait no longer.
        given_up: what is not to be sent, with the reason and the error.

    """

    intents: list[NewIntent] = field(default_factory=list)
    parked: list[tuple[str, bytes]] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    given_up: list[tuple[NewIntent, str, DeliveryError]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.intents or self.parked or self.released or self.given_up)


class OutboxSink:
    """Writes plans to the outbox before `commit` returns, and delivers from there.

    Args:
        config: the destination's configuration.
        settings: the outbox and how it is delivered.
        clients: provides the client.
        reporter: logs issues and keeps dead letters.
        on_outcome: is called with every outcome of a delivery, in the thread that delivered.

    Raises:
        OutboxError: the outbox cannot be used.

    """

    background = True

    def __init__(
        self,
        *,
        config: Config,
        settings: OutboxSettings,
        clients: ClientProvider,
        reporter: Reporter,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._config = config
        self._settings = settings
        self._clients = clients
        self._reporter = reporter
        self._on_outcome = on_outcome
        self._gathering: list[list[Outcome]] = []
        self._process: int | None = None
        self._aborted = False
        self.restored = False
        self._open(Path(settings.path))
        _release_in_children(self)
        atexit.register(_close_at_exit, weakref.ref(self))

    def _open(self, path: Path) -> None:
        settings = self._settings
        wall = settings.clock or time.time
        monotonic = settings.clock or time.monotonic
        self.outbox = Outbox(path, durability=settings.durability, wall=wall)
        try:
            client = self._clients.client()
            self._bind(f"{getattr(client, 'base_url', 'a given client')} {self._prefix()}")
            self._adopt_orphans()
        except BaseException:
            self.outbox.close()
            raise
        self._contacts = OutboxContactCache(self.outbox)
        self._unit = UnitOfWork()
        budget = RateBudget(settings.max_rps)
        if hasattr(client, "on_headers"):
            client.on_headers = lambda headers: budget.observe(headers, monotonic())
        self.dispatcher = Dispatcher(
            self.outbox,
            Calls(client),
            monotonic,
            wall,
            batch_size=self._config.batch_size if self._config.batch else 1,
            flush_seconds=settings.flush_seconds,
            policy=settings.policy,
            budget=budget,
            rng=settings.rng or random.Random(),  # noqa: S311 - jitter
            report=self._on_report,
        )
        self.workers = Workers(self.dispatcher, settings.connections)
        self._process = os.getpid()
        if self.outbox.pending:
            self.workers.start()

    def _prefix(self) -> str:
        settings = self._config.raw.get("settings")
        return str(settings.get("eventNamePrefix", "")) if isinstance(settings, dict) else ""

    def _bind(self, target: str) -> None:
        """Bind the outbox to one HubSpot: what it holds is never sent to another than it was accepted for."""
        before = self.outbox.meta("target")
        if before == target:
            return
        held, dead = self.outbox.contents(), self.outbox.dead_counts()
        parts = (
            (held.events, held.text),
            (held.waiting, f"{amount(held.waiting, 'event')} that {verb(held.waiting, 'wait')} for consent"),
            (dead.letters, dead.text),
        )
        texts = [text for count, text in parts if count]
        if before is not None and texts:
            msg = (
                f"outbox {self.outbox.path} holds {', '.join(texts)} for {before}, "
                f"and this configuration sends to {target}; give another --outbox (outbox=), "
                "or see `hubspot-dest outbox status`"
            )
            raise OutboxError(msg)
        self.outbox.rebind(target)

    def _adopt_orphans(self) -> None:
        """Take over what forked children of an earlier run left behind."""
        path = self.outbox.path
        for orphan in sorted(path.parent.glob(f"{path.name}.fork*")):
            if orphan.suffix.removeprefix(".fork").isdigit():
                try:
                    self.outbox.adopt(orphan)
                except OutboxError as error:
                    _log.info("%s", error)  # a child that is still alive delivers its own

    @property
    def dead_letters(self) -> deque[tuple[dict[str, Any], DeliveryError]]:
        """The last events that were given up by this process, each with the reason."""
        return self._reporter.dead_letters

    @property
    def pending(self) -> int:
        """How many intents are in the outbox. Takes no lock: signal handlers ask for it."""
        return self.outbox.pending

    def check_address(self) -> None:
        """Make the client now. Raises ValueError if the base URL is not an http(s) address."""
        self._clients.client()

    # ---- accepting

    def accept(self, plan: Plan) -> Outcome:
        """Add the intents of a plan to the unit of work; its outcome counts once `commit` returns it."""
        if plan.held and not self._reporter.mocked:
            return self._hold(plan)
        if plan.verdict != "ready" or self._reporter.mocked:
            unsent = self._reporter.unsent(plan)
            if unsent is not None:
                return unsent
        event = plan.event if plan.received is None else plan.received
        more: dict[str, Any] = {"plan": plan}
        if plan.issues:
            self._reporter.log(plan.issues)
            more["issues"] = plan.issues
        event_id = event.get("id")
        if not isinstance(event_id, str):
            event_id = ""
        try:
            if self._process is None:
                self._belong_to_this_process()
            intents, unchanged = planned_intents(plan, event_id, self._contacts)
        except (DeliveryError, OutboxError) as error:
            return self._refused(outcome_of("failed", plan.reason, plan.sentence, event, **more), error)
        kind: Kind = "skipped"
        reason, sentence = plan.reason, plan.sentence
        if intents:
            self._unit.intents += intents
            kind, reason, sentence = "queued", "outbox", "safe in the outbox"
            if plan.occurrence is None:
                kind, sentence = "identified", "the contact is safe in the outbox"
        elif unchanged:
            reason, sentence = "contact_unchanged", "the contact is as HubSpot knows it"
        outcome = outcome_of(kind, reason, sentence, event, **more)
        if plan.error is not None:
            impossible = DeliveryError("impossible", plan.error)
            return self._reporter.failed(outcome, impossible, "mapping_error")
        return outcome

    def _hold(self, plan: Plan) -> Outcome:
        """Make dead letters of what HubSpot would refuse, in the transaction of the pass."""
        event = plan.event if plan.received is None else plan.received
        event_id = event.get("id")
        outcome = outcome_of("failed", plan.reason, plan.sentence, event, plan=plan, issues=plan.issues)
        self._reporter.log(plan.issues)
        error = DeliveryError("impossible", plan.sentence)
        try:
            if self._process is None:
                self._belong_to_this_process()
            # An empty contact cache, so that no contact is left out because HubSpot knows it.
            intents, _ = planned_intents(plan, event_id if isinstance(event_id, str) else "", LastContact())
        except (DeliveryError, OutboxError) as trouble:
            return self._refused(outcome, trouble)
        self._unit.given_up += [(intent, plan.reason, error) for intent in intents]
        return self._reporter.failed(outcome, error, plan.reason)

    def _refused(self, outcome: Outcome, error: DeliveryError | OutboxError) -> Outcome:
        """Give an event up that could not be accepted: it cannot be written as JSON, or the outbox cannot be used."""
        if isinstance(error, DeliveryError):
            return self._reporter.failed(outcome, error, "impossible")
        return self._reporter.failed(outcome, DeliveryError("impossible", str(error)), "outbox")

    def stage(self, progress: Progress | None = None) -> PendingCommit | None:
        """Hand the unit of work over to the next group commit.

        Call it under the lock under which the plans were accepted.
        """
        unit = self._unit
        if not unit and progress is None:
            return None
        self._unit = UnitOfWork()
        memory = self._contacts.unstage() if self._contacts.staged else {}
        group = self.outbox.add(unit.intents, memory, progress, unit.parked, unit.released, unit.given_up)
        return PendingCommit(group, tuple(memory))

    def commit(self, pending: PendingCommit, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Return the outcomes of a pass once it is on disk; if it cannot be, those that relied on it are `failed`."""
        try:
            self.outbox.commit(pending.group)
        except OutboxError as error:
            for email in pending.emails:
                self._contacts.forget(email)
            self.restored = True  # events released with it wait as before
            return [
                self._refused(outcome, error) if _relies_on_commit(outcome) else outcome
                for outcome in outcomes
            ]
        self.workers.start()
        return list(outcomes)

    # ---- what waits for consent

    @property
    def parked(self) -> int:
        """How many events wait for consent."""
        unit = self._unit
        return self.outbox.parked + len(unit.parked) - len(unit.released)

    def park(self, event_id: str, event: bytes) -> None:
        """Add an event that waits for consent to the unit of work.

        Raises:
            OutboxError: the outbox cannot be used.

        """
        self._belong_to_this_process()
        self._unit.parked.append((storable(event_id), event))

    def parked_events(self, after: int = 0) -> Iterator[ParkedEvent]:
        """Yield what waits for consent and has a greater number, oldest first.

        Raises:
            OutboxError: it cannot be read.

        """
        self._belong_to_this_process()
        self.outbox.flush()  # what another thread is about to write is part of it
        return self.outbox.parked_events(after)

    def release(self, number: int) -> None:
        """Remove a parked event, in the transaction that stores its intents."""
        self._unit.released.append(number)

    def unstage(self, count: int) -> list[bytes]:
        """Take the oldest parked events out of the unit of work."""
        taken = self._unit.parked[:count]
        del self._unit.parked[:count]
        return [event for _, event in taken]

    # ---- delivering

    def deliver_next(self, *, partial: bool = False) -> float | None:
        """Do one piece of delivery in the calling thread.

        Args:
            partial: send batches that are neither full nor old enough, too.

        Returns:
            0 if something was done; else in how many seconds there is something to do; None: nothing waits.

        """
        self._belong_to_this_process()
        return self.dispatcher.step(partial=partial)

    @property
    def halted(self) -> DeliveryError | None:
        """Why nothing is delivered until a person changes something, such as a revoked token; else None."""
        return self.dispatcher.halted

    def _on_report(self, report: Report) -> None:
        wall = self._settings.clock or time.time
        for outcome in log_outcomes(report, outcomes_of(report, self.outbox.pending, wall())):
            for gathered in tuple(self._gathering):
                gathered.append(outcome)
            self._on_outcome(outcome)
        for payload, error, email in dead_letters_of(report):
            self._reporter.dead_letters.append((payload, error))
            if report.what == "contacts":
                self._contacts.forget(email)

    @contextlib.contextmanager
    def _gathered(self) -> Iterator[list[Outcome]]:
        """Gather the outcomes of deliveries while the block runs."""
        outcomes: list[Outcome] = []
        self._gathering.append(outcomes)
        try:
            yield outcomes
        finally:
            self._gathering = [other for other in self._gathering if other is not outcomes]

    def flush(self, *, deadline: float | None = None) -> list[Outcome]:
        """Deliver what is in the outbox, and return the outcomes; listeners have been notified of them already."""
        with self._gathered() as outcomes:
            self._drain(deadline=deadline)
        return outcomes

    def _what_waits(self) -> str:
        try:
            held = self.outbox.contents()
        except OutboxError:
            return "events are"
        return f"{held.text} {verb(held.events, 'are')}"

    def _drain(self, *, deadline: float | None, stall: float | None = None) -> None:
        self._belong_to_this_process()
        self.workers.start()
        self.workers.drain(deadline=deadline, stall=stall)

    def close(
        self, *, deadline: float | None = None, stall: float | None = None, keep_outcomes: bool = True
    ) -> list[Outcome]:
        """Deliver until the deadline, stop, and close the outbox; what is left stays in it."""
        if self._process != os.getpid() or self.outbox.closed:
            return []
        if deadline is None and stall is None:
            deadline = self._settings.close_seconds
        if self._aborted:
            deadline = 0.0
        with contextlib.ExitStack() as stack:
            # Gathered only for a caller that reads them: the outcomes of a long queue fill the memory.
            outcomes = stack.enter_context(self._gathered()) if keep_outcomes else []
            self._drain(deadline=deadline, stall=stall)
            seconds = deadline if deadline is not None else 10.0
            self.workers.stop(min(seconds, self._config.timeout_ms / 1000 + 1))
            self._clients.close()
        left, parked = self.outbox.pending, self.outbox.parked
        trouble = self.outbox.trouble()
        waits = self._what_waits() if left and not trouble else ""
        try:
            if trouble and (left or parked):
                self.outbox.flush()
                self.outbox.rescue(left + parked)
            self.outbox.close()
        except OutboxError as error:
            _log.error("%s", error)
        if trouble and (left or parked):
            copy = self.outbox.rescued
            copied = "nothing of them can be read" if copy is None else f"they were copied to {copy}"
            _log.error("%s; %s not delivered: %s", trouble, amount(left + parked, "event"), copied)
            return outcomes
        if left:
            _log.warning("%s safe in the outbox %s", waits, self.outbox.path)
        if parked:
            wait = f"{amount(parked, 'event')} {verb(parked, 'wait')}"
            _log.info("%s for consent in the outbox %s", wait, self.outbox.path)
        return outcomes

    @property
    def unrecorded(self) -> int:
        """How many deliveries are not recorded in the outbox: the next run repeats them."""
        return self.outbox.unrecorded

    def end_within(self, seconds: float) -> None:
        """End delivery within this many seconds, also if it is under way. Safe in signal handlers."""
        self.workers.end_within(seconds)

    def abort(self) -> None:
        """Make `close` wait for nothing, not even at the end of the process. Safe in signal handlers."""
        self._aborted = True

    # ---- forks

    def _belong_to_this_process(self) -> None:
        """After a fork, give the child an outbox of its own: SQLite, threads and locks do not survive forking."""
        if self._process is not None:
            return
        for slot in range(1, 1000):
            path = Path(f"{self._settings.path}.fork{slot}")
            try:
                self._open(path)
                return
            except OutboxError as error:
                if "in use" not in str(error):
                    raise
        msg = f"outbox {self._settings.path}: a thousand children have one already"
        raise OutboxError(msg)

    def after_fork_in_child(self) -> None:
        """Abandon the parent's outbox; called in the child, before anything else runs there."""
        self.outbox.abandon()
        self._clients.discard()
        self._process = None


def _relies_on_commit(outcome: Outcome) -> bool:
    return outcome.kind in ("queued", "identified") or (
        outcome.kind == "denied" and outcome.reason == "consent_missing"
    )


def _release_in_children(sink: OutboxSink) -> None:
    if hasattr(os, "register_at_fork"):
        reference = weakref.ref(sink)

        def child() -> None:
            parent_sink = reference()
            if parent_sink is not None:
                parent_sink.after_fork_in_child()

        os.register_at_fork(after_in_child=child)


def _close_at_exit(reference: weakref.ref[OutboxSink]) -> None:
    sink = reference()
    if sink is not None:
        sink.close(keep_outcomes=False)
