"""HubSpotDestination: push, flush, close. The only place where mapping, memory and delivery meet."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from pydantic import SecretStr

from hubspot_dest.collector import COMMANDS, CollectorState
from hubspot_dest.config import Config, ConfigError
from hubspot_dest.delivery.batch import BatchQueue, Queued
from hubspot_dest.delivery.client import Client, HubSpotClient
from hubspot_dest.delivery.errors import DeliveryError
from hubspot_dest.delivery.occurrence_uuid import occurrence_uuid
from hubspot_dest.event import InvalidEventError, with_user
from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.outcome import Outcome
from hubspot_dest.plan import INVALID_DATE, SCOPE, Plan
from hubspot_dest.planner import Planner
from hubspot_dest.strategies import Strategies, better, walkeros

__all__ = ["HubSpotDestination", "Listener"]

Listener = Callable[[Outcome], None]
ClientFactory = Callable[[SecretStr], Client]

_LEVELS = {"ERROR": logging.ERROR, "WARN": logging.WARNING, "INFO": logging.INFO, "DEBUG": logging.DEBUG}


class HubSpotDestination:
    """Sends walkerOS events to HubSpot as a walkerOS destination configuration says.

    One destination with its collector's state. Methods may be called from several threads; events go out in the
    order in which they came.

    Args:
        config: the destination's configuration: a mapping as in a walkerOS flow, or a loaded `Config`. Never changed.
        parity: do what walkerOS 4.4 does, call for call, its losses included; else do better on purpose
            (docs/departures.md).
        client: calls HubSpot; by default the official client with the configuration's token.
        client_factory: makes the client from the token when the first event needs it.
        base_url: where HubSpot is.
        consent, user, globals_, custom: the collector's state to begin with.
        now_ms: the clock, in ms since 1970.
        new_id: makes ids for events without one.
        traced: plans record where every value came from.
        logger: gets every issue as a log record; `hubspot_dest` by default.

    Raises:
        ConfigError: where the configuration cannot work: no token, no prefix, unknown keys, wrong types
            (in parity only what upstream could not even read).

    """

    def __init__(
        self,
        config: dict[str, Any] | Config,
        *,
        parity: bool = False,
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
    ) -> None:
        self.parity = parity
        self._do: Strategies = walkeros() if parity else better()
        if not isinstance(config, Config):
            config = Config.lenient(config) if parity else Config.strict(config)
        self.config = config
        self._now_ms = now_ms or (lambda: time.time_ns() // 1_000_000)
        self._given_client = client if client is not None else config.env_client
        self._client: Client | None = self._given_client
        self._client_factory = client_factory or self._official_client(base_url)
        if not self._do.lazy_checks:
            self._require_usable()
        self._planner = Planner(config.raw, policy=self._do.plan)
        self._memory = self._do.memory()
        self._shadow = walkeros().memory()
        self._batch = (
            BatchQueue(config.batch_size, chunk=config.batch_chunk, lossy=self._do.lossy_batches)
            if config.batch
            else None
        )
        self._collector = CollectorState(
            now_ms=self._now_ms, consent=consent, user=user, globals_=globals_, custom=custom, new_id=new_id
        )
        self._waiting: deque[tuple[dict[str, Any], Any]] = deque()
        self.dead_letters: deque[tuple[dict[str, Any], DeliveryError | str]] = deque(maxlen=config.dlq_max)
        self.dropped = 0
        self.traced = traced
        self.listeners: list[Listener] = []
        self._logger = logger or logging.getLogger("hubspot_dest")
        self._lock = threading.RLock()
        self._closed = False
        self._checked = not self._do.lazy_checks

    def __repr__(self) -> str:
        return f"HubSpotDestination(id={self.config.id!r}, parity={self.parity}, token=****)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # ---- what waits where

    @property
    def queued(self) -> int:
        """How many occurrences wait for their batch."""
        return len(self._batch) if self._batch is not None else 0

    @property
    def waiting(self) -> int:
        """How many events wait for consent."""
        return len(self._waiting)

    @property
    def state(self) -> CollectorState:
        """The collector's state."""
        return self._collector

    # ---- events

    def push(self, event: Any) -> Outcome:
        """Take one walkerOS event as far as it goes, and say how far that was.

        Never raises for what an event holds or HubSpot answers: that is an outcome. Events that waited for
        consent and batches that filled up in the same pass are in `also`.
        """
        with self._lock, self._pass() as happened:
            outcome = self._accept(event, happened)
        outcome.also = [other for other in happened if other is not outcome]
        return outcome

    def _accept(self, raw: Any, happened: list[Outcome]) -> Outcome:
        own_consent = raw.get("consent") if isinstance(raw, dict) else None
        try:
            event = self._collector.complete(raw)
        except InvalidEventError as error:
            issue = Issue("WARN", "invalid event rejected", {"error": str(error)})
            return self._tell(happened, self._rejected(raw, "invalid_event", str(error), issue))
        except (JsTypeError, RecursionError) as error:
            issue = Issue("ERROR", "push failed", {"error": str(error)})
            return self._tell(happened, self._rejected(raw, "push_error", str(error), issue))
        return self._run_pass(event, own_consent, happened)

    def _rejected(self, raw: Any, reason: str, sentence: str, issue: Issue) -> Outcome:
        outcome = _named("failed", reason, sentence, raw if isinstance(raw, dict) else {})
        self._emit(outcome, [issue])
        return outcome

    # ---- collector commands

    def consent(self, states: dict[str, Any]) -> list[Outcome]:
        """Grant or refuse consent; events that waited for it go out, in order."""
        return self.push_command("walker consent", states)

    def user(self, user: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's user, which lies under every event's own."""
        return self.push_command("walker user", user)

    def globals(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's globals, which lie under every event's own."""
        return self.push_command("walker globals", values)

    def custom(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's custom, which functions see."""
        return self.push_command("walker custom", values)

    def run(self, state: dict[str, Any] | None = None) -> list[Outcome]:
        """Begin a new run: count and trace anew, and events that waited for consent are forgotten."""
        return self.push_command("walker run", state)

    def push_command(self, command: str, data: Any = UNDEFINED) -> list[Outcome]:
        """Carry out a collector command such as `walker consent`, and return what it set in motion.

        An unknown command is a warning and an outcome `failed` with reason `unknown_command`.
        """
        action = command.removeprefix("walker ")
        with self._lock, self._pass() as happened:
            if not command.startswith("walker ") or action not in COMMANDS:
                outcome = Outcome("failed", "unknown_command", f"no command {command!r}")
                self._emit(outcome, [Issue("WARN", "unknown command", {"command": action})])
                self._tell(happened, outcome)
            elif action == "shutdown":
                self._shut_down(happened)
            elif self._change_state(action, data):
                self._run_pass(None, None, happened)
        return happened

    def _change_state(self, action: str, data: Any) -> bool:
        """Change the collector's state; tell whether waiting events are to be looked at again."""
        if action == "run":
            self._collector.run(data)
            self._waiting.clear()
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

    # ---- the end

    def flush(self) -> list[Outcome]:
        """Send what waits in the batch, and say for each batch how that went."""
        with self._lock, self._pass() as happened:
            self._flush(happened)
        return happened

    def close(self) -> list[Outcome]:
        """Flush for the last time. What HubSpot does not take stays in the queue and is reported."""
        return self.push_command("walker shutdown")

    def _shut_down(self, happened: list[Outcome]) -> None:
        if self._closed:
            return
        self._closed = True
        given = self._given_client is not None
        if self._batch is None or not len(self._batch) or (given and not self._do.flush_given_client):
            return
        failed = next((one for one in self._flush(happened) if one.kind == "failed"), None)
        if failed is not None and self.parity:
            message = failed.error.message if failed.error else failed.sentence
            text = f"destination '{self.config.id}' destroy failed: Error: {message}"
            self._emit(failed, [Issue("ERROR", text, {}, SCOPE)])

    # ---- one pass over waiting events and the new one (walkerOS 4.4, section 4.2)

    @contextmanager
    def _pass(self) -> Iterator[list[Outcome]]:
        happened: list[Outcome] = []
        yield happened
        for outcome in happened:
            for listener in self.listeners:
                listener(outcome)

    def _run_pass(self, event: dict[str, Any] | None, own_consent: Any, happened: list[Outcome]) -> Outcome:
        if self.config.disabled:
            outcome = _named("ignored", "disabled", "the destination is disabled", event or {})
            return self._tell(happened, outcome) if event is not None else outcome
        candidates = [(waiting, own) for waiting, own in self._waiting]
        self._waiting.clear()
        if not self._do.own_refusal_counts:
            candidates = [
                ({**waiting, "consent": self._collector.view.consent}, None) for waiting, _ in candidates
            ]
        if event is not None:
            candidates.append((event, own_consent))
        allowed: list[dict[str, Any]] = []
        last = Outcome("ignored", "nothing", "nothing waits")
        for candidate, own in candidates:
            granted = self._granted(candidate, own)
            if granted is None:
                outcome = self._wait(candidate, own, is_new=candidate is event)
                if candidate is event:
                    last = self._tell(happened, outcome)
            else:
                allowed.append({**candidate, "consent": granted})
        self._bound_waiting(happened)
        if allowed and not self._checked and not self._init(happened):
            return last
        for one in allowed:
            last = self._tell(happened, self._deliver(one, happened))
        return last

    def _granted(self, event: dict[str, Any], own: Any) -> dict[str, bool] | None:
        individual = own if self._do.own_refusal_counts else event["consent"]
        return granted_consent(self.config.consent, self._collector.view.consent, individual)

    def _wait(self, event: dict[str, Any], own: Any, *, is_new: bool) -> Outcome:
        self._waiting.append((event, own))
        needs = " or ".join(name for name, flag in (self.config.consent or {}).items() if flag)
        sentence = f"waits for consent: {needs}" if is_new else ""
        return _named("denied", "consent_missing", sentence, event)

    def _bound_waiting(self, happened: list[Outcome]) -> None:
        dropped = []
        while len(self._waiting) > max(0, self.config.queue_max):
            dropped.append(self._waiting.popleft()[0])
        if not dropped:
            return
        self.dropped += len(dropped)
        sentence = f"more than {self.config.queue_max} events wait for consent; the oldest is dropped"
        for number, event in enumerate(dropped):
            outcome = _named("failed", "consent_queue_full", sentence, event)
            if number == 0:
                text = "destination.queuePush overflow; oldest events dropped"
                self._emit(outcome, [Issue("WARN", text, {"droppedCount": len(dropped)}, SCOPE)])
            self._tell(happened, outcome)

    def _init(self, happened: list[Outcome]) -> bool:
        """Check the settings as late as upstream does: what was allowed is then gone (defect D7)."""
        try:
            self._require_usable()
        except ConfigError as error:
            message = str(error)
            outcome = Outcome("failed", "init_failed", message)
            issues = [
                Issue("ERROR", message, {}, SCOPE),
                Issue("ERROR", "destination init failed", {"error": message}, SCOPE),
            ]
            self._emit(outcome, issues)
            self._tell(happened, outcome)
            return False
        self._checked = True
        return True

    def _require_usable(self) -> None:
        self.config.require_settings(needs_token=self._given_client is None or self.parity)

    # ---- one event

    def _deliver(self, event: dict[str, Any], happened: list[Outcome]) -> Outcome:
        try:
            event = with_user(event, self._collector.view.user)
        except JsTypeError as error:
            return self._rejected(event, "push_error", str(error), Issue("ERROR", "push failed", {}))
        plan = self._planner.plan(event, self._collector.view, now_ms=self._now_ms(), traced=self.traced)
        outcome = _named("skipped", plan.reason, plan.sentence, event)
        outcome.plan = plan
        outcome.hints = list(plan.hints)
        self._emit(outcome, plan.issues[: plan.issues_before_send])
        if plan.verdict == "ignored":
            outcome.kind, outcome.returned = "ignored", False
        elif self.config.mock is not UNDEFINED and plan.verdict != "failed":
            outcome.reason, outcome.sentence = "mock", "the destination is mocked"
            outcome.returned = self.config.mock
        elif plan.verdict == "failed":
            self._fail(outcome, DeliveryError("impossible", plan.sentence), plan.reason)
        elif plan.verdict == "ready":
            self._carry_out(plan, outcome, happened)
        return outcome

    def _carry_out(self, plan: Plan, outcome: Outcome, happened: list[Outcome]) -> None:
        if not self._upsert(plan, outcome):
            return
        self._emit(outcome, plan.issues[plan.issues_before_send :])
        if plan.error is not None:
            self._fail(outcome, DeliveryError("impossible", plan.error), "mapping_error")
        elif plan.occurrence is None:
            if any(call[0].startswith("crm.") for call in outcome.calls):
                outcome.kind = "identified"
        else:
            occurrence = plan.occurrence
            if self._do.uuid:
                occurrence["uuid"] = occurrence_uuid(outcome.event_id)
            if self._batch is not None:
                self._queue(self._batch, occurrence, outcome, happened)
            else:
                self._send(occurrence, outcome)

    def _upsert(self, plan: Plan, outcome: Outcome) -> bool:
        """Write the contact if there is anything new to write; tell whether the event goes on."""
        contact = plan.contact
        if contact is None:
            return True
        known, upstream_knows = self._memory.knows(contact), self._shadow.knows(contact)
        self._shadow.remember(contact)
        if known:
            if contact.properties is not None and not upstream_knows:
                outcome.upstream = "walkerOS would update the contact again: it remembers the last one only"
            if plan.occurrence is None:
                outcome.reason, outcome.sentence = "contact_unchanged", "the contact is as HubSpot knows it"
            return True
        if contact.properties is not None:
            try:
                outcome.upstream = self._do.upsert(self._need_client(), contact, outcome.calls.append)
            except DeliveryError as error:
                return self._contact_failed(plan, outcome, error)
        self._memory.remember(contact)
        return True

    def _contact_failed(self, plan: Plan, outcome: Outcome, error: DeliveryError) -> bool:
        if self._do.contact_blocks_event or error.kind != "refused" or plan.occurrence is None:
            self._fail(outcome, error, "contact_failed")
            return False
        # HubSpot will not take this contact, however often; the event itself may still be fine.
        outcome.error = error
        text = f"HubSpot refused the contact; the event goes on: {error.describe()}"
        self._emit(outcome, [Issue("ERROR", text, {"event": outcome.name}, SCOPE)])
        outcome.upstream = "walkerOS would lose this event: its contact is refused"
        return True

    def _send(self, occurrence: dict[str, Any], outcome: Outcome) -> None:
        outcome.calls.append(["events.send.basicApi.send", occurrence])
        try:
            self._need_client().send(self._wire(occurrence))
        except DeliveryError as error:
            self._fail(outcome, error, "send_failed")
            return
        outcome.kind = "sent"

    def _queue(
        self, batch: BatchQueue, occurrence: dict[str, Any], outcome: Outcome, happened: list[Outcome]
    ) -> None:
        outcome.kind, outcome.reason = "queued", "batch"
        due = batch.add(Queued(outcome.event_id, occurrence))
        outcome.sentence = f"{len(batch)} of {batch.size} in the batch"
        if not due:
            return
        until = 1 if self._do.lossy_batches else batch.size
        failed = next((one for one in self._flush(happened, until=until) if one.kind == "failed"), None)
        if failed is not None and self.parity and failed.error is not None:
            self._fail(outcome, failed.error, "flush_failed")

    def _flush(self, happened: list[Outcome], until: int = 1) -> list[Outcome]:
        """Send batches while at least `until` occurrences wait; stop at the first that fails."""
        results: list[Outcome] = []
        batch = self._batch
        while batch is not None and len(batch) >= until:
            outcome = self._send_batch(batch)
            results.append(self._tell(happened, outcome))
            if outcome.kind == "failed":
                break
        return results

    def _send_batch(self, batch: BatchQueue) -> Outcome:
        chosen = batch.next_batch()
        inputs = [queued.occurrence for queued in chosen]
        outcome = Outcome("flushed", "batch_sent", f"{len(chosen)} events in one batch")
        outcome.events = tuple(queued.event_id for queued in chosen)
        outcome.calls.append(["events.send.batchApi.send", {"inputs": inputs}])
        try:
            batch.send(chosen, self._need_client())
        except DeliveryError as error:
            outcome.kind, outcome.reason, outcome.error = "failed", "flush_failed", error
            outcome.sentence = f"{len(chosen)} events were not taken: {error.describe()}"
            if not self.parity:
                outcome.sentence += f"; {len(batch)} stay in the queue"
                outcome.upstream = f"walkerOS would lose these {len(chosen)} events"
                self._emit(outcome, [Issue("ERROR", outcome.sentence, {}, SCOPE)])
        return outcome

    def _wire(self, occurrence: dict[str, Any]) -> dict[str, Any]:
        if occurrence["occurredAt"] is INVALID_DATE and isinstance(self._client, HubSpotClient):
            raise DeliveryError("impossible", "Invalid time value")
        return occurrence

    def _fail(self, outcome: Outcome, error: DeliveryError, reason: str) -> None:
        outcome.kind, outcome.reason, outcome.error = "failed", reason, error
        outcome.sentence = error.describe()
        event = outcome.plan.event if outcome.plan is not None else {}
        self.dead_letters.append((event, error))
        detail = {"error": error.as_dict(), "event": outcome.name}
        self._emit(outcome, [Issue("ERROR", "Push failed", detail, SCOPE)])

    def _need_client(self) -> Client:
        if self._client is None:
            self._client = self._client_factory(self.config.token)
        return self._client

    def _official_client(self, base_url: str | None) -> ClientFactory:
        def make(token: SecretStr) -> Client:
            more = {} if base_url is None else {"base_url": base_url}
            return HubSpotClient(token, timeout_seconds=self.config.timeout_ms / 1000, **more)

        return make

    # ---- telling

    def _emit(self, outcome: Outcome, issues: Any) -> None:
        for issue in issues:
            outcome.issues.append(issue)
            self._logger.log(_LEVELS[issue.level], "%s", issue.message, extra={"detail": issue.detail})

    @staticmethod
    def _tell(happened: list[Outcome], outcome: Outcome) -> Outcome:
        happened.append(outcome)
        return outcome


def _named(kind: Any, reason: str, sentence: str, event: dict[str, Any]) -> Outcome:
    name, event_id = event.get("name"), event.get("id")
    return Outcome(
        kind,
        reason,
        sentence,
        name if isinstance(name, str) else "",
        event_id if isinstance(event_id, str) else "",
    )
