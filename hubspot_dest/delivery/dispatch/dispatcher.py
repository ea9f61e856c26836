"""Deliver what was accepted: which intents are sent next, and what happens when a request fails.

`step` does one piece of work, or returns how long there is nothing to do. It neither sleeps nor reads a clock of its
own, so hours can be tested in milliseconds. The threads of `workers.py` only call it.

Each request has reports, from which outcomes and dead letters are made.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hubspot_dest.amounts import amount
from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.client import decode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.dispatch.call_grouping import MOST_CONTACTS, by_email, merged
from hubspot_dest.delivery.dispatch.intent_store import IntentStore
from hubspot_dest.delivery.dispatch.per_key_queue import Buffer
from hubspot_dest.delivery.dispatch.retry import (
    Bisect,
    Circumstances,
    Dead,
    Pause,
    Retry,
    RetryPolicy,
    decide,
)
from hubspot_dest.delivery.dispatch.throttle import RateBudget, Throttle, What
from hubspot_dest.delivery.outbox.schema import Intent, OutboxError
from hubspot_dest.outcome import Outcome

__all__ = [
    "Dispatcher",
    "InFlightRequest",
    "Report",
    "dead_letters_of",
    "log_outcomes",
    "outcomes_of",
    "parts",
]

_SMALLER_PART: Final = 0.382  # see `parts`


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to some intents.

    Attributes:
        kind: `delivered`, `dead`, `failed` (it will be tried again), `postponed` (the same, after a pause), `bisected`
            (it is sent again in parts), `paused` (for the first time) or `resumed`; the last two without intents.
        what: contacts or events.
        intents: the intents.
        calls: the names of the calls that were made since the request's report before, failed ones included.
        reason: a stable code.
        error: HubSpot's error.
        after: seconds until the next attempt; None if there is none.

    """

    kind: Literal["delivered", "dead", "failed", "postponed", "bisected", "paused", "resumed"]
    what: What = "events"
    intents: Sequence[Intent] = ()
    calls: Sequence[str] = ()
    reason: str = ""
    error: DeliveryError | None = None
    after: float | None = None


@dataclass(slots=True)
class InFlightRequest:
    """Intents in flight: one request, or what is left of one that is bisected.

    Attributes:
        what: contacts or events.
        groups: the last is sent next; True: if it succeeds, the one before it is bad.
        failures: how often the last group failed.
        failed_at: when it failed last.
        made: the names of the calls that were made for it, and that no report has yet.

    """

    what: What
    groups: list[tuple[list[Intent], bool]]
    failures: int = 0
    failed_at: float | None = None
    made: list[str] = field(default_factory=list)

    def take_made(self) -> tuple[str, ...]:
        """Return the calls for the next report, each once."""
        made, self.made = tuple(self.made), []
        return made


def parts(group: list[Intent]) -> list[tuple[list[Intent], bool]]:
    """Return the parts of a group that HubSpot refused, the first one last, since it is sent next.

    If the first part passes, the second must be the bad one and is divided again without being sent undivided. A bad
    first part therefore costs two requests and a bad second one costs one, so the first is made smaller, by the golden
    ratio: then finding a single bad occurrence among 500 takes at most 14 requests, not 18.
    """
    if len(group) == 1:
        return [(group, False)]
    cut = max(1, round(len(group) * _SMALLER_PART))
    return [(group[cut:], False), (group[:cut], True)]


_UNKNOWN_CONTACT: Final = "walkerOS would lose this event: the contact is unknown, and its update answers 404"


def outcomes_of(
    report: Report, left: int, now: float, where: str = "are safe in the outbox"
) -> list[Outcome]:
    """Return the outcomes of a report.

    Args:
        report: what happened.
        left: how many intents are not delivered yet.
        now: UNIX time in seconds.
        where: what keeps those, as the end of a sentence.

    """
    next_try = None if report.after is None else now + report.after
    if report.kind == "delivered":
        return [_delivered(report)] if report.intents else []
    error = report.error
    message = error.describe() if error is not None else ""
    if report.kind == "paused":
        sentence = f"delivery pauses ({report.reason}): {message}; {left} {where}"
        return [Outcome("failed", "delivery_paused", sentence, error=error, delivery=True, next_try=next_try)]
    if report.kind in ("failed", "postponed", "bisected"):
        ids = tuple(intent.event_id for intent in report.intents)
        return [_again(report, ids, message, next_try)]
    if report.kind == "resumed":
        return [Outcome("flushed", "delivery_resumed", "delivery goes on", delivery=True)]
    # A call is reported once, with the first of its intents.
    return [
        _dead(report, intent, message, () if number else _calls(report))
        for number, intent in enumerate(report.intents)
    ]


def log_outcomes(report: Report, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """Log what a report tells a person, and yield its outcomes, each after its record."""
    log = logging.getLogger("hubspot_dest")
    if report.kind in ("failed", "postponed", "bisected"):
        message = report.error.describe() if report.error is not None else ""
        log.info("%d %s will be tried again: %s", len(report.intents), report.what, message)
    for outcome in outcomes:
        if outcome.kind == "failed":
            level = logging.WARNING if report.kind == "paused" else logging.ERROR
            log.log(level, "%s", outcome.sentence)
        yield outcome


def dead_letters_of(report: Report) -> list[tuple[dict[str, Any], DeliveryError, str]]:
    """Return what a report gave up: each payload, the reason, and the e-mail of a contact (else empty)."""
    if report.kind != "dead" or report.error is None:
        return []
    letters = []
    for intent in report.intents:
        payload = decode(intent.payload)
        email = str(payload.get("email", "")).lower() if report.what == "contacts" else ""
        letters.append((payload, report.error, email))
    return letters


def _calls(report: Report) -> tuple[list[Any], ...]:
    return tuple([name] for name in report.calls)


def _delivered(report: Report) -> Outcome:
    ids = tuple(intent.event_id for intent in report.intents)
    calls = _calls(report)
    if report.what == "contacts":
        created = any(name.endswith(".create") for name in report.calls)
        return Outcome(
            "identified",
            "contact_written",
            f"{amount(len(ids), 'contact')} written",
            events=ids,
            calls=calls,
            upstream=_UNKNOWN_CONTACT if created else None,
            delivery=True,
        )
    if report.calls[-1].endswith("basicApi.send"):
        return Outcome("sent", "delivered", "HubSpot took it", event_id=ids[0], calls=calls, delivery=True)
    sentence = f"{amount(len(ids), 'event')} in one batch"
    return Outcome("flushed", "batch_sent", sentence, events=ids, calls=calls, delivery=True)


def _again(report: Report, ids: tuple[str, ...], message: str, next_try: float | None) -> Outcome:
    reason, sentence = "retry", f"it is tried again: {message}"
    if report.kind == "bisected":
        reason, sentence = "bisected", f"it is sent again in parts, to find what HubSpot refuses: {message}"
    return Outcome(
        "queued",
        reason,
        sentence,
        events=ids,
        calls=_calls(report),
        error=report.error,
        delivery=True,
        next_try=next_try,
    )


def _dead(report: Report, intent: Intent, message: str, calls: tuple[list[Any], ...]) -> Outcome:
    payload = decode(intent.payload)
    reason, sentence = report.reason, message
    if report.what == "contacts":
        reason, sentence = (
            "contact_failed",
            f"HubSpot refused the contact, which holds no event back: {message}",
        )
    object_id = payload.get("objectId")
    person = payload.get("email") or (f"objectId {object_id}" if object_id else "")
    return Outcome(
        "failed",
        reason,
        sentence,
        str(payload.get("eventName", "")),
        intent.event_id,
        calls=calls,
        error=report.error,
        delivery=True,
        person=str(person),
    )


_WRITE_SECONDS, _WRITE_COUNT = 0.2, 2000
_SHORTEST_WAIT: Final = 0.001  # a wait below the clock's resolution would never end


@dataclass(frozen=True, slots=True)
class _NextWait:
    seconds: float


_REFILL: Final = "refill"
_KINDS: Final[tuple[What, What]] = ("contacts", "events")
_Choice = InFlightRequest | _NextWait | str


@dataclass
class Dispatcher:
    """Delivers an outbox. Safe to use from several threads; each request has one thread.

    Args:
        outbox: keeps what is to be delivered.
        calls: makes the requests.
        batch_size: how many events in a request; 1 sends each alone.
        flush_seconds: a batch that is not full is sent when its oldest event has this age.
        monotonic: a monotonic clock, in seconds.
        wall: UNIX time in seconds.
        policy: what is retried, and for how long.
        budget: the rate limits.
        rng: draws the jitter.
        report: is called with every report, in the thread that made it.
        buffer_size: how many intents with their payloads are in memory at most.

    """

    outbox: IntentStore
    calls: Calls
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    batch_size: int = 1
    flush_seconds: float = 1.0
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    budget: RateBudget = field(default_factory=RateBudget)
    rng: random.Random = field(default_factory=random.Random)
    report: Callable[[Report], None] = lambda report: None  # noqa: ARG005
    buffer_size: int = 20_000

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.generation = 0
        self.halted: DeliveryError | None = None
        self.outbox_error: OutboxError | None = None
        self.successes = 0
        self._buffer = Buffer(self.outbox, self.buffer_size, self.lock)
        self._queue = self._buffer.queue
        self._throttle = Throttle(self.budget, self.rng)
        self._waiting: dict[What, list[tuple[float, int, InFlightRequest]]] = {"contacts": [], "events": []}
        self._tie = itertools.count()
        self._draining = 0
        self._succeeded_at = -math.inf
        self._written_at = self.monotonic()
        self.outbox.on_commit = self._accepted

    @property
    def idle(self) -> bool:
        """Whether everything that was accepted is delivered or given up."""
        return not (len(self._queue) or self._buffer.behind)

    def drain(self, *, on: bool) -> None:
        """Send batches that are not full, until switched off; calls nest."""
        with self.lock:
            self._draining += 1 if on else -1
            self._wake()

    def _wake(self) -> None:
        self.generation += 1
        self.changed.notify_all()

    def _notify(self, report: Report) -> None:
        try:
            self.report(report)
        except Exception:  # a listener must not be able to stop or repeat a delivery
            logging.getLogger("hubspot_dest").exception("a report of a delivery failed")

    # ---- what comes in

    def _accepted(self, intents: list[Intent]) -> None:
        """Take what was just committed; called in order."""
        with self.lock:
            queue = self._queue
            quiet = queue.oldest() is None
            if not self._buffer.accept(intents, self.monotonic()):
                return
            # A batch that fills up needs no thread; its first event starts the flush timer.
            size = self.batch_size
            if quiet or queue.contacts or (len(queue) >= size and queue.ready_events(size) >= size):
                self._wake()

    def _refill(self) -> float:
        try:
            self._buffer.refill(self.monotonic())
        except OutboxError as error:
            return self._outbox_failed(error)
        with self.lock:
            self._wake()
        return 0.0

    def _outbox_failed(self, error: OutboxError) -> float:
        if self.outbox_error is None and not self.outbox.closed:
            self.outbox_error = error
            self._notify(Report("paused", reason="outbox", error=DeliveryError("impossible", str(error))))
        return 1.0

    # ---- what is sent next

    def step(self, *, partial: bool = False) -> float | None:
        """Do one piece of work.

        Args:
            partial: send batches that are neither full nor old enough, too.

        Returns:
            0 if something was done; else the seconds until something is due; None until something is
            accepted.

        """
        if partial:
            self.drain(on=True)
            try:
                return self.step()
            finally:
                self.drain(on=False)
        with self.lock:
            choice = self._choose(self.monotonic())
        if isinstance(choice, _NextWait):
            self._write_results(soon=True)
            return None if choice.seconds == math.inf else max(choice.seconds, _SHORTEST_WAIT)
        if not isinstance(choice, InFlightRequest):
            return self._refill()
        try:
            self._execute(choice)
        finally:
            with self.lock:
                self._wake()
        self._write_results(soon=False)
        return 0.0

    def _choose(self, now: float) -> _Choice:
        if self._buffer.begin_refill():
            return _REFILL
        waits: list[float] = []
        # Contacts first: their events wait for them.
        for what in _KINDS:
            rest = self._throttle.delay(what, now)
            # An outage is probed with a new request: the one that failed may be the cause itself.
            sources = [self._retry_due, self._first_send_due]
            if self._throttle.outage(what):
                sources.reverse()
            for due in sources:
                wait, take = due(what, now)
                if max(wait, rest) <= 0:
                    self._throttle.sending(what, now)
                    return take()
                waits.append(max(wait, rest))
        return _NextWait(min(waits))

    def _retry_due(self, what: What, now: float) -> tuple[float, Callable[[], InFlightRequest]]:
        """Return in how many seconds a retry is due, and how to get its request."""
        heap = self._waiting[what]
        return (heap[0][0] - now if heap else math.inf), lambda: heapq.heappop(heap)[2]

    def _first_send_due(self, what: What, now: float) -> tuple[float, Callable[[], InFlightRequest]]:
        """Return in how many seconds a request of new intents is due, and how to get it."""
        queue = self._queue
        if what == "events":
            return self._until_full(now), lambda: InFlightRequest(
                what, [(queue.take_events(self.batch_size), False)]
            )
        most = MOST_CONTACTS if self.calls.many_contacts else 1
        return (0.0 if queue.contacts else math.inf), lambda: InFlightRequest(
            what, [(queue.take_contacts(most), False)]
        )

    def _until_full(self, now: float) -> float:
        """Return how long until the next events are sent: when a batch is full, old enough, or being drained."""
        oldest = self._queue.oldest()
        if oldest is None:
            return math.inf
        if self._draining or self.batch_size == 1:
            return 0.0
        rest = oldest + self.flush_seconds - now
        # Its length comes first: counting what is ready walks through the queue, and this is asked after every event.
        enough = self.batch_size
        full = len(self._queue) >= enough and self._queue.ready_events(enough) >= enough
        return 0.0 if full or rest <= 0 else rest

    # ---- one request

    def _execute(self, request: InFlightRequest) -> None:
        group, decisive = request.groups[-1]
        try:
            evicted = [intent for intent in group if intent.payload is None]
            if evicted:
                self.outbox.load(evicted)
                with self.lock:
                    self._queue.loaded(len(evicted))
            if request.what == "events":
                self._send(request, group)
            else:
                group = self._upsert(request, group)
        except DeliveryError as error:
            self._failed(request, error)
            return
        except OutboxError as error:
            with self.lock:
                self._throttle.withdrawn(request.what)
            self._schedule(request, self._outbox_failed(error))
            return
        except Exception as error:
            self._failed(request, DeliveryError("unreachable", f"{type(error).__name__}: {error}"))
            return
        request.groups.pop()
        self._succeeded(request, group, decisive=decisive)

    def _send(self, request: InFlightRequest, group: list[Intent]) -> None:
        if len(group) == 1 and self.batch_size == 1:
            self.calls.send(group[0].payload or b"", request.made)
        else:
            self.calls.send_batch([intent.payload or b"" for intent in group], request.made)
        self._notify(Report("delivered", "events", group, request.take_made()))

    def _upsert(self, request: InFlightRequest, group: list[Intent]) -> list[Intent]:
        """Write contacts; return those that are done. Each of the others becomes a request of its own."""
        contacts = by_email(group)
        if len(contacts) == 1:
            self.calls.upsert(merged(group), request.made)
            self._notify(Report("delivered", "contacts", group, request.take_made()))
            return group
        results = self.calls.upsert_many([merged(items) for items in contacts], request.made).errors
        done = [
            intent
            for contact, error in zip(contacts, results, strict=True)
            if error is None
            for intent in contact
        ]
        made = request.take_made()
        if done:
            self._notify(Report("delivered", "contacts", done, made))
            made = ()
        for contact, error in zip(contacts, results, strict=True):
            if error is None:
                continue
            own = InFlightRequest("contacts", [(contact, False)], request.failures, made=list(made))
            made = ()  # of a call that wrote no contact, the first reports
            if error.status in (404, 409):
                self._schedule(own, 0.0)  # a single contact is created, or updated by its existing id
            else:
                self._failed(own, error)
        return done

    def _succeeded(self, request: InFlightRequest, group: list[Intent], *, decisive: bool) -> None:
        self.outbox.finished(group)
        with self.lock:
            self.successes += 1
            self._succeeded_at = self.monotonic()
            self._throttle.answered(request.what)
            resumed, self.halted = self.halted is not None, None
            for intent in group:
                self._queue.done(intent)
        request.failures = 0
        if request.groups:
            if decisive and len(request.groups[-1][0]) > 1:
                # The whole is bad and its first part is not: bisect the second part at once.
                request.groups[-1:] = parts(request.groups[-1][0])
            self._schedule(request, 0.0)
        if resumed:
            self._notify(Report("resumed"))

    # ---- failures

    def _failed(self, request: InFlightRequest, error: DeliveryError) -> None:
        group, _ = request.groups[-1]
        with self.lock:
            now = self.monotonic()
            request.failures += 1
            blamed = request.failed_at is not None and self._succeeded_at > request.failed_at
            request.failed_at = now
        decision = decide(error, self._case(request, group, blamed=blamed), self.policy, self.rng)
        outage = isinstance(decision, Retry) and decision.outage
        with self.lock:
            if outage:
                self._throttle.failed(request.what, now)
            else:
                self._throttle.answered(request.what)
        if isinstance(decision, Dead):
            request.groups.pop()
            self._give_up(request, group, decision.reason, error)
            request.failures = 0
            if request.groups:
                self._schedule(request, 0.0)
        elif isinstance(decision, Bisect):
            request.groups[-1:] = parts(group)
            request.failures = 0
            made = request.take_made()
            self._notify(Report("bisected", request.what, group, made, reason="bisected", error=error))
            self._schedule(request, 0.0)
        elif isinstance(decision, Pause):
            request.failures -= 1
            self._pause(decision, error, now)
            self._notify(
                Report(
                    "postponed",
                    request.what,
                    group,
                    request.take_made(),
                    reason="retry",
                    error=error,
                    after=decision.seconds,
                )
            )
            self._schedule(request, 0.0)
        else:
            if blamed:
                for intent in group:
                    intent.attempts += 1
                self.outbox.failed(group)
            self._notify(
                Report(
                    "failed",
                    request.what,
                    group,
                    request.take_made(),
                    reason="retry",
                    error=error,
                    after=decision.after,
                )
            )
            self._schedule(request, decision.after)

    def _case(self, request: InFlightRequest, group: list[Intent], *, blamed: bool) -> Circumstances:
        wall = self.wall()
        return Circumstances(
            what=request.what,
            size=len(group),
            failures=request.failures,
            blamed=max(intent.attempts for intent in group) + blamed,
            age_seconds=wall - min(intent.accepted_at for intent in group),
            now=wall,
        )

    def _pause(self, pause: Pause, error: DeliveryError, now: float) -> None:
        with self.lock:
            reported = self.budget.paused(pause.scope, now)
            self.budget.pause(pause.scope, now + pause.seconds)
            if pause.needs_hand:
                reported = self.halted is not None
                self.halted = error
        if not reported:
            self._notify(Report("paused", reason=pause.reason, error=error, after=pause.seconds))

    def _give_up(
        self, request: InFlightRequest, group: list[Intent], reason: str, error: DeliveryError
    ) -> None:
        for intent in group:
            self.outbox.died(intent, reason, error)
            if request.what == "contacts":
                self._forget(intent)
        self._notify(Report("dead", request.what, group, request.take_made(), reason=reason, error=error))
        with self.lock:
            for intent in group:
                self._queue.done(intent)

    def _forget(self, intent: Intent) -> None:
        """Forget a contact that HubSpot refused, so that it is written again."""
        try:
            self.outbox.forget(str(decode(intent.payload).get("email", "")).lower())
        except OutboxError as error:
            self._outbox_failed(error)

    def _schedule(self, request: InFlightRequest, seconds: float) -> None:
        with self.lock:
            heapq.heappush(
                self._waiting[request.what], (self.monotonic() + seconds, next(self._tie), request)
            )
            self._wake()

    # ---- writing results

    def _write_results(self, *, soon: bool) -> None:
        """Write to the outbox what is done; not after each request, since HubSpot counts a repeat only once."""
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
            self._outbox_failed(error)
        else:
            self.outbox_error = None
