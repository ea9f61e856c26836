"""The engine: a source, a configuration, the real sender in one thread, and a HubSpot on this machine over HTTP."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.outbox.schema import OutboxError
from simulator.engine.definitions import define_called
from simulator.engine.dry_run import DryRuns, Reloaded, compare
from simulator.engine.event_log import EventLog
from simulator.engine.judging import Judging
from simulator.engine.rate import EventRate
from simulator.engine.reconciliation import Closing, Counts, Reconciliation
from simulator.engine.rows import NOT_DELIVERED, Ring, Row, consented, packed, person_of
from simulator.engine.sandbox_config import (
    batched_like,
    batching,
    batching_words,
    hubspot_for,
    portal_of,
    sandboxed,
)
from simulator.engine.sender import Attempt, DirectSender, OutboxSender, Sender
from simulator.engine.source import Source, synthetic
from simulator.engine.task_queue import TaskQueue
from simulator.hubspot.faults.fault_board import ActiveFault, Fault
from simulator.hubspot.state.behaviours import Behaviours, expanded

__all__ = ["Engine"]

T = TypeVar("T")
_SETTLE_SECONDS = 2.0
_CLOSING_SECONDS = 5.0  # at the end, how long to go on trying although nothing is delivered
_PATIENCE_SECONDS = 3600.0  # the same in simulated time, where waiting takes no time
_EVENT_SECONDS = 0.1  # simulated seconds between two events
_CALL_SECONDS = 0.0005  # simulated seconds before and after a call, so that no two have the same time
_GLANCE_SECONDS = 0.5  # the clock may have been skipped meanwhile
_CLOSE_SECONDS = 30.0
_COMPARED = 1000
_DRY_SECONDS = 0.005


class Engine:
    """Runs the real sender over a stream of events. Safe to use from any thread; reading never waits.

    Args:
        config: the destination's configuration; its token is not used.
        source: makes the stream for a seed.
        seed: decides the stream and the order of batch results.
        rate: events per second; 0: no limit.
        capacity: how many rows are kept.
        parity: do what walkerOS 4.4 does; it has no outbox.
        outbox: send through an outbox in a temporary folder; else directly, without retries.
        simulated: time passes with events and with waiting, not by the system's clock: the same seed gives the same
            run, and waiting takes no time.
        walkeros: the version of walkerOS that is meant.
        account: what HubSpot's account holds at the start.
        schema: the definitions and contact properties that HubSpot has, and its portal; findings are judged by it, and
            names without a definition are refused.
        strict: refuse names without a definition, as HubSpot does; else they are defined when they first appear.
        switches: the simulated HubSpot's switches that are set; findings that rest on one follow it.
        limits: enforce HubSpot's rate limits.
        clock: UNIX time in seconds, for HubSpot and for the rows.
        remembered: how many occurrences HubSpot keeps; older ones are only counted.

    """

    def __init__(
        self,
        config: Config,
        *,
        source: Source = synthetic,
        seed: int = 1,
        rate: float = 4.0,
        capacity: int = 100_000,
        parity: bool = False,
        outbox: bool = True,
        simulated: bool = False,
        walkeros: str = "4.4",
        account: Mapping[str, Any] | None = None,
        schema: AccountSchema | None = None,
        strict: bool = False,
        switches: Mapping[str, Any] | None = None,
        limits: bool = False,
        clock: Callable[[], float] = time.time,
        remembered: int = 2_000_000,
    ) -> None:
        self.seed = seed
        self.parity = parity
        self.outbox = outbox and not parity
        self.simulated = simulated
        self.walkeros = walkeros
        self._source = source
        self._seeded = account or {}
        self._schema = schema
        self.strict = strict = strict or schema is not None
        if simulated:
            begun = clock()
            clock = lambda: begun  # noqa: E731 - a clock that moves only by what is skipped
        set_switches = expanded(switches or {})
        self._judging = Judging(schema, {name: str(value) for name, value in set_switches.items()})
        quota = 0 if schema is None else schema.limits.calls_a_day or 0
        behaviours = Behaviours(auto_define=not strict, enforce_rate_limits=limits, quota_calls=quota)
        behaviours = behaviours.changed(set_switches)
        self.judge = self._judging.of(config)
        portal = self._portal_of(config)
        self.service, self.hubspot = hubspot_for(portal, behaviours, seed, remembered, clock)
        self._furnish()
        self.ring = Ring(capacity)
        self.dry_runs = DryRuns(parity=parity, walkeros=walkeros)
        self.rate = EventRate(rate)
        self.event_log = EventLog(self.ring, self.hubspot.clock, self.service, parity=parity)
        self.exhausted = False
        self.trouble = ""
        self.generation = 0
        self.configs: list[Config] = []
        self.consents: dict[str, bool] = {}
        self._config = sandboxed(config)
        self._file_batch = batching(config)
        self._tasks = TaskQueue()
        self._closing = False
        self._due_at: float | None = None
        """When the sender has something to deliver, by the clock; None while it waits for nothing."""
        self._folder = tempfile.TemporaryDirectory(prefix="hubspot-sim-", ignore_cleanup_errors=True)
        self._outboxes = itertools.count()
        self._outbox_path = self._new_outbox_path()
        self._thread: threading.Thread | None = None

    # ---- life

    def start(self) -> Self:
        """Start HubSpot and the sender's thread; the stream is paused.

        Raises:
            OSError: HubSpot cannot listen on loopback.

        """
        self.hubspot.start()
        self._stream = iter(self._source(self.seed))
        self.sender = self._open_sender(self._config)
        self._follow(self._config)
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()
        return self

    def _new_outbox_path(self) -> Path:
        return Path(self._folder.name) / f"outbox-{next(self._outboxes)}.sqlite"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> Closing:
        """Deliver what can be delivered, and end; return what HubSpot did not take."""
        thread = self._thread
        if thread is None or self._closing:
            return Closing(0, 0, 0)
        try:
            closing = self.do(self._close, _CLOSE_SECONDS)
        except TimeoutError:
            error = f"no answer in {_CLOSE_SECONDS:g} s"
            closing = Closing(0, self.queued, self.counts.parked, error, sentence=self._closing_sentence())
        finally:
            self._closing = True
            self._tasks.wake()
            thread.join(timeout=5.0)
            self.hubspot.stop()
            self._folder.cleanup()
        return closing

    def _close(self) -> Closing:
        waiting, before = self.counts.kinds["queued"], self.counts.delivered
        self._drain(_CLOSING_SECONDS)
        error = self.sender.halted or self._last_failure()
        left = self.sender.queued
        self._enter(self.sender.close())
        delivered = self.counts.delivered - before
        if not self.outbox:  # in parity the last batch is lost: nothing is left of it in the sender
            left, error = max(0, waiting - delivered), self._last_failure()
        error, counts = error if left else "", self.counts
        return Closing(max(0, delivered), left, counts.parked, error, sentence=self._closing_sentence())

    def _closing_sentence(self) -> str:
        return self.counts.sentence if self.counts.taken else ""

    def _last_failure(self) -> str:
        """Return why HubSpot did not take the latest request that failed."""
        for row in self.ring.rows(self.ring.next - 50):
            if row.kind in ("failed", "queued") and row.exchanges and row.exchanges[-1].error:
                return row.sentence
        return ""

    # ---- reading

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._config

    @property
    def counts(self) -> Counts:
        """The counters."""
        return self.event_log.counts

    @property
    def started(self) -> bool:
        """Whether `start` was called."""
        return self._thread is not None

    @property
    def paused(self) -> bool:
        """Whether the stream is paused."""
        return self.rate.paused

    @property
    def queued(self) -> int:
        """How many events wait to be delivered."""
        return self.counts.kinds["queued"]

    @property
    def next_try(self) -> float | None:
        """When something is tried again, in UNIX seconds; None where nothing waits for that."""
        at = self.event_log.next_try()
        return at if at is None or self._due_at is None else max(at, self._due_at)

    def faults(self) -> tuple[ActiveFault, ...]:
        """Return the faults on the board, spent ones included."""
        return self.hubspot.faults.active()

    def subscribe(self, listener: Callable[[Row], None]) -> Callable[[], None]:
        """Call the listener for every new row, on the engine's thread; return a function that ends it."""
        return self.event_log.subscribe(listener)

    def reconcile(self) -> Reconciliation:
        """Compare both sides' numbers while nothing is under way."""
        return self.do(self._reconcile)

    def _reconcile(self) -> Reconciliation:
        self._await_hubspot()
        said = self.hubspot.account.counters()
        return self.counts.against(
            queued=self.sender.queued,
            unsure=self.event_log.unsure(),
            by_hand=self.service.by_hand,
            stored=said.accepted,
            repeated=said.duplicates,
            dropped=said.dropped,
        )

    def _await_hubspot(self) -> None:
        """Wait until HubSpot has processed what it was sent: where a connection was cut, the client returns earlier."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        account = self.hubspot.account
        while time.monotonic() < deadline:
            said = account.counters()
            brought = self.counts.confirmed + self.event_log.unsure() + self.service.by_hand
            if brought == said.accepted + said.duplicates + said.dropped:
                return
            time.sleep(0.005)

    # ---- controls; each returns at once, unless its docstring says that it waits

    def do(self, work: Callable[[], T], timeout: float = 60.0) -> T:
        """Run something on the engine's thread between two events, and wait for it.

        Raises:
            TimeoutError: the engine is stuck in a call to HubSpot.
            RuntimeError: the engine does not run.

        """
        return self.later(work).result(timeout)

    def later(self, work: Callable[[], T]) -> Future[T]:
        """Run something on the engine's thread between two events."""
        if self._thread is None or self._closing:
            raise RuntimeError("the engine does not run")
        return self._tasks.ask(work)

    def pause(self) -> None:
        """Pause the stream before the next event."""
        self.rate.pause()
        self._tasks.wake()

    def resume(self) -> None:
        """Resume the stream."""
        self.rate.resume()
        self._tasks.wake()

    def step(self, count: int = 1) -> None:
        """Take `count` events, then pause."""
        self.rate.step(count)
        self._tasks.wake()

    def set_rate(self, rate: float) -> None:
        """Take `rate` events per second; 0: no limit."""
        self.rate.per_second = max(0.0, rate)
        self._tasks.wake()

    def run(self, count: int, seconds: float = 3600.0) -> Reconciliation:
        """Take a number of events as fast as possible, for a limited time; then compare both sides."""
        deadline = time.monotonic() + seconds

        def take() -> None:
            left = count
            while left and not self.exhausted and time.monotonic() < deadline:
                if self._take_next():
                    left -= 1
                else:
                    time.sleep(_DRY_SECONDS)
                self._deliver()

        self.do(take, seconds + 60.0)
        return self.reconcile()

    def flush(self) -> Future[int]:
        """Deliver what waits, as far as HubSpot takes it now; return how many events it took.

        In simulated time later attempts are made, too.
        """
        return self.later(self._flush)

    def _flush(self) -> int:
        before = self.counts.delivered
        if self.outbox and self.next_try is not None:
            # A sender that starts does not wait for the next attempt of the former one.
            self._enter(self.sender.close())
            self.sender = self._open_sender(self._config)
        if self.simulated:
            self._drain(_PATIENCE_SECONDS)
        else:
            self._enter(self.sender.flush())
            self._deliver()
        return self.counts.delivered - before

    # ---- delivering, on the engine's thread

    def _enter(self, attempts: Iterable[Attempt]) -> None:
        for attempt in attempts:
            self.event_log.deliver(attempt, self.generation)

    def _deliver(self, *, partial: bool = False, once: bool = False) -> float | None:
        """Deliver what is due; return in how many seconds something is due, or None.

        Args:
            partial: send batches that are not full, too.
            once: stop after one request if another task waits for the thread.

        """
        rest: float | None = 0.0
        while rest == 0.0:
            rest, attempts = self.sender.deliver_next(partial=partial)
            self._enter(attempts)
            if once and self._tasks.any:
                break
        self._due_at = None if rest is None else self.hubspot.clock() + rest
        return rest

    def _drain(self, seconds: float) -> None:
        """Deliver everything that waits, retries included, until nothing was delivered for `seconds`."""
        clock = self.hubspot.clock
        self._enter(self.sender.flush())
        delivered, until = self.counts.delivered, clock() + seconds
        while not self.sender.halted and clock() < until:
            rest = self._deliver(partial=True)
            if rest is None:
                return
            if self.counts.delivered != delivered:
                delivered, until = self.counts.delivered, clock() + seconds
            if self.simulated:
                clock.skip(rest)
            else:
                time.sleep(min(rest, 0.1))

    def set_batch(self, size: int) -> Future[int]:
        """Set the number of events in a batch; 0 sends each in a request of its own.

        Returns how many events the former sender could not send and no outbox keeps; they are failed.
        """
        size = min(500, max(0, size))
        changed = replace(
            self._config, batch=size > 0, batch_size=size or self._config.batch_size, batch_chunk=size or 1
        )
        return self.later(lambda: self._change(changed))

    def grant(self, person: str, granted: bool | None) -> Future[int]:
        """Grant or refuse consent for a person, or leave it to the events (None).

        Returns how many events were run again.
        """
        return self.later(lambda: self._grant(person, granted))

    def _grant(self, person: str, granted: bool | None) -> int:
        if granted is None:
            self.consents.pop(person, None)
            return 0
        self.consents[person] = granted
        if not granted:
            return 0
        return self._again([row for row in self.ring.rows() if row.kind == "denied" and row.person == person])

    def again(self, numbers: Iterable[int]) -> Future[int]:
        """Run events again that were not sent; return how many."""
        wanted = list(numbers)
        return self.later(
            lambda: self._again([row for row in map(self.ring.get, wanted) if row is not None and row.event])
        )

    def _again(self, rows: Iterable[Row]) -> int:
        count = 0
        for row in rows:
            if row.kind not in NOT_DELIVERED:
                continue
            count += 1
            self._push(row.plain_event(), row)
        self._deliver()
        return count

    def throw(self, *faults: Fault) -> None:
        """Set faults in HubSpot."""
        self.hubspot.faults.add(*faults, now=self.hubspot.clock())

    def clear_faults(self, number: int | None = None) -> int:
        """Clear one fault, or all; return how many."""
        return self.hubspot.faults.clear(number)

    def define_all(self) -> Future[int]:
        """Define every event and property that the kept events use and HubSpot does not know; return how many."""
        return self.later(self._define_all)

    def _define_all(self) -> int:
        calls = (
            call
            for row in self.ring.rows()
            if row.event
            for call in self.dry_runs.calls(self.configs[row.generation], row)
        )
        return define_called(self.hubspot.account, calls, self.hubspot.clock())

    def reset(self, seed: int | None = None) -> Future[None]:
        """Restart: empty account, counters at 0, the stream of the seed from its first event."""
        return self.later(lambda: self._reset(self.seed if seed is None else seed))

    def _reset(self, seed: int) -> None:
        self.sender.close()
        self._outbox_path = self._new_outbox_path()
        self._due_at = None
        self.seed, self.exhausted, self.trouble = seed, False, ""
        self._stream = iter(self._source(seed))
        self.service.reset(self.hubspot.account)
        self._furnish()
        self.service.forget()
        self.hubspot.journal.clear()
        self.consents.clear()
        self.event_log.clear()
        self.sender = self._open_sender(self._config)
        self._follow(self._config)

    # ---- another configuration

    def reload(self, config: Config) -> Future[Reloaded]:
        """Switch to another configuration, and plan the last thousand events again with both.

        What waits in the batch is flushed with the old one first. Kept events that were not sent are run again.
        Batching stays as it was set on the screen, unless the file itself changed it.
        """
        return self.later(lambda: self._reload(sandboxed(config)))

    def _reload(self, config: Config) -> Reloaded:
        latest = [row for row in self.ring.rows(self.ring.next - _COMPARED) if row.event]
        comparison, changes, plans = compare(
            self._config, config, latest, parity=self.parity, walkeros=self.walkeros
        )
        settings: tuple[str, ...] = ()
        if batching(config) == self._file_batch:
            config = batched_like(config, self._config)
        else:
            settings = (f"events are sent {batching_words(self._config)} → {batching_words(config)}",)
            self._file_batch = batching(config)
        self.hubspot.account.portal_id = self._portal_of(config)
        stranded = self._change(config)
        kept = [row for row in self.ring.rows() if row.pinned]
        self.event_log.count_planned(plans)
        ran, through = self._again(kept), 0
        for row in kept:
            if row.kind not in NOT_DELIVERED:
                row.pinned, through = False, through + 1
        return Reloaded(len(latest), changes, ran, through, settings, stranded, comparison.other_reasons)

    def _change(self, config: Config) -> int:
        """Replace the sender; return how many events are stranded: the new one cannot take them over."""
        self._deliver()
        stranded = self.sender.queued
        self._enter(self.sender.close())
        if not self.outbox:
            stranded = self.sender.queued
        self._config = config
        try:
            self.sender = self._open_sender(config)
        except OutboxError:  # it holds events for another event name prefix
            self._outbox_path = self._new_outbox_path()
            self.sender = self._open_sender(config)
        else:
            stranded = 0 if self.outbox else stranded
        self._follow(config)
        self.event_log.strand(stranded)
        self._deliver()
        return stranded

    def _open_sender(self, config: Config) -> Sender:
        self.judge = self._judging.of(config)
        if self.outbox:
            return OutboxSender(
                config,
                self.hubspot,
                self._outbox_path,
                judge=self.judge,
                seed=self.seed,
                tick=self._tick,
            )
        return DirectSender(
            config,
            self.hubspot,
            judge=self.judge,
            parity=self.parity,
            walkeros=self.walkeros,
            tick=self._tick,
        )

    def _portal_of(self, config: Config) -> int:
        known = self._schema.portal_id if self._schema is not None else None
        return portal_of(config) if known is None else known

    def _furnish(self) -> None:
        """Fill an empty account with what it holds at the start."""
        if self._schema is not None:
            self.hubspot.account.adopt(self._schema)
        self.service.seed(self.hubspot.account, self._seeded)

    def _follow(self, config: Config) -> None:
        self.configs.append(config)
        self.generation = len(self.configs) - 1
        self.event_log.follow(config)

    def _tick(self) -> None:
        """Let simulated time pass for a call."""
        if self.simulated:
            self.hubspot.clock.skip(_CALL_SECONDS)

    # ---- the thread

    def _work(self) -> None:
        while not self._closing:
            self._tasks.do_next(self._rest())
            for _ in range(self.rate.due()):
                self._take_next()
                if self.exhausted or self._tasks.any:
                    break
            if self._thread is not None and not self._closing:
                self._deliver(once=True)

    def _rest(self) -> float | None:
        """Return for how many seconds there is nothing to do; None until a task arrives."""
        rest = self.rate.wait(exhausted=self.exhausted)
        if self._due_at is None:
            return rest
        due = min(_GLANCE_SECONDS, max(0.0, self._due_at - self.hubspot.clock()))
        return due if rest is None else min(rest, due)

    def _take_next(self) -> bool:
        """Take one event, and tell whether there was one."""
        try:
            event = next(self._stream)
        except StopIteration:
            self.exhausted = True
            return False
        except Exception as error:  # a source is foreign code; its failure is shown on the screen
            self.exhausted, self.trouble = True, f"the source failed: {error}"
            return False
        self.rate.took(nothing=event is None)
        if event is not None:
            self._push(event, None)
        return event is not None

    def _push(self, event: Any, again: Row | None) -> None:
        if self.simulated:
            self.hubspot.clock.skip(_EVENT_SECONDS)
        person, at = person_of(event), self.hubspot.clock()
        consent = self.event_log.consent_of(person, self.consents)
        body = again.event if again is not None else packed(event)
        seen = consented(event, consent)
        push = self.sender.push(seen)
        self.event_log.enter(push, at, person, body, seen, self.generation, consent, again)
        self.sender.forget_parked()
