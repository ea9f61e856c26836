"""Takes what was accepted to HubSpot: who goes next, over which connection, and what to do when it fails.

`step` does one piece of work, or says how long there is nothing to do; it neither sleeps nor reads a clock of its own,
so hours can be tested in milliseconds. Threads do nothing but call it (`workers.py`).
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.codec import decode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.dispatch.in_flight import InFlightRequest, Report, What, by_person, merged, parts
from hubspot_dest.delivery.dispatch.per_key_queue import Intent
from hubspot_dest.delivery.dispatch.rate import RateBudget
from hubspot_dest.delivery.dispatch.retry import (
    Bisect,
    Circumstances,
    Dead,
    Pause,
    Retry,
    RetryPolicy,
    decide,
)
from hubspot_dest.delivery.dispatch.throttle import Throttle
from hubspot_dest.delivery.outbox.buffer import Window
from hubspot_dest.delivery.outbox.queue import Outbox
from hubspot_dest.delivery.outbox.schema import OutboxError

__all__ = ["Dispatcher", "Report"]

_MOST_CONTACTS: Final = 100  # in one batch (wire facts, 3.3)
_WRITE_SECONDS, _WRITE_COUNT = 0.2, 2000
_SHORTEST_WAIT: Final = 0.001  # a wait below the clock's resolution would go on for ever


@dataclass(frozen=True, slots=True)
class _Wait:
    seconds: float


_REFILL: Final = "refill"
_WHATS: Final[tuple[What, What]] = ("contacts", "events")
_Choice = InFlightRequest | _Wait | str


@dataclass
class Dispatcher:
    """Delivers an outbox. Safe to use from several threads; each request has one thread.

    Args:
        outbox: what to deliver.
        calls: how.
        batch_size: how many events in a request; 1 sends each alone.
        flush_seconds: a batch that is not full goes out when its oldest event is so old.
        monotonic: seconds that never jump.
        wall: UNIX time in seconds.
        policy: how patient to be.
        budget: how fast to be.
        dice: for the jitter.
        report: is told everything, from the thread that did it.
        window: how many intents with their payloads are in memory at most.

    """

    outbox: Outbox
    calls: Calls
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    batch_size: int = 1
    flush_seconds: float = 1.0
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    budget: RateBudget = field(default_factory=RateBudget)
    dice: random.Random = field(default_factory=random.Random)
    report: Callable[[Report], None] = lambda report: None  # noqa: ARG005
    window: int = 20_000

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.generation = 0
        self.halted: DeliveryError | None = None
        self.trouble: OutboxError | None = None
        self.passes = 0
        self._window = Window(self.outbox, self.window, self.lock)
        self._lanes = self._window.lanes
        self._traffic = Throttle(self.budget, self.dice)
        self._waiting: dict[What, list[tuple[float, int, InFlightRequest]]] = {"contacts": [], "events": []}
        self._tie = itertools.count()
        self._draining = 0
        self._passed_at = -math.inf
        self._written_at = self.monotonic()
        self.outbox.on_commit = self._accepted

    @property
    def idle(self) -> bool:
        """Whether everything that was accepted is delivered or given up."""
        return not (len(self._lanes) or self._window.behind)

    def drain(self, *, on: bool) -> None:
        """Send batches that are not full, until told otherwise; calls nest."""
        with self.lock:
            self._draining += 1 if on else -1
            self._wake()

    def _wake(self) -> None:
        self.generation += 1
        self.changed.notify_all()

    def _tell(self, report: Report) -> None:
        try:
            self.report(report)
        except Exception:  # whoever listens must not be able to stop or repeat a delivery
            logging.getLogger("hubspot_dest").exception("a report of a delivery failed")

    # ---- what comes in

    def _accepted(self, intents: list[Intent]) -> None:
        """Take what was just committed; called in order."""
        with self.lock:
            lanes = self._lanes
            quiet = lanes.oldest() is None
            if not self._window.accept(intents, self.monotonic()):
                return
            # A batch that is filling needs nobody; its first event sets the clock of flush by age.
            size = self.batch_size
            if quiet or lanes.contacts or (len(lanes) >= size and lanes.events_at_hand(size) >= size):
                self._wake()

    def _refill(self) -> float:
        try:
            self._window.refill(self.monotonic())
        except OutboxError as error:
            return self._outbox_trouble(error)
        with self.lock:
            self._wake()
        return 0.0

    def _outbox_trouble(self, error: OutboxError) -> float:
        if self.trouble is None and not self.outbox.closed:
            self.trouble = error
            self._tell(Report("paused", reason="outbox", error=DeliveryError("impossible", str(error))))
        return 1.0

    # ---- who goes next

    def step(self) -> float | None:
        """Do one piece of work.

        Returns:
            0 if something was done; else for how many seconds there is nothing to do; None until something is
            accepted.

        """
        with self.lock:
            choice = self._choose(self.monotonic())
        if isinstance(choice, _Wait):
            self._write_down(soon=True)
            return None if choice.seconds == math.inf else max(choice.seconds, _SHORTEST_WAIT)
        if not isinstance(choice, InFlightRequest):
            return self._refill()
        try:
            self._perform(choice)
        finally:
            with self.lock:
                self._wake()
        self._write_down(soon=False)
        return 0.0

    def _choose(self, now: float) -> _Choice:
        if self._window.begin_refill():
            return _REFILL
        waits: list[float] = []
        # Contacts first: their events wait for them.
        for what in _WHATS:
            rest = self._traffic.delay(what, now)
            # Whoever looks whether an outage is over is somebody new: the one that failed may be the trouble itself.
            ways = (self._fresh, self._again) if self._traffic.outage(what) else (self._again, self._fresh)
            for way in ways:
                wait, take = way(what, now)
                if max(wait, rest) <= 0:
                    self._traffic.sending(what, now)
                    return take()
                waits.append(max(wait, rest))
        return _Wait(min(waits))

    def _again(self, what: What, now: float) -> tuple[float, Callable[[], InFlightRequest]]:
        """Return in how many seconds a load is due to be sent again, and how to get it."""
        heap = self._waiting[what]
        return (heap[0][0] - now if heap else math.inf), lambda: heapq.heappop(heap)[2]

    def _fresh(self, what: What, now: float) -> tuple[float, Callable[[], InFlightRequest]]:
        """Return in how many seconds a load of intents that were not sent before is due, and how to get it."""
        lanes = self._lanes
        if what == "events":
            return self._until_full(now), lambda: InFlightRequest(
                what, [(lanes.take_events(self.batch_size), False)]
            )
        most = _MOST_CONTACTS if self.calls.many_contacts else 1
        return (0.0 if lanes.contacts else math.inf), lambda: InFlightRequest(
            what, [(lanes.take_contacts(most), False)]
        )

    def _until_full(self, now: float) -> float:
        """Return how long until the next events may go: when a batch is full, old enough, or the end is near."""
        oldest = self._lanes.oldest()
        if oldest is None:
            return math.inf
        if self._draining or self.batch_size == 1:
            return 0.0
        rest = oldest + self.flush_seconds - now
        if rest <= 0 or self._lanes.events_at_hand(self.batch_size) >= self.batch_size:
            return 0.0
        return rest

    # ---- one request

    def _perform(self, load: InFlightRequest) -> None:
        group, tells = load.groups[-1]
        try:
            light = [one for one in group if one.payload is None]
            if light:
                self.outbox.load(light)
                with self.lock:
                    self._lanes.loaded(len(light))
            if load.what == "events":
                self._send(group)
            else:
                group = self._upsert(load, group)
        except DeliveryError as error:
            self._failed(load, error)
            return
        except OutboxError as error:
            with self.lock:
                self._traffic.withdrawn(load.what)
            self._later(load, self._outbox_trouble(error))
            return
        except Exception as error:
            self._failed(load, DeliveryError("unreachable", f"{type(error).__name__}: {error}"))
            return
        load.groups.pop()
        self._passed(load, group, tells=tells)

    def _send(self, group: list[Intent]) -> None:
        if len(group) == 1 and self.batch_size == 1:
            self.calls.send(group[0].payload or b"")
            call = "events.send.basicApi.send"
        else:
            self.calls.send_batch([one.payload or b"" for one in group])
            call = "events.send.batchApi.send"
        self._tell(Report("delivered", "events", group, (call,)))

    def _upsert(self, load: InFlightRequest, group: list[Intent]) -> list[Intent]:
        """Write contacts; return those that are done. Those that are not become loads of their own."""
        people = by_person(group)
        if len(people) == 1:
            calls = self.calls.upsert(merged(group))
            self._tell(Report("delivered", "contacts", group, calls))
            return group
        results = self.calls.upsert_many([merged(one) for one in people]).errors
        done = [one for person, error in zip(people, results, strict=True) if error is None for one in person]
        self._tell(Report("delivered", "contacts", done, ("crm.contacts.batchApi.upsert",)))
        for person, error in zip(people, results, strict=True):
            if error is None:
                continue
            own = InFlightRequest("contacts", [(person, False)], load.failures)
            if error.status in (404, 409):
                self._later(
                    own, 0.0
                )  # the way of single contacts knows what to do: create, or take the existing id
            else:
                self._failed(own, error)
        return done

    def _passed(self, load: InFlightRequest, group: list[Intent], *, tells: bool) -> None:
        self.outbox.finished(group)
        with self.lock:
            self.passes += 1
            self._passed_at = self.monotonic()
            self._traffic.answered(load.what)
            resumed, self.halted = self.halted is not None, None
            for intent in group:
                self._lanes.done(intent)
        load.failures = 0
        if load.groups:
            if tells and len(load.groups[-1][0]) > 1:
                # A bad whole, and nothing wrong with its first part: go on with the parts of the second at once.
                load.groups[-1:] = parts(load.groups[-1][0])
            self._later(load, 0.0)
        if resumed:
            self._tell(Report("resumed"))

    # ---- what did not go well

    def _failed(self, load: InFlightRequest, error: DeliveryError) -> None:
        group, _ = load.groups[-1]
        with self.lock:
            now = self.monotonic()
            load.failures += 1
            blamed = load.failed_at is not None and self._passed_at > load.failed_at
            load.failed_at = now
        decision = decide(error, self._case(load, group, blamed=blamed), self.policy, self.dice)
        outage = isinstance(decision, Retry) and decision.outage
        with self.lock:
            if outage:
                self._traffic.failed(load.what, now)
            else:
                self._traffic.answered(load.what)
        if isinstance(decision, Dead):
            load.groups.pop()
            self._bury(load.what, group, decision.reason, error)
            load.failures = 0
            if load.groups:
                self._later(load, 0.0)
        elif isinstance(decision, Bisect):
            load.groups[-1:] = parts(group)
            load.failures = 0
            self._later(load, 0.0)
        elif isinstance(decision, Pause):
            load.failures -= 1
            self._pause(decision, error, now)
            self._later(load, 0.0)
        else:
            if blamed:
                for intent in group:
                    intent.attempts += 1
                self.outbox.failed(group)
            self._tell(Report("failed", load.what, group, reason="retry", error=error))
            self._later(load, decision.after)

    def _case(self, load: InFlightRequest, group: list[Intent], *, blamed: bool) -> Circumstances:
        wall = self.wall()
        return Circumstances(
            what=load.what,
            size=len(group),
            failures=load.failures,
            blamed=max(one.attempts for one in group) + blamed,
            age_seconds=wall - min(one.accepted_at for one in group),
            now=wall,
        )

    def _pause(self, pause: Pause, error: DeliveryError, now: float) -> None:
        with self.lock:
            told = self.budget.paused(pause.scope, now)
            self.budget.pause(pause.scope, now + pause.seconds)
            if pause.needs_hand:
                told = self.halted is not None
                self.halted = error
        if not told:
            self._tell(Report("paused", reason=pause.reason, error=error))

    def _bury(self, what: What, group: list[Intent], reason: str, error: DeliveryError) -> None:
        for intent in group:
            self.outbox.died(intent, reason, error)
            if what == "contacts":
                self._forget(intent)
        self._tell(Report("dead", what, group, reason=reason, error=error))
        with self.lock:
            for intent in group:
                self._lanes.done(intent)

    def _forget(self, intent: Intent) -> None:
        """Take back that HubSpot knows a contact which it refused."""
        try:
            self.outbox.forget(str(decode(intent.payload).get("email", "")).lower())
        except OutboxError as error:
            self._outbox_trouble(error)

    def _later(self, load: InFlightRequest, seconds: float) -> None:
        with self.lock:
            heapq.heappush(self._waiting[load.what], (self.monotonic() + seconds, next(self._tie), load))
            self._wake()

    # ---- writing down

    def _write_down(self, *, soon: bool) -> None:
        """Note in the outbox what is done; not after each request, since HubSpot counts a repeat once anyway."""
        now = self.monotonic()
        waiting = self.outbox.finished(())
        if not waiting or not (
            soon or waiting >= _WRITE_COUNT or now - self._written_at >= _WRITE_SECONDS or self.idle
        ):
            return
        self._written_at = now
        try:
            self.outbox.flush()
        except OutboxError as error:
            self._outbox_trouble(error)
        else:
            self.trouble = None
