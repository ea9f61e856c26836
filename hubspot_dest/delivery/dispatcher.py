"""Takes what was accepted to HubSpot: who goes next, over which connection, and what to do when it fails.

`step` does one piece of work, or says how long there is nothing to do; it neither sleeps nor reads a clock of its own,
so hours can be tested in milliseconds. Threads do nothing but call it (`workers.py`).
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import orjson

from hubspot_dest.delivery.calls import Calls
from hubspot_dest.delivery.errors import DeliveryError
from hubspot_dest.delivery.lanes import Intent, Lanes
from hubspot_dest.delivery.outbox import Outbox
from hubspot_dest.delivery.outbox_file import OutboxError
from hubspot_dest.delivery.rate import RateBudget
from hubspot_dest.delivery.retry import (
    Bisect,
    Breaker,
    Circumstances,
    Dead,
    Pause,
    Retry,
    RetryPolicy,
    decide,
)

__all__ = ["Dispatcher", "Report"]

What = Literal["contacts", "events"]

_MOST_CONTACTS: Final = 100  # in one batch (wire facts, 3.3)
_SMALLER_PART: Final = 0.382  # see `_parts`
_WRITE_SECONDS, _WRITE_COUNT = 0.2, 2000
_SHORTEST_WAIT: Final = 0.001  # a wait below the clock's resolution would go on for ever


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to some intents.

    Attributes:
        kind: `delivered`, `dead`, `failed` (it will be tried again), `paused` or `resumed` (no intents).
        what: contacts or events.
        intents: which.
        calls: the names of the calls that were made.
        reason: a stable code.
        error: what HubSpot said.

    """

    kind: Literal["delivered", "dead", "failed", "paused", "resumed"]
    what: What = "events"
    intents: Sequence[Intent] = ()
    calls: Sequence[str] = ()
    reason: str = ""
    error: DeliveryError | None = None


@dataclass(slots=True)
class _Load:
    """Intents on their way: one request, or what is left of one that goes out in parts."""

    what: What
    groups: list[
        tuple[list[Intent], bool]
    ]  # the last one is next; True: if it passes, the one before it is bad
    failures: int = 0
    failed_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Wait:
    seconds: float


_REFILL: Final = "refill"
_Choice = _Load | _Wait | str


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
        self._lanes = Lanes()
        self._breaker = Breaker(self.dice)
        self._waiting: dict[What, list[tuple[float, int, _Load]]] = {"contacts": [], "events": []}
        self._tie = itertools.count()
        self._cursor = 0
        self._committed = self.outbox.last
        self._behind = self.outbox.pending > 0
        self._refilling = False
        self._flying = 0
        self._draining = 0
        self._passed_at = -math.inf
        self._written_at = self.monotonic()
        if not self._behind:
            self._cursor = self._committed
        self.outbox.on_commit = self._accepted

    @property
    def idle(self) -> bool:
        """Whether everything that was accepted is delivered or given up."""
        return not (len(self._lanes) or self._behind)

    @property
    def outage(self) -> bool:
        """Whether HubSpot does not answer at the moment."""
        return self._breaker.open

    def drain(self, *, on: bool) -> None:
        """Send batches that are not full, until told otherwise; calls nest."""
        with self.lock:
            self._draining += 1 if on else -1
            self._wake()

    def _wake(self) -> None:
        self.generation += 1
        self.changed.notify_all()

    # ---- what comes in

    def _accepted(self, intents: list[Intent]) -> None:
        """Take what was just committed; called in order."""
        with self.lock:
            self._committed = intents[-1].seq
            if self._behind or self._in_memory >= self.window:
                self._behind = True
                return
            now, lanes = self.monotonic(), self._lanes
            quiet = not len(lanes)
            for intent in intents:
                lanes.enter(intent, now)
            self._cursor = self._committed
            # A batch that is filling needs nobody; its first event sets the clock of flush by age.
            size = self.batch_size
            if quiet or lanes.contacts or (len(lanes) >= size and lanes.events_at_hand(size) >= size):
                self._wake()

    @property
    def _in_memory(self) -> int:
        return self._lanes.count - self._lanes.light

    def _refill(self) -> float:
        """Read what lies on disk only."""
        try:
            with self.lock:
                after, committed = self._cursor, self._committed
                room = max(1, self.window - self._in_memory)
            found = self.outbox.read(after, room)
            with self.lock:
                now = self.monotonic()
                for intent in found:
                    self._lanes.enter(intent, now)
                newest = found[-1].seq if found else after
                self._cursor = newest if len(found) == room else max(committed, newest)
                self._behind = self._cursor < self._committed
        except OutboxError as error:
            return self._outbox_trouble(error)
        finally:
            with self.lock:
                self._refilling = False
                self._wake()
        return 0.0

    def _outbox_trouble(self, error: OutboxError) -> float:
        if self.trouble is None:
            self.trouble = error
            self.report(Report("paused", reason="outbox", error=DeliveryError("impossible", str(error))))
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
            if isinstance(choice, _Load):
                self._flying += 1
        if isinstance(choice, _Wait):
            self._write_down(soon=True)
            return None if choice.seconds == math.inf else max(choice.seconds, _SHORTEST_WAIT)
        if not isinstance(choice, _Load):
            return self._refill()
        try:
            self._perform(choice)
        finally:
            with self.lock:
                self._flying -= 1
                self._wake()
        self._write_down(soon=False)
        return 0.0

    def _choose(self, now: float) -> _Choice:
        room = self._in_memory < self.window / 2 and self._lanes.light < 100_000
        if self._behind and room and not self._refilling:
            self._refilling = True
            return _REFILL
        rest = self._breaker.delay(now)
        if rest is None or rest > 0:
            return _Wait(math.inf if rest is None else rest)
        waits: list[float] = []
        # Whoever looks whether an outage is over is somebody new: the one that failed may be the trouble itself.
        ways = (self._fresh, self._again) if self._breaker.open else (self._again, self._fresh)
        for way in ways:
            found = way(now, waits)
            if found is not None:
                self.budget.take(found.what, now)
                self._breaker.sending()
                return found
        return _Wait(min(waits, default=math.inf))

    def _again(self, now: float, waits: list[float]) -> _Load | None:
        """Return a load whose time has come again."""
        for what, heap in self._waiting.items():
            if not heap:
                continue
            wait = max(heap[0][0] - now, self.budget.delay(what, now))
            if wait <= 0:
                return heapq.heappop(heap)[2]
            waits.append(wait)
        return None

    def _fresh(self, now: float, waits: list[float]) -> _Load | None:
        """Return a load of intents that were not sent before: contacts first, their events wait for them."""
        lanes = self._lanes
        if lanes.contacts:
            wait = self.budget.delay("contacts", now)
            if wait <= 0:
                taken = lanes.take_contacts(_MOST_CONTACTS if self.calls.many_contacts else 1)
                return _Load("contacts", [(taken, False)])
            waits.append(wait)
        full = self._until_full(now)
        if full is not None:
            wait = max(full, self.budget.delay("events", now))
            if wait <= 0:
                return _Load("events", [(lanes.take_events(self.batch_size), False)])
            waits.append(wait)
        return None

    def _until_full(self, now: float) -> float | None:
        """Return how long until the next events may go: when a batch is full, old enough, or the end is near."""
        oldest = self._lanes.oldest()
        if oldest is None:
            return None
        if self._draining or self.batch_size == 1:
            return 0.0
        rest = oldest + self.flush_seconds - now
        if rest <= 0 or self._lanes.events_at_hand(self.batch_size) >= self.batch_size:
            return 0.0
        return rest

    # ---- one request

    def _perform(self, load: _Load) -> None:
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
        self.report(Report("delivered", "events", group, (call,)))

    def _upsert(self, load: _Load, group: list[Intent]) -> list[Intent]:
        """Write contacts; return those that are done. Those that are not become loads of their own."""
        people = _by_person(group)
        if len(people) == 1:
            calls = self.calls.upsert(_merged(group))
            self.report(Report("delivered", "contacts", group, calls))
            return group
        results = self.calls.upsert_many([_merged(one) for one in people]).errors
        done = [one for person, error in zip(people, results, strict=True) if error is None for one in person]
        self.report(Report("delivered", "contacts", done, ("crm.contacts.batchApi.upsert",)))
        for person, error in zip(people, results, strict=True):
            if error is None:
                continue
            own = _Load("contacts", [(person, False)], load.failures)
            if error.status in (404, 409):
                self._later(
                    own, 0.0
                )  # the way of single contacts knows what to do: create, or take the existing id
            else:
                self._failed(own, error)
        return done

    def _passed(self, load: _Load, group: list[Intent], *, tells: bool) -> None:
        self.outbox.finished(group)
        with self.lock:
            self.passes += 1
            self._passed_at = self.monotonic()
            self._breaker.passed()
            resumed, self.halted = self.halted is not None, None
            for intent in group:
                self._lanes.done(intent)
        load.failures = 0
        if load.groups:
            if tells and len(load.groups[-1][0]) > 1:
                # A bad whole, and nothing wrong with its first part: go on with the parts of the second at once.
                load.groups[-1:] = _parts(load.groups[-1][0])
            self._later(load, 0.0)
        if resumed:
            self.report(Report("resumed"))

    # ---- what did not go well

    def _failed(self, load: _Load, error: DeliveryError) -> None:
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
                self._breaker.failed(now)
            else:
                self._breaker.passed()  # an answer, if not the one we want
        if isinstance(decision, Dead):
            load.groups.pop()
            self._bury(load.what, group, decision.reason, error)
            load.failures = 0
            if load.groups:
                self._later(load, 0.0)
        elif isinstance(decision, Bisect):
            load.groups[-1:] = _parts(group)
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
            self.report(Report("failed", load.what, group, reason="retry", error=error))
            self._later(load, decision.after)

    def _case(self, load: _Load, group: list[Intent], *, blamed: bool) -> Circumstances:
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
            self.report(Report("paused", reason=pause.reason, error=error))

    def _bury(self, what: What, group: list[Intent], reason: str, error: DeliveryError) -> None:
        for intent in group:
            self.outbox.died(intent, reason, error)
            if what == "contacts":
                self._forget(intent)
        self.report(Report("dead", what, group, reason=reason, error=error))
        with self.lock:
            for intent in group:
                self._lanes.done(intent)

    def _forget(self, intent: Intent) -> None:
        """Take back that HubSpot knows a contact which it refused."""
        try:
            self.outbox.forget(str(orjson.loads(intent.payload or b"{}").get("email", "")).lower())
        except OutboxError as error:
            self._outbox_trouble(error)

    def _later(self, load: _Load, seconds: float) -> None:
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


def _parts(group: list[Intent]) -> list[tuple[list[Intent], bool]]:
    """Return the parts of a group that HubSpot refused, the first one last, for it goes out next.

    If the first part passes, the second must be the bad one and is parted again without being sent whole. A bad first
    part therefore costs two requests and a bad second one costs one, so the first is made smaller, by the golden
    ratio: then the dearest way to a single bad occurrence among 500 takes 14 requests, not 18.
    """
    if len(group) == 1:
        return [(group, False)]
    cut = max(1, round(len(group) * _SMALLER_PART))
    return [(group[cut:], False), (group[:cut], True)]


def _by_person(group: list[Intent]) -> list[list[Intent]]:
    """Return contacts by their e-mail, each person's in order."""
    people: dict[str, list[Intent]] = {}
    for intent in group:
        people.setdefault(intent.keys[0], []).append(intent)
    return list(people.values())


def _merged(person: list[Intent]) -> bytes:
    """Return one contact for all that one person's intents say; the later word counts."""
    if len(person) == 1:
        return person[0].payload or b"{}"
    contacts = [orjson.loads(one.payload or b"{}") for one in person]
    properties: dict[str, str] = {}
    for contact in contacts:
        properties |= contact["properties"]
    return orjson.dumps({"email": contacts[0]["email"], "properties": properties})
