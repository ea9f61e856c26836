"""HubSpotDestination: push, commands, flush, close."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hubspot_dest.amounts import amount, verb
from hubspot_dest.config.connection import Connection
from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.delivery.client.client import Client, ClientFactory
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.settings import OutboxSettings, StreamSettings
from hubspot_dest.delivery.sink import PendingCommit
from hubspot_dest.events.collector import COMMANDS, Collector, InvalidEventError, sentence_of
from hubspot_dest.events.consent_queue import Denied
from hubspot_dest.factory import Delivering, build, read_config
from hubspot_dest.mapping.dialect import dialect_of
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.outcome import Outcome, outcome_of
from hubspot_dest.planning.plan import SCOPE, Plan
from hubspot_dest.planning.profiles import profile_of

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox.queue import Outbox
    from hubspot_dest.delivery.outbox.schema import Progress
    from hubspot_dest.delivery.stream_sink import StreamSink
    from hubspot_dest.verdict.judge import Judge

__all__ = ["HubSpotDestination", "Listener"]

Listener = Callable[[Outcome], None]

# A library logs nothing unless the program that uses it wants that.
logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())


class HubSpotDestination:
    """Sends walkerOS events to HubSpot, configured as a walkerOS destination.

    One destination with its collector's state. Methods may be called from several threads; events are sent in the
    order in which they were pushed.

    Args:
        config: the destination's configuration: a mapping as in a walkerOS flow, or a loaded `Config`. Never changed.
        parity: do what walkerOS does, call for call, its losses included; else do better on purpose
            (docs/departures.md).
        walkeros: the version of walkerOS that parity means, and that plans are compared with: `4.4` or `4.7`.
        client: calls HubSpot; by default the official client with the configuration's token.
        client_factory: makes the client from the token when the first event needs it.
        base_url: where HubSpot is, instead of the configuration's `baseUrl`.
        consent, user, globals_, custom: the collector's state to begin with.
        now_ms: the clock, in ms since 1970.
        new_id: makes ids for events without one.
        traced: plans record where every value came from.
        logger: gets every issue as a log record; `hubspot_dest` by default.
        outbox: a durable queue: its path, or `OutboxSettings`. What `push` calls `queued` is then on disk and reaches
            HubSpot in the background; listeners get the later outcomes, in the thread that delivered.
        stream: deliver for a worker on a stream (`hubspot_dest.streams`), which keeps the events until `stream_sink`
            has settled them. An event whose consent is missing is kept by the worker.
        listeners: called with every outcome, those included of what an earlier run left in the outbox.
        judge: puts on every plan what HubSpot will refuse of it; it changes no plan.
        hold_refused: give up what the judge calls refused, instead of sending it.

    Attributes:
        listeners: called with every outcome. The first outcome of an event is also what `push` returns; later ones
            have the same `event_id` (a batch: `events`) and `delivery` set.
        dropped: how many events were dropped because too many waited for consent.

    Raises:
        ConfigError: the configuration cannot work: no token, no prefix, unknown keys, wrong types
            (in parity only what upstream could not even read), or `base_url` is not an http(s) address.
        OutboxError: the outbox cannot be used.
        TypeError: `consent`, `user`, `globals_` or `custom` is not a map.
        ValueError: an outbox in parity, a stream with either of them, or an unknown version of walkerOS.

    """

    def __init__(
        self,
        config: dict[str, Any] | Config,
        *,
        parity: bool = False,
        walkeros: str = "4.4",
        client: Client | None = None,
        client_factory: ClientFactory | None = None,
        base_url: str | None = None,
        consent: dict[str, Any] | None = None,
        user: dict[str, Any] | None = None,
        globals_: dict[str, Any] | None = None,
        custom: dict[str, Any] | None = None,
        now_ms: Callable[[], int] | None = None,
        new_id: Callable[[], str] | None = None,
        traced: bool = False,
        logger: logging.Logger | None = None,
        outbox: OutboxSettings | Path | str | None = None,
        stream: StreamSettings | None = None,
        listeners: Iterable[Listener] = (),
        judge: Judge | None = None,
        hold_refused: bool = False,
    ) -> None:
        if parity and outbox is not None:
            msg = "walkerOS has no outbox: parity=True and outbox= exclude each other"
            raise ValueError(msg)
        if stream is not None and (parity or outbox is not None):
            msg = "stream= excludes outbox= and parity=True"
            raise ValueError(msg)
        profile = profile_of(dialect_of(walkeros), parity=parity)
        _require_maps(consent=consent, user=user, globals_=globals_, custom=custom)
        self.parity = parity
        self.config = config = read_config(config, profile)
        if base_url is not None:
            _require_address(base_url)
        self.traced = traced
        self.dropped = 0
        self.listeners: list[Listener] = list(listeners)
        self._lock = threading.RLock()
        given = client if client is not None else config.env_client
        self._needs_token = given is None or profile.given_client_needs_token
        self._official_client = given is None and client_factory is None
        self._judge = judge if judge is not None and judge.judges_consent else None
        self._logs_first_merge_error = profile.logs_first_merge_error
        self._checked = not profile.lazy_checks
        if self._checked:
            self._require_usable()
        now_ms = now_ms or _now_ms
        collector = Collector.begun(
            config.collector,
            now_ms=now_ms,
            consent=consent,
            user=user,
            globals_=globals_,
            custom=custom,
            new_id=new_id,
        )
        log = logger or logging.getLogger("hubspot_dest")
        if consent and not parity:
            _warn_about_names(consent, config, log)
        how = Delivering(
            client=given,
            client_factory=client_factory,
            base_url=base_url,
            logger=log,
            outbox=outbox,
            stream=stream,
            on_outcome=self._notify,
            judge=judge,
            hold_refused=hold_refused,
        )
        parts = build(config, profile, collector, now_ms, how)
        self._collector = parts.collector
        self._consent_queue = parts.consent_queue
        self._planner = parts.planner
        self._sink = parts.sink
        self._reporter = parts.reporter
        if self._sink.background:
            self._renew_lock_after_fork()

    def __repr__(self) -> str:
        return f"HubSpotDestination(id={self.config.id!r}, parity={self.parity}, token=****)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close(keep_outcomes=False)

    def check_address(self) -> None:
        """Make the client now, so that a wrong address is found before the first event.

        Raises:
            ValueError: the base URL is not an http(s) address.

        """
        self._sink.check_address()

    # ---- what waits

    @property
    def queued(self) -> int:
        """How many occurrences wait for their batch, or are in the outbox."""
        return self._sink.pending

    @property
    def dead_letters(self) -> deque[tuple[dict[str, Any], DeliveryError]]:
        """The last events that were given up, each with the reason; at most the configuration's `dlqMax`."""
        return self._sink.dead_letters

    @property
    def waiting(self) -> int:
        """How many events wait for consent."""
        return len(self._consent_queue)

    @property
    def state(self) -> Collector:
        """The collector's state."""
        return self._collector

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, or None."""
        return self._sink.outbox

    @property
    def stream_sink(self) -> StreamSink | None:
        """What a worker on a stream controls; None without `stream`."""
        from hubspot_dest.delivery.stream_sink import StreamSink

        return self._sink if isinstance(self._sink, StreamSink) else None

    def deliver_next(self, *, partial: bool = False) -> float | None:
        """Do one piece of delivery in the calling thread: for an outbox with `connections=0`.

        Args:
            partial: send batches that are neither full nor old enough, too.

        Returns:
            0 if something was done; else in how many seconds there is something to do; None: nothing waits.

        """
        return self._sink.deliver_next(partial=partial)

    @property
    def halted(self) -> DeliveryError | None:
        """Why nothing is delivered until a person changes something, such as a revoked token; else None."""
        return self._sink.halted

    # ---- events

    def push(self, event: Any) -> Outcome:
        """Push one walkerOS event and return its first outcome.

        Never raises for what an event holds or HubSpot answers: that is an outcome. Events that waited for
        consent and batches that filled up in the same pass are in `also`. With an outbox, `queued` means on disk.
        """
        happened: list[Outcome] = []
        with self._lock:
            number = self._take(event, happened)
            pending = self._sink.stage()
            if pending is None:
                self._finish(happened, (number,))
        if pending is not None:
            happened = self._commit(pending, happened, (number,))
        return happened[number]

    def push_many(
        self,
        events: Iterable[Any],
        *,
        progress: Progress | Callable[[], Progress | None] | None = None,
        keep_events: bool = True,
    ) -> list[Outcome]:
        """Take several events as `push` takes one; with an outbox they are made durable together.

        Args:
            events: walkerOS events, in order; each is taken before the next one is asked for.
            progress: how far their source was read, or what returns that once all are taken; kept in the outbox in
                the same transaction.
            keep_events: whether the plans of the outcomes keep their event. False saves a third of the time of a
                thousand events in an outbox: they are not in memory together. An occurrence that is in the outbox is
                not kept either.

        Returns:
            one outcome per event; what else happened is in the last one's `also`.

        Raises:
            Exception: what `events` raises, after what was taken before it is durable.

        """
        happened: list[Outcome] = []
        own: list[int] = []
        failure: BaseException | None = None
        with self._lock:
            try:
                for event in events:
                    begun = len(happened)
                    own.append(self._take(event, happened))
                    if not keep_events:
                        for number in range(begun, len(happened)):
                            happened[number] = happened[number].without_event()
            except BaseException as error:  # also a signal: what was taken has been counted by its source
                failure = error
            pending = self._sink.stage(progress() if callable(progress) else progress)
            if pending is None:
                self._finish(happened, own)
        if pending is not None:
            happened = self._commit(pending, happened, own)
        if failure is not None:
            raise failure
        return [happened[number] for number in own]

    def _take(self, raw: Any, happened: list[Outcome]) -> int:
        """Take one event as far as it goes; return where its outcome is in `happened`."""
        try:
            event = self._collector.complete(raw)
        except InvalidEventError as error:
            issue = Issue("WARN", "invalid event rejected", {"error": str(error)})
            return _add(happened, self._rejected(raw, "invalid_event", str(error), issue))
        except (JsTypeError, RecursionError) as error:
            issue = Issue("ERROR", "push failed", {"error": str(error)})
            return _add(happened, self._rejected(raw, "push_error", sentence_of(error), issue))
        if self.config.disabled:
            return _add(happened, outcome_of("ignored", "disabled", "the destination is disabled", event))
        # One pass over waiting events and the new one (walkerOS 4.4, section 4.2).
        begun = len(happened)
        released = self._consent_queue.release()
        denied = self._consent_queue.admit(event)
        number = -1 if denied is None else self._deny(event, denied, happened, raw.get("consent"))
        if not self._checked and (released or denied is None) and not self._check(happened):
            return len(happened) - 1
        if released:
            self._deliver_all(released, happened, "push failed", begun)
        if denied is not None:
            return number
        return self._deliver(event, happened, "push failed", begun, raw.get("consent"))

    def _deliver_all(
        self, events: Iterable[dict[str, Any]], happened: list[Outcome], on_error: str, begun: int = 0
    ) -> None:
        for event in events:
            self._deliver(event, happened, on_error, begun)

    def _deliver(
        self,
        event: dict[str, Any],
        happened: list[Outcome],
        on_error: str,
        begun: int,
        own_consent: Any = None,
    ) -> int:
        """Plan an event and hand the plan to the sink; return where its outcome is.

        Args:
            event: a complete event that has consent.
            happened: gets its outcome.
            on_error: what is logged if the event cannot be merged with the collector's user.
            begun: where the outcomes of this pass begin.
            own_consent: the consent that the event came with, for the judge.

        """
        try:
            plan = self._planner.plan(event, traced=self.traced)
        except JsTypeError as error:
            # Upstream's pass is one promise: its first error is logged, as that of what began the pass.
            logged = any(other.reason == "push_error" for other in happened[begun:])
            quiet = logged and self._logs_first_merge_error
            issues = () if quiet else (Issue("ERROR", on_error, {"error": str(error)}),)
            return _add(happened, self._rejected(event, "push_error", sentence_of(error), *issues))
        if own_consent and self._judge is not None and (found := self._judge.judge_consent(own_consent)):
            plan = replace(plan, findings=plan.findings + found)
        outcome = self._sink.accept(plan)
        if outcome.also:
            happened.extend(outcome.also)
        happened.append(outcome)
        return len(happened) - 1

    def _deny(self, event: dict[str, Any], denied: Denied, happened: list[Outcome], own_consent: Any) -> int:
        outcome = outcome_of("denied", denied.reason, denied.sentence, event)
        if own_consent and self._judge is not None and (found := self._judge.judge_consent(own_consent)):
            plan = Plan(event, "skipped", denied.reason, denied.sentence, findings=found)
            outcome = replace(outcome, plan=plan)
        if isinstance(denied.error, DeliveryError):
            outcome = self._reporter.failed(outcome, denied.error, denied.reason, event)
        number = _add(happened, outcome)
        dropped = self._consent_queue.drop_excess()
        self.dropped += len(dropped)
        wait = f"{amount(self.config.queue_max, 'event')} {verb(self.config.queue_max, 'wait')}"
        sentence = f"more than {wait} for consent; the oldest is dropped"
        text = "destination.queuePush overflow; oldest events dropped"
        issues = (Issue("WARN", text, {"droppedCount": self.dropped}, SCOPE),) if dropped else ()
        self._reporter.log(issues)
        for lost in dropped:
            _add(happened, outcome_of("failed", "consent_queue_full", sentence, lost, issues=issues))
            issues = ()
        return number

    def _rejected(self, raw: Any, reason: str, sentence: str, *issues: Issue) -> Outcome:
        self._reporter.log(issues)
        event = raw if isinstance(raw, dict) else {}
        return outcome_of("failed", reason, sentence, event, issues=issues)

    def _check(self, happened: list[Outcome]) -> bool:
        """Check the settings as late as upstream does: what was allowed is then lost (defect D7)."""
        try:
            self._require_usable()
        except ConfigError as error:
            message = str(error)
            issues = (
                Issue("ERROR", message, {}, SCOPE),
                Issue("ERROR", "destination init failed", {"error": message}, SCOPE),
            )
            self._reporter.log(issues)
            _add(happened, Outcome("failed", "init_failed", message, issues=issues))
            return False
        self._checked = True
        return True

    def _require_usable(self) -> None:
        self.config.require_settings(needs_token=self._needs_token)
        if self._official_client:
            self.config.check_token()

    # ---- the end of a pass

    def _commit(self, pending: PendingCommit, happened: list[Outcome], own: Sequence[int]) -> list[Outcome]:
        """Make a pass durable, outside the lock: others may join the group commit meanwhile."""
        happened = self._sink.commit(pending, happened)
        with self._lock:
            self._finish(happened, own)
        return happened

    def _finish(self, happened: list[Outcome], own: Sequence[int]) -> None:
        """Put what else happened into the last own outcome, and notify the listeners of all."""
        if own and len(happened) > len(own):
            numbers = set(own)
            others = tuple(other for number, other in enumerate(happened) if number not in numbers)
            happened[own[-1]] = replace(happened[own[-1]], also=others)
        for listener in self.listeners:
            for outcome in happened:
                listener(outcome)

    def _notify(self, outcome: Outcome) -> None:
        """Notify the listeners of a later outcome; called by the threads that deliver."""
        for listener in tuple(self.listeners):
            try:
                listener(outcome)
            except Exception:  # a listener's failure must not make the delivery fail and be repeated
                logging.getLogger("hubspot_dest").exception("a listener failed")

    # ---- collector commands

    def push_command(self, command: str, data: Any = UNDEFINED) -> list[Outcome]:
        """Carry out a collector command such as `walker consent`, and return the outcomes that follow from it.

        An unknown command is a warning and an outcome `failed` with reason `unknown_command`.
        """
        action = command.removeprefix("walker ")
        if command == "walker shutdown":
            return self.close()
        happened: list[Outcome] = []
        with self._lock:
            if not command.startswith("walker ") or action not in COMMANDS:
                issue = Issue("WARN", "unknown command", {"command": action})
                self._reporter.log((issue,))
                sentence = f"no command {command!r}"
                happened.append(Outcome("failed", "unknown_command", sentence, issues=(issue,)))
            elif self._change_state(action, data) and not self.config.disabled:
                released = self._consent_queue.release()
                if released and (self._checked or self._check(happened)):
                    self._deliver_all(released, happened, "command failed")
            pending = self._sink.stage()
            if pending is None:
                self._finish(happened, [])
        return happened if pending is None else self._commit(pending, happened, [])

    def _change_state(self, action: str, data: Any) -> bool:
        """Change the collector's state; tell whether waiting events have to be checked again."""
        if action == "run":
            self._collector.run(data)
            self._consent_queue.clear()
            return True
        change = {
            "consent": self._collector.set_consent,
            "user": self._collector.merge_user,
            "globals": self._collector.merge_globals,
            "custom": self._collector.merge_custom,
        }.get(action)
        if change is None:
            return action in ("config", "ready", "session")
        if not isinstance(data, dict):
            return False
        change(data)
        return True

    def consent(self, states: dict[str, Any]) -> list[Outcome]:
        """Grant or refuse consent; events that waited for it are sent, in order."""
        return self.push_command("walker consent", states)

    def release_waiting(self) -> list[Outcome]:
        """Send events that an earlier run left waiting for consent and that have it now.

        Any push or command does so as well; this is for a start without one.
        """
        return self.consent({})

    def user(self, user: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's user, which is merged under every event's own."""
        return self.push_command("walker user", user)

    def globals(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's globals, which are merged under every event's own."""
        return self.push_command("walker globals", values)

    def custom(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's custom, which functions see."""
        return self.push_command("walker custom", values)

    def run(self, state: dict[str, Any] | None = None) -> list[Outcome]:
        """Begin a new run, with a new count and trace; what waits for consent in memory is forgotten."""
        return self.push_command("walker run", state)

    # ---- the end

    def flush(self, *, deadline: float | None = None) -> list[Outcome]:
        """Send what waits, and return what came of it.

        Args:
            deadline: with an outbox, seconds to wait at most; None waits as long as HubSpot takes, but not for what
                only a person can fix (a wrong token).

        """
        if self._sink.background:
            return self._sink.flush(deadline=deadline)
        with self._lock:
            happened = self._sink.flush(deadline=deadline)
            self._finish(happened, [])
        return happened

    def close(
        self, *, deadline: float | None = None, stall: float | None = None, keep_outcomes: bool = True
    ) -> list[Outcome]:
        """Send what waits for the last time, and return the outcomes; what HubSpot does not accept stays in its queue.

        Args:
            deadline: with an outbox, seconds to wait at most; its settings' `close_seconds` if not given.
            stall: with an outbox, stop waiting when nothing was delivered for this many seconds, instead.
            keep_outcomes: False returns no outcomes with an outbox, so that memory does not grow with what is left
                there; listeners get them as always.

        """
        if self._sink.background:
            return self._sink.close(deadline=deadline, stall=stall, keep_outcomes=keep_outcomes)
        with self._lock:
            happened = self._sink.close(deadline=deadline, stall=stall)
            self._finish(happened, [])
        return happened

    @property
    def unrecorded(self) -> int:
        """How many deliveries could not be recorded in the outbox: they are repeated by the next run."""
        return self._sink.unrecorded

    def end_within(self, seconds: float) -> None:
        """End delivery within this many seconds, also if it is under way. Safe in signal handlers."""
        self._sink.end_within(seconds)

    def abort(self) -> None:
        """Make `close` and the end of the process wait for nothing. Safe in signal handlers."""
        self._sink.abort()

    def _renew_lock_after_fork(self) -> None:
        """Give a forked child a lock of its own: the parent's may be held by a thread that the child does not have."""
        if hasattr(os, "register_at_fork"):
            renew = weakref.WeakMethod(self._renew_lock)
            os.register_at_fork(after_in_child=lambda: (method := renew()) and method())

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()


def _require_maps(**given: Any) -> None:
    """Refuse a state of the collector that is not a map, such as a list of the granted names."""
    for name, value in given.items():
        if value is not None and not isinstance(value, Mapping):
            example = '{"marketing": True}' if name == "consent" else '{"key": "value"}'
            msg = f"{name} must be a map, such as {example}, not {type(value).__name__}"
            raise TypeError(msg)


def _require_address(base_url: str) -> None:
    """Refuse an address now, and not when the first event needs it."""
    try:
        Connection(base_url=base_url).host  # noqa: B018 - raises
    except ValueError as error:
        msg = f"{error}, such as http://127.0.0.1:8080"
        raise ConfigError(msg) from None


def _warn_about_names(consent: dict[str, Any], config: Config, log: logging.Logger) -> None:
    """Log each name in the consent that the configuration does not require; it may be misspelt."""
    from hubspot_dest.verdict.consents_without_effect import consents_without_effect  # rarely needed

    for name, reason in consents_without_effect([str(name) for name in consent], [config.raw]):
        log.warning("consent %r has no effect: %s", name, reason, extra={"of_arguments": True})


def _add(happened: list[Outcome], outcome: Outcome) -> int:
    happened.append(outcome)
    return len(happened) - 1


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
