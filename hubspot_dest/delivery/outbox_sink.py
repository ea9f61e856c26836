"""Carry plans out through the outbox: accepted means on disk, and delivery goes on behind the caller's back."""

from __future__ import annotations

import atexit
import logging
import os
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.client import Client, encode
from hubspot_dest.delivery.client.codec import decode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.direct_sink import ClientFactory, DirectSink, Reporter
from hubspot_dest.delivery.dispatch.dispatcher import Dispatcher
from hubspot_dest.delivery.dispatch.in_flight import Report
from hubspot_dest.delivery.dispatch.per_key_queue import CONTACT, EVENT
from hubspot_dest.delivery.dispatch.rate import RateBudget
from hubspot_dest.delivery.dispatch.workers import Workers
from hubspot_dest.delivery.occurrence_uuid import occurrence_uuid
from hubspot_dest.delivery.outbox.consent_queue import OutboxConsentQueue
from hubspot_dest.delivery.outbox.contact_cache import OutboxContactCache
from hubspot_dest.delivery.outbox.outcomes import outcomes_of
from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox, Progress
from hubspot_dest.delivery.outbox.records import Group, ParkedEvent
from hubspot_dest.delivery.outbox.schema import OutboxError
from hubspot_dest.delivery.outbox.settings import OutboxSettings
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import ContactUpsert, Plan
from hubspot_dest.planning.profiles import Profile

__all__ = ["OutboxSink", "PendingCommit"]

_log = logging.getLogger("hubspot_dest")


@dataclass(slots=True)
class PendingCommit:
    """What one push put into the outbox, until it is on disk."""

    group: Group
    outcomes: list[Outcome]
    emails: list[str]


@dataclass(slots=True)
class _Basket:
    """What plans asked for since the last `hand_over`."""

    intents: list[NewIntent] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    memory: dict[str, dict[str, str]] = field(default_factory=dict)
    held: list[tuple[str, bytes]] = field(default_factory=list)
    released: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.intents or self.held or self.released)


class OutboxSink(DirectSink):
    """What lies between a plan and HubSpot when there is an outbox.

    Args:
        config: the destination's configuration.
        settings: the outbox and how it is delivered.
        strategies: the better sender's; parity never has an outbox.
        client: calls HubSpot, or None for the factory's.
        client_factory: makes the client from the token.
        reporter: is told every issue.
        tell: is told every outcome of a delivery, from the thread that delivered.

    Raises:
        OutboxError: the outbox cannot be used.

    """

    def __init__(
        self,
        config: Config,
        settings: OutboxSettings,
        strategies: Profile,
        client: Client | None,
        client_factory: ClientFactory,
        reporter: Reporter,
        tell: Callable[[Outcome], None],
    ) -> None:
        super().__init__(config, strategies, client, client_factory, reporter)
        self.batch = None
        self._settings = settings
        self._tell = tell
        self._own_client = client is None
        self._process: int | None = None
        self.hurried = False
        self.held_again = False
        self.rescued: Path | None = None
        """A copy of what was left at the end, where the outbox's file had been removed or replaced."""
        self._open(Path(settings.path))
        _forget_in_children(self)
        atexit.register(_at_exit, weakref.ref(self))

    def _open(self, path: Path) -> None:
        settings = self._settings
        self.outbox = Outbox(path, durability=settings.durability)
        try:
            client = self.client()
            self._aim(f"{getattr(client, 'base_url', 'a given client')} {self._prefix()}")
            self._adopt_orphans(path)
        except BaseException:
            self.outbox.close()
            raise
        self._ledger = OutboxContactCache(self.outbox)
        self._basket = _Basket()
        budget = RateBudget(settings.max_rps)
        if hasattr(client, "on_headers"):
            client.on_headers = lambda headers: budget.heard(headers, time.monotonic())
        self.dispatcher = Dispatcher(
            self.outbox,
            Calls(client),
            time.monotonic,
            time.time,
            batch_size=self._config.batch_size if self._config.batch else 1,
            flush_seconds=settings.flush_seconds,
            policy=settings.policy,
            budget=budget,
            report=self._heard,
        )
        self.workers = Workers(self.dispatcher, settings.connections)
        self._process = os.getpid()
        if self.outbox.pending:
            self.workers.start()

    def _prefix(self) -> str:
        settings = self._config.raw.get("settings")
        return str(settings.get("eventNamePrefix", "")) if isinstance(settings, dict) else ""

    def _aim(self, target: str) -> None:
        """Make sure that what the outbox holds goes to no other HubSpot than it was accepted for."""
        before = self.outbox.meta("target")
        if before == target:
            return
        held = self.outbox.pending + self.outbox.dead() + self.outbox.held
        if before is not None and held:
            msg = (
                f"outbox {self.outbox.path} holds {held} events for {before}, "
                f"and this configuration sends to {target}; give another --outbox (outbox=), "
                "or see `hubspot-dest outbox status`"
            )
            raise OutboxError(msg)
        self.outbox.retarget(target)

    def _adopt_orphans(self, path: Path) -> None:
        """Take over what forked children of an earlier run left behind."""
        for orphan in sorted(path.parent.glob(f"{path.name}.fork*")):
            if orphan.suffix.removeprefix(".fork").isdigit():
                try:
                    self.outbox.adopt(orphan)
                except OutboxError as error:
                    _log.info("%s", error)  # a child that still lives delivers its own

    # ---- accepting

    def carry_out(self, plan: Plan, outcome: Outcome, happened: list[Outcome]) -> None:  # noqa: ARG002 - base's shape
        """Put what a plan says into the basket; it is accepted once `settle` has come back."""
        try:
            self._belong_to_this_process()
            intents, memory = self._intents(plan, outcome)
        except (DeliveryError, OutboxError) as error:
            self.refuse(outcome, error)
            return
        if plan.issues:
            self._reporter.report(outcome, plan.issues[plan.issues_before_send :])
        if intents:
            outcome.kind, outcome.reason, outcome.sentence = "queued", "outbox", "safe in the outbox"
            if plan.occurrence is None:
                outcome.kind, outcome.sentence = "identified", "the contact is safe in the outbox"
            self._basket.intents += intents
            self._basket.outcomes.append(outcome)
            if memory is not None:
                self._basket.memory[memory[0]] = memory[1]
        if plan.error is not None:
            self.fail(outcome, DeliveryError("impossible", plan.error), "mapping_error")

    def _intents(
        self, plan: Plan, outcome: Outcome
    ) -> tuple[list[NewIntent], tuple[str, dict[str, str]] | None]:
        identity = _keys(plan.email, plan.object_id)
        intents: list[NewIntent] = []
        memory = None
        if plan.occurrence is not None:
            plan.occurrence["uuid"] = occurrence_uuid(outcome.event_id)
            event_id = _storable(outcome.event_id)
            intents.append(NewIntent(EVENT, identity, event_id, encode(plan.occurrence)))
        contact = plan.contact
        if contact is not None and contact.properties is not None:
            now = time.time()
            if not self._ledger.knows(contact, now):
                intents.insert(0, _contact_intent(contact, identity, outcome.event_id))
                memory = self._ledger.remember(contact, now)
            elif plan.occurrence is None:
                outcome.reason, outcome.sentence = "contact_unchanged", "the contact is as HubSpot knows it"
        return intents, memory

    def hand_over(self, progress: Progress | None = None) -> PendingCommit | None:
        """Give the basket to the outbox; call it under the lock under which the plans were carried out."""
        basket = self._basket
        if not basket and progress is None:
            return None
        self._basket = _Basket()
        group = self.outbox.add(basket.intents, basket.memory, progress, basket.held, basket.released)
        return PendingCommit(group, basket.outcomes, list(basket.memory))

    def settle(self, ticket: PendingCommit) -> None:
        """Return when the ticket's events are on disk; if they cannot be, their outcomes say so."""
        try:
            self.outbox.settle(ticket.group)
        except OutboxError as error:
            for email in ticket.emails:
                self._ledger.forget(email)
            for outcome in ticket.outcomes:
                self.refuse(outcome, error)
            self.held_again = True  # what was let go with it waits as before
            return
        self.workers.start()

    def refuse(self, outcome: Outcome, error: DeliveryError | OutboxError) -> None:
        """Give an event up that could not be accepted: it cannot be written down, or the outbox cannot be used."""
        if isinstance(error, DeliveryError):
            self.fail(outcome, error, "impossible")
        else:
            self.fail(outcome, DeliveryError("impossible", str(error)), "outbox")

    # ---- what waits for consent

    def waiting_room(self) -> OutboxConsentQueue:
        """Return where events wait for consent; without a limit of the user's own nothing is dropped there."""
        own = self._config.raw.get("queueMax") is not None
        return OutboxConsentQueue(self._config.consent, self._config.queue_max if own else None, self)

    @property
    def held(self) -> int:
        """How many events wait for consent."""
        basket = self._basket
        return self.outbox.held + len(basket.held) - len(basket.released)

    def hold(self, outcome: Outcome, event: bytes) -> None:
        """Put an event that waits for consent into the basket.

        Raises:
            OutboxError: it cannot be.

        """
        self._belong_to_this_process()
        outcome.sentence += "; safe in the outbox"
        self._basket.held.append((_storable(outcome.event_id), event))
        self._basket.outcomes.append(outcome)

    def held_events(self, after: int = 0) -> Iterator[ParkedEvent]:
        """Yield what waits for consent, oldest first.

        Raises:
            OutboxError: it cannot be read.

        """
        self._belong_to_this_process()
        self.outbox.flush()  # what another thread is about to write is part of it
        return self.outbox.held_events(after)

    def let_go(self, number: int) -> None:
        """Note that an event waits no longer; written with what becomes of it."""
        self._basket.released.append(number)

    def take_back(self, count: int) -> list[bytes]:
        """Take the oldest events out of the basket again."""
        taken = self._basket.held[:count]
        del self._basket.held[:count]
        return [event for _, event in taken]

    # ---- delivering

    def _heard(self, report: Report) -> None:
        if report.kind == "failed":
            said = report.error.describe() if report.error is not None else ""
            _log.info("%d %s will be tried again: %s", len(report.intents), report.what, said)
            return
        for outcome in outcomes_of(report, self.outbox.pending):
            outcome.delivery = True
            if outcome.kind == "failed":
                _log.log(
                    logging.WARNING if report.kind == "paused" else logging.ERROR, "%s", outcome.sentence
                )
            self._tell(outcome)
        if report.kind == "dead" and report.error is not None:
            for intent in report.intents:
                payload = decode(intent.payload)
                self.dead_letters.append((payload, report.error))
                if report.what == "contacts":
                    self._ledger.forget(str(payload.get("email", "")).lower())

    def flush_all(self, *, deadline: float | None, stall: float | None = None) -> bool:
        """Deliver what is in the outbox; return whether all of it went or was given up."""
        self._belong_to_this_process()
        self.workers.start()
        return self.workers.drain(deadline=deadline, stall=stall)

    def close(self, *, deadline: float | None = None, stall: float | None = None) -> int:
        """Deliver until the deadline, stop, and close the outbox; return how many intents stay in it."""
        if self._process != os.getpid() or self.outbox.closed:
            return 0
        if deadline is None and stall is None:
            deadline = self._settings.close_seconds
        if self.hurried:
            deadline = 0.0
        self.flush_all(deadline=deadline, stall=stall)
        self.workers.stop(min(deadline if deadline is not None else 10.0, self._config.timeout_ms / 1000 + 1))
        left, held = self.outbox.pending, self.outbox.held
        trouble = self.outbox.trouble()
        try:
            if trouble and (left or held):
                self.outbox.flush()
                self.rescued = self.outbox.rescue(left + held)
            self.outbox.close()
        except OutboxError as error:
            _log.error("%s", error)
        if trouble and (left or held):
            copied = (
                "nothing of it can be read" if self.rescued is None else f"they were copied to {self.rescued}"
            )
            _log.error("%s; %d events were not delivered: %s", trouble, left + held, copied)
            return left
        if left:
            _log.warning("%d events are safe in the outbox %s", left, self.outbox.path)
        if held:
            _log.info("%d events wait for consent in the outbox %s", held, self.outbox.path)
        return left

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

    def forked(self) -> None:
        """Let go of the parent's outbox; called in the child, before anything else runs there."""
        self.outbox.abandon()
        if self._own_client:
            self._client = None  # its locks may be held by a thread that the child does not have
        self._process = None


def _contact_intent(contact: ContactUpsert, identity: tuple[str, ...], event_id: str) -> NewIntent:
    body = encode({"email": contact.email, "properties": contact.properties})
    own = _key("e", contact.email.lower())
    return NewIntent(CONTACT, (own, *(key for key in identity if key != own)), _storable(event_id), body)


def _keys(email: str | None, object_id: str | None) -> tuple[str, ...]:
    """Return whose an occurrence is."""
    if object_id is None:
        return (_key("e", (email or "").lower()),)
    key = _key("o", object_id)
    return (key,) if email is None else (_key("e", email.lower()), key)


def _key(kind: str, identity: str) -> str:
    """Return a key without line breaks, which part keys from each other; no identity that HubSpot takes has one."""
    if identity.isascii() and "\n" not in identity:
        return f"{kind}:{identity}"
    return f"{kind}:{_storable(identity)}".replace("\n", " ")


def _storable(text: str) -> str:
    """Return a text that can be written down: half a surrogate pair cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _forget_in_children(carrier: OutboxSink) -> None:
    if hasattr(os, "register_at_fork"):
        reference = weakref.ref(carrier)

        def child() -> None:
            one = reference()
            if one is not None:
                one.forked()

        os.register_at_fork(after_in_child=child)


def _at_exit(reference: weakref.ref[OutboxSink]) -> None:
    carrier = reference()
    if carrier is not None:
        carrier.close()
