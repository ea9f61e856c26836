"""HubSpotDestination: push, flush, close. The only place where mapping, memory and delivery meet."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.delivery.client.client import Client
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.direct_sink import ClientFactory, DirectSink, Reporter, official_clients
from hubspot_dest.delivery.outbox.settings import OutboxSettings
from hubspot_dest.driving import Driving, Listener
from hubspot_dest.events.collector import COMMANDS, CollectorState
from hubspot_dest.events.event import InvalidEventError, NullFieldError, with_user
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.outcome import Outcome, outcome_of
from hubspot_dest.planning.plan import SCOPE
from hubspot_dest.planning.planner import Planner
from hubspot_dest.planning.profiles import Profile, better, walkeros

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox_sink import OutboxSink

__all__ = ["HubSpotDestination", "Listener"]

# A library says nothing unless the program that uses it wants to hear it.
logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())


class HubSpotDestination(Driving):
    """Sends walkerOS events to HubSpot as a walkerOS destination configuration says.

    One destination with its collector's state. Methods may be called from several threads; events go out in the
    order in which they came.

    Args:
        config: the destination's configuration: a mapping as in a walkerOS flow, or a loaded `Config`. Never changed.
        parity: do what walkerOS 4.4 does, call for call, its losses included; else do better on purpose
            (docs/departures.md).
        client: calls HubSpot; by default the official client with the configuration's token.
        client_factory: makes the client from the token when the first event needs it.
        base_url: where HubSpot is, instead of the configuration's `baseUrl`.
        consent, user, globals_, custom: the collector's state to begin with.
        now_ms: the clock, in ms since 1970.
        new_id: makes ids for events without one.
        traced: plans record where every value came from.
        logger: gets every issue as a log record; `hubspot_dest` by default.
        outbox: a durable queue: its path, or `OutboxSettings`. What `push` calls `queued` is then on disk and reaches
            HubSpot in the background; listeners hear what became of it, from the thread that delivered it.

    Raises:
        ConfigError: where the configuration cannot work: no token, no prefix, unknown keys, wrong types
            (in parity only what upstream could not even read).
        OutboxError: where the outbox cannot be used.
        ValueError: for an outbox in parity.

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
        outbox: OutboxSettings | Path | str | None = None,
    ) -> None:
        if parity and outbox is not None:
            msg = "walkerOS has no outbox: parity=True and outbox= exclude each other"
            raise ValueError(msg)
        self.parity = parity
        self._do: Profile = walkeros() if parity else better()
        if not isinstance(config, Config):
            config = Config.lenient(config) if parity else Config.strict(config)
        self.config = config
        self._now_ms = now_ms or (lambda: time.time_ns() // 1_000_000)
        self._given_client = client if client is not None else config.env_client
        if not self._do.lazy_checks:
            self._require_usable()
        self._checked = not self._do.lazy_checks
        self._reporter = Reporter(logger or logging.getLogger("hubspot_dest"))
        self._planner = Planner(config.raw, policy=self._do.plan)
        self._collector = CollectorState.begun(
            config.collector,
            now_ms=self._now_ms,
            consent=consent,
            user=user,
            globals_=globals_,
            custom=custom,
            new_id=new_id,
        )
        self.dropped = 0
        self.traced = traced
        self.listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._closed = False
        factory = client_factory or official_clients(config, base_url)
        self._durable = None if outbox is None else self._with_outbox(factory, outbox)
        self._carrier = self._durable or DirectSink(
            config, self._do, self._given_client, factory, self._reporter
        )
        self._waiting = self._carrier.waiting_room()

    def _with_outbox(self, factory: ClientFactory, outbox: OutboxSettings | Path | str) -> OutboxSink:
        from hubspot_dest.delivery.outbox_sink import (
            OutboxSink,  # SQLite is only loaded where there is an outbox
        )

        settings = outbox if isinstance(outbox, OutboxSettings) else OutboxSettings(outbox)
        self._watch_forks()
        return OutboxSink(
            self.config, settings, self._do, self._given_client, factory, self._reporter, self._hear
        )

    def __repr__(self) -> str:
        return f"HubSpotDestination(id={self.config.id!r}, parity={self.parity}, token=****)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def check_address(self) -> None:
        """Make the client now, so that an address that is none is found before the first event.

        Raises:
            ValueError: where the base URL is no http(s) address.

        """
        self._carrier.client()

    # ---- what waits where

    @property
    def queued(self) -> int:
        """How many occurrences wait for their batch, or lie in the outbox."""
        if self._durable is not None:
            return self._durable.outbox.pending
        return len(self._carrier.batch) if self._carrier.batch is not None else 0

    @property
    def dead_letters(self) -> deque[tuple[dict[str, Any], DeliveryError]]:
        """The last events that were given up, each with the reason; at most the configuration's `dlqMax`."""
        return self._carrier.dead_letters

    @property
    def rescued(self) -> Path | None:
        """A copy of the outbox that was made at the end because its file had been removed or replaced; None if none."""
        return None if self._durable is None else self._durable.rescued

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
        consent and batches that filled up in the same pass are in `also`. With an outbox, `queued` means on disk.
        """
        happened: list[Outcome] = []
        with self._lock:
            outcome = self._accept(event, happened)
            ticket = self._carrier.hand_over()
            if ticket is None:
                self._announce(happened)
        if ticket is not None:
            self._settle(ticket, happened)
        if len(happened) > 1:
            outcome.also = tuple(other for other in happened if other is not outcome)
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
            sentence = error.sentence if isinstance(error, NullFieldError) else str(error)
            return self._tell(happened, self._rejected(raw, "push_error", sentence, issue))
        outcome = self._run_pass(event, own_consent, happened)
        assert outcome is not None  # an event always has one
        return outcome

    def _rejected(self, raw: Any, reason: str, sentence: str, issue: Issue) -> Outcome:
        outcome = outcome_of("failed", reason, sentence, raw if isinstance(raw, dict) else {})
        self._reporter.report(outcome, [issue])
        return outcome

    def push_command(self, command: str, data: Any = UNDEFINED) -> list[Outcome]:
        """Carry out a collector command such as `walker consent`, and return what it set in motion.

        An unknown command is a warning and an outcome `failed` with reason `unknown_command`.
        """
        action = command.removeprefix("walker ")
        if command == "walker shutdown" and self._durable is not None:
            return self.close()
        happened: list[Outcome] = []
        with self._lock:
            if not command.startswith("walker ") or action not in COMMANDS:
                outcome = Outcome("failed", "unknown_command", f"no command {command!r}")
                self._reporter.report(outcome, [Issue("WARN", "unknown command", {"command": action})])
                self._tell(happened, outcome)
            elif action == "shutdown" and self._durable is None:
                self._shut_down(happened)
            elif self._change_state(action, data):
                self._run_pass(None, None, happened)
            ticket = self._carrier.hand_over()
            if ticket is None:
                self._announce(happened)
        if ticket is not None:
            self._settle(ticket, happened)
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

    def flush(self, *, deadline: float | None = None) -> list[Outcome]:
        """Send what waits, and say how that went.

        Args:
            deadline: with an outbox, wait no longer than so many seconds; None waits as long as HubSpot takes, but
                not for what only a person can put right (a wrong token).

        """
        if self._durable is not None:
            durable = self._durable
            return self._gather(lambda: durable.flush_all(deadline=deadline))
        happened: list[Outcome] = []
        with self._lock:
            self._carrier.flush(happened)
            self._announce(happened)
        return happened

    def close(self, *, deadline: float | None = None, stall: float | None = None) -> list[Outcome]:
        """Send what waits, for the last time, and report. What HubSpot does not take stays in the queue or outbox.

        Args:
            deadline: with an outbox, how many seconds at most; its settings' `close_seconds` if not given.
            stall: with an outbox, end when nothing got through for so many seconds, instead.

        """
        if self._durable is None:
            return self.push_command("walker shutdown")
        durable = self._durable
        return self._gather(lambda: durable.close(deadline=deadline, stall=stall))

    def _shut_down(self, happened: list[Outcome]) -> None:
        if self._closed:
            return
        self._closed = True
        given = self._given_client is not None
        if not self.queued or (given and not self._do.flush_given_client):
            return
        failed = next((one for one in self._carrier.flush(happened) if one.kind == "failed"), None)
        if failed is not None and self.parity:
            message = failed.error.message if failed.error else failed.sentence
            text = f"destination '{self.config.id}' destroy failed: Error: {message}"
            self._reporter.report(failed, [Issue("ERROR", text, {}, SCOPE)])

    # ---- one pass over waiting events and the new one (walkerOS 4.4, section 4.2)

    def _announce(self, happened: list[Outcome]) -> None:
        for listener in self.listeners:
            for outcome in happened:
                listener(outcome)

    def _run_pass(
        self, event: dict[str, Any] | None, own_consent: Any, happened: list[Outcome]
    ) -> Outcome | None:
        """Take every waiting event and then the new one as far as consent allows; return the new one's outcome."""
        if self.config.disabled:
            if event is None:
                return None
            return self._tell(
                happened, outcome_of("ignored", "disabled", "the destination is disabled", event)
            )
        state = self._collector.view.consent
        allowed = self._waiting.release(state)
        denied = None
        if event is not None:
            if self._waiting.admits(event, own_consent, state):
                allowed.append(event)
            else:
                sentence = f"waits for consent: {self._waiting.needs}"
                denied = self._tell(happened, outcome_of("denied", "consent_missing", sentence, event))
                self._waiting.keep(event, own_consent, denied)
                self._drop_excess(happened)
        if allowed and not self._checked and not self._init(happened):
            return happened[-1]
        delivered = None
        for one in allowed:
            delivered = self._tell(happened, self._deliver(one, happened))
        return denied or delivered

    def _drop_excess(self, happened: list[Outcome]) -> None:
        dropped = self._waiting.drop_excess()
        self.dropped += len(dropped)
        sentence = f"more than {self.config.queue_max} events wait for consent; the oldest is dropped"
        for number, event in enumerate(dropped):
            outcome = outcome_of("failed", "consent_queue_full", sentence, event)
            if number == 0:
                text = "destination.queuePush overflow; oldest events dropped"
                self._reporter.report(outcome, [Issue("WARN", text, {"droppedCount": self.dropped}, SCOPE)])
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
            self._reporter.report(outcome, issues)
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
        except NullFieldError as error:
            return self._rejected(event, "push_error", error.sentence, Issue("ERROR", "push failed", {}))
        plan = self._planner.plan(event, self._collector.view, self._now_ms(), traced=self.traced)
        outcome = outcome_of("skipped", plan.reason, plan.sentence, event)
        outcome.plan = plan
        if plan.hints:
            outcome.hints = plan.hints
        if plan.issues:
            self._reporter.report(outcome, plan.issues[: plan.issues_before_send])
        if plan.verdict == "ready" and self.config.mock is UNDEFINED:
            self._carrier.carry_out(plan, outcome, happened)
        elif plan.verdict == "ignored":
            outcome.kind, outcome.returned = "ignored", False
        elif plan.verdict == "failed":
            self._carrier.fail(outcome, DeliveryError("impossible", plan.sentence), plan.reason)
        elif self.config.mock is not UNDEFINED:
            outcome.reason, outcome.sentence = "mock", "the destination is mocked"
            outcome.returned = self.config.mock
        return outcome

    @staticmethod
    def _tell(happened: list[Outcome], outcome: Outcome) -> Outcome:
        happened.append(outcome)
        return outcome
