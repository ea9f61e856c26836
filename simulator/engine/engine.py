"""The engine: a source, a configuration, the real sender in a thread, and a HubSpot on this machine over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Self, TypeVar

from hubspot_dest.config.model import Config
from simulator.engine.dry_run import DryRuns, Reloaded, compare
from simulator.engine.event_log import EventLog
from simulator.engine.rate import Pace
from simulator.engine.reconciliation import Closing, Counts, Reconciliation
from simulator.engine.rows import STUCK, Ring, Row, consented, packed, person_of
from simulator.engine.sandbox_config import (
    batching,
    gathered_like,
    gathering,
    hubspot_for,
    portal_of,
    tamed,
)
from simulator.engine.sender import Sender
from simulator.engine.source import Source, synthetic
from simulator.engine.task_queue import TaskQueue
from simulator.hubspot.faults.fault_board import ActiveFault, Fault
from simulator.hubspot.state.behaviours import Behaviours

__all__ = ["Engine"]

T = TypeVar("T")
_SETTLE_SECONDS = 2.0
_CLOSE_SECONDS = 30.0
_COMPARED = 1000
_DRY_SECONDS = 0.005


class Engine:
    """Runs the real sender over a stream of events. Safe to use from any thread; reading never waits.

    Args:
        config: the destination's configuration; its token is not used.
        source: makes the stream for a seed.
        seed: decides the stream and the order of batch results.
        rate: events a second; 0 as fast as it goes.
        capacity: how many rows are kept.
        parity: do what walkerOS does.
        walkeros: the version of walkerOS that is meant.
        account: what HubSpot knows beforehand.
        strict: refuse names without a definition, as HubSpot does; else they are made at first sight.
        limits: enforce HubSpot's rate limits.
        clock: UNIX time in seconds, for HubSpot and for the rows.
        remembered: how many occurrences HubSpot keeps; of older ones it knows that they were there.

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
        walkeros: str = "4.4",
        account: Mapping[str, Any] | None = None,
        strict: bool = False,
        limits: bool = False,
        clock: Callable[[], float] = time.time,
        remembered: int = 2_000_000,
    ) -> None:
        self.seed = seed
        self.parity = parity
        self.walkeros = walkeros
        self._source = source
        self._seeded = account or {}
        switches = Behaviours(auto_define=not strict, enforce_rate_limits=limits)
        self.service, self.hubspot = hubspot_for(config, switches, seed, remembered, clock)
        self.service.seed(self.hubspot.account, self._seeded)
        self.ring = Ring(capacity)
        self.rehearsals = DryRuns(parity=parity, walkeros=walkeros)
        self.pace = Pace(rate)
        self.ledger = EventLog(self.ring, self.hubspot.clock, self.service, parity=parity)
        self.exhausted = False
        self.trouble = ""
        self.generation = 0
        self.configs: list[Config] = []
        self.consents: dict[str, bool] = {}
        self._config = tamed(config)
        self._file_batch = batching(config)
        self._errands = TaskQueue()
        self._closing = False
        self._thread: threading.Thread | None = None

    # ---- life

    def start(self) -> Self:
        """Start HubSpot and the sender's thread; the stream is paused.

        Raises:
            OSError: HubSpot cannot listen on loopback.

        """
        self.hubspot.start()
        self._stream = iter(self._source(self.seed))
        self.sender = self._new_sender(self._config)
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> Closing:
        """Flush for the last time and end; say what HubSpot did not take."""
        thread = self._thread
        if thread is None or self._closing:
            return Closing(0, 0, 0)
        try:
            closing = self.do(self._close, _CLOSE_SECONDS)
        except TimeoutError:
            waits = self.counts.kinds["denied"]
            closing = Closing(0, self.sender.queued, waits, f"no answer in {_CLOSE_SECONDS:g} s")
        finally:
            self._closing = True
            self._errands.wake()
            thread.join(timeout=5.0)
            self.hubspot.stop()
        return closing

    def _close(self) -> Closing:
        before = self.counts.kinds["queued"]
        self.ledger.also(self.sender.close(), self.sender.drain(), self.generation)
        left = self.sender.queued
        failed = [row for row in self.ring.rows(self.ring.next - 3) if row.is_batch and row.kind == "failed"]
        error = failed[-1].sentence if left and failed else ""
        return Closing(max(0, before - left), left, self.counts.kinds["denied"], error)

    # ---- reading

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._config

    @property
    def counts(self) -> Counts:
        """The counters."""
        return self.ledger.counts

    @property
    def paused(self) -> bool:
        """Whether the stream stands still."""
        return self.pace.paused

    @property
    def queued(self) -> int:
        """How many occurrences the sender holds for its next batch."""
        return self.sender.queued

    def faults(self) -> tuple[ActiveFault, ...]:
        """Return the faults on the board, spent ones included."""
        return self.hubspot.faults.active()

    def subscribe(self, listener: Callable[[Row], None]) -> Callable[[], None]:
        """Call the listener for every new row, on the engine's thread; return what ends that."""
        return self.ledger.subscribe(listener)

    def books(self) -> Reconciliation:
        """Return both sides' numbers, taken while nothing is under way."""
        return self.do(self._books)

    def _books(self) -> Reconciliation:
        self._await_hubspot()
        said = self.hubspot.account.counters()
        return self.counts.against(
            queued=self.sender.queued,
            unsure=self.ledger.unsure(),
            by_hand=self.service.by_hand,
            stored=said.accepted,
            repeated=said.duplicates,
            dropped=said.dropped,
        )

    def _await_hubspot(self) -> None:
        """Wait until HubSpot has dealt with what it was sent: a cut connection ends before the rules do."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        account = self.hubspot.account
        while time.monotonic() < deadline:
            said = account.counters()
            brought = self.counts.confirmed + self.ledger.unsure() + self.service.by_hand
            if brought == said.accepted + said.duplicates + said.dropped:
                return
            time.sleep(0.005)

    # ---- steering; each returns at once, but for what says that it waits

    def do(self, work: Callable[[], T], timeout: float = 60.0) -> T:
        """Do something on the engine's thread between two events, and wait for it.

        Raises:
            TimeoutError: the engine is stuck in a call to HubSpot.
            RuntimeError: the engine does not run.

        """
        return self.later(work).result(timeout)

    def later(self, work: Callable[[], T]) -> Future[T]:
        """Do something on the engine's thread between two events."""
        if self._thread is None or self._closing:
            raise RuntimeError("the engine does not run")
        return self._errands.ask(work)

    def pause(self) -> None:
        """Stop before the next event."""
        self.pace.pause()
        self._errands.wake()

    def resume(self) -> None:
        """Go on."""
        self.pace.resume()
        self._errands.wake()

    def step(self, count: int = 1) -> None:
        """Take so many events, then stand still."""
        self.pace.step(count)
        self._errands.wake()

    def set_rate(self, rate: float) -> None:
        """Take so many events a second; 0: as fast as it goes."""
        self.pace.rate = max(0.0, rate)
        self._errands.wake()

    def run(self, count: int, seconds: float = 3600.0) -> Reconciliation:
        """Take so many events as fast as they come, at most so long; wait, and return the books."""
        deadline = time.monotonic() + seconds

        def take() -> None:
            left = count
            while left and not self.exhausted and time.monotonic() < deadline:
                if self._take_next():
                    left -= 1
                else:
                    time.sleep(_DRY_SECONDS)

        self.do(take, seconds + 60.0)
        return self.books()

    def flush(self) -> Future[int]:
        """Send what waits in the batch; return how many events HubSpot took."""
        return self.later(self._flush)

    def _flush(self) -> int:
        before = self.counts.kinds["flushed"]
        self.ledger.also(self.sender.flush(), self.sender.drain(), self.generation)
        return self.counts.kinds["flushed"] - before

    def set_batch(self, size: int) -> Future[int]:
        """Gather so many events a batch; 0: send each on its own. The sender begins anew, its memory empty.

        Returns how many events the former sender still held and could not send; they stand as failed.
        """
        size = min(500, max(0, size))
        changed = replace(
            self._config, batch=size > 0, batch_size=size or self._config.batch_size, batch_chunk=size or 1
        )
        return self.later(lambda: self._change(changed))

    def grant(self, person: str, granted: bool | None) -> Future[int]:
        """Grant or refuse consent for a person, or leave it to the events (None).

        Returns how many of the waiting events went on.
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
        """Run events again that failed, were skipped or wait; return how many."""
        wanted = list(numbers)
        return self.later(
            lambda: self._again([row for row in map(self.ring.get, wanted) if row is not None and row.event])
        )

    def _again(self, rows: Iterable[Row]) -> int:
        count = 0
        for row in rows:
            if row.kind not in STUCK:
                continue
            count += 1
            self._push(row.plain_event(), row)
        return count

    def throw(self, *faults: Fault) -> None:
        """Put faults on HubSpot's board."""
        self.hubspot.faults.add(*faults, now=self.hubspot.clock())

    def clear_faults(self, number: int | None = None) -> int:
        """Take one fault, or all, from the board."""
        return self.hubspot.faults.clear(number)

    def reset(self, seed: int | None = None) -> Future[None]:
        """Begin anew: empty account, counters at 0, the stream of the seed from its first event."""
        return self.later(lambda: self._reset(self.seed if seed is None else seed))

    def _reset(self, seed: int) -> None:
        self.sender.close()
        self.sender.drain()
        self.seed, self.exhausted, self.trouble = seed, False, ""
        self._stream = iter(self._source(seed))
        self.service.reset(self.hubspot.account)
        self.service.seed(self.hubspot.account, self._seeded)
        self.service.forget()
        self.hubspot.journal.clear()
        self.consents.clear()
        self.ledger.clear()
        self.sender = self._new_sender(self._config)

    # ---- another configuration

    def reload(self, config: Config) -> Future[Reloaded]:
        """Put another configuration in force, and plan the last thousand events again with both.

        What waits in the batch is flushed by the old one first. Pinned events that are not through are run again. How
        events are gathered stays as it was set on the screen, unless the file itself changed that.
        """
        return self.later(lambda: self._reload(tamed(config)))

    def _reload(self, config: Config) -> Reloaded:
        latest = [row for row in self.ring.rows(self.ring.next - _COMPARED) if row.event]
        changes, plans = compare(self.rehearsals.of(self._config), self.rehearsals.of(config), latest)
        settings: tuple[str, ...] = ()
        if batching(config) == self._file_batch:
            config = gathered_like(config, self._config)
        else:
            settings = (f"events go out {gathering(self._config)} → {gathering(config)}",)
            self._file_batch = batching(config)
        self.hubspot.account.portal_id = portal_of(config)
        stranded = self._change(config)
        kept = [row for row in self.ring.rows() if row.pinned]
        self.ledger.hits.rehearse(plans)
        ran, through = self._again(kept), 0
        for row in kept:
            if row.kind not in STUCK:
                row.pinned, through = False, through + 1
        return Reloaded(len(latest), changes, ran, through, settings, stranded)

    def _change(self, config: Config) -> int:
        self.ledger.also(self.sender.close(), self.sender.drain(), self.generation)
        stranded = self.sender.queued
        self.ledger.strand(stranded)
        self._config = config
        self.sender = self._new_sender(config)
        return stranded

    def _new_sender(self, config: Config) -> Sender:
        self.configs.append(config)
        self.generation = len(self.configs) - 1
        self.ledger.follow(config)
        return Sender(config, self.hubspot, parity=self.parity, walkeros=self.walkeros)

    # ---- the thread

    def _work(self) -> None:
        while not self._closing:
            self._errands.do_next(self.pace.wait(exhausted=self.exhausted))
            for _ in range(self.pace.due()):
                self._take_next()
                if self.exhausted or self._errands.any:
                    break

    def _take_next(self) -> bool:
        """Take one event, and tell whether there was one."""
        try:
            event = next(self._stream)
        except StopIteration:
            self.exhausted = True
            return False
        except Exception as error:  # a source is outside; its failure is a sentence on the screen
            self.exhausted, self.trouble = True, f"the source failed: {error}"
            return False
        self.pace.took(nothing=event is None)
        if event is not None:
            self._push(event, None)
        return event is not None

    def _push(self, event: Any, again: Row | None) -> None:
        person, at = person_of(event), self.hubspot.clock()
        consent = self.ledger.consent_of(person, self.consents)
        body = again.event if again is not None else packed(event)
        seen = consented(event, consent)
        outcome = self.sender.push(seen)
        self.ledger.enter(
            outcome, self.sender.drain(), at, person, body, seen, self.generation, consent, again
        )
        self.sender.let_go()
