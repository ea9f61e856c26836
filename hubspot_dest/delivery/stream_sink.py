"""Carry plans out for a worker on a stream: what is accepted is in memory, and its event stays in the stream.

The worker commits an event to the stream once `is_settled` says that HubSpot accepted what it asked for, or that it
was given up. An event that is delivered twice counts once, by the uuid of its occurrence.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.client import ClientProvider
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.contact_cache import ManyContacts, SharedContactCache
from hubspot_dest.delivery.dispatch.dispatcher import (
    Dispatcher,
    Report,
    dead_letters_of,
    log_outcomes,
    outcomes_of,
)
from hubspot_dest.delivery.dispatch.per_key_queue import planned_intents
from hubspot_dest.delivery.dispatch.throttle import RateBudget
from hubspot_dest.delivery.dispatch.workers import Workers
from hubspot_dest.delivery.memory_store import GivenUpIntent, MemoryStore
from hubspot_dest.delivery.outbox.schema import CONTACT, Intent, OutboxError
from hubspot_dest.delivery.settings import StreamSettings
from hubspot_dest.delivery.sink import PendingCommit
from hubspot_dest.outcome import Kind, Outcome, Reporter, outcome_of
from hubspot_dest.planning.plan import ContactUpsert, Plan

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox.schema import Progress

__all__ = ["StreamSink"]

_log = logging.getLogger("hubspot_dest")


class StreamSink:
    """Accepts plans into memory, and delivers them with threads of its own once `dispatch` is called.

    Args:
        config: the destination's configuration.
        settings: how it is delivered.
        clients: provides the client.
        reporter: logs issues and keeps dead letters.
        on_outcome: is called with every outcome of a delivery, in the thread that delivered.

    """

    background = True
    outbox = None

    def __init__(
        self,
        *,
        config: Config,
        settings: StreamSettings,
        clients: ClientProvider,
        reporter: Reporter,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._config = config
        self._settings = settings
        self._reporter = reporter
        self._on_outcome = on_outcome
        self._wall = settings.clock or time.time
        self._monotonic = settings.clock or time.monotonic
        self._contacts: SharedContactCache = settings.contacts or ManyContacts()
        self._remembered: set[str] = set()
        self._accepted: list[Intent] = []
        self._contacts_of: dict[str, tuple[Intent, ContactUpsert]] = {}
        self._closed = False
        client = clients.client()
        self._budget = RateBudget(settings.max_rps)
        if hasattr(client, "on_headers"):
            client.on_headers = lambda headers: self._budget.observe(headers, self._monotonic())
        self._calls = Calls(client)
        self._begin(0)

    def _begin(self, after: int) -> None:
        """Make an empty store with a dispatcher and threads of its own."""
        store = self._store = MemoryStore(after, self._wall)
        self._dispatcher = Dispatcher(
            store,
            self._calls,
            self._monotonic,
            self._wall,
            batch_size=self._config.batch_size if self._config.batch else 1,
            policy=self._settings.policy,
            budget=self._budget,
            rng=self._settings.rng or random.Random(),  # noqa: S311 - jitter
            report=lambda report: self._on_report(report, store),
        )
        self._workers = Workers(self._dispatcher, self._settings.connections)

    # ---- what a worker asks for

    @property
    def accepted(self) -> int:
        """The number of the newest intent: what one event asks for has the numbers that its push added."""
        return self._store.last

    def dispatch(self) -> None:
        """Let everything that was accepted since the last call be delivered."""
        accepted, self._accepted = self._accepted, []
        contacts, self._contacts_of = self._contacts_of, {}
        if contacts:
            known = self._contacts.known_elsewhere([contact for _, contact in contacts.values()])
            unneeded = {contacts[email][0].seq for email in known if email in contacts}
            if unneeded:
                self._store.drop(intent for intent in accepted if intent.seq in unneeded)
                accepted = [intent for intent in accepted if intent.seq not in unneeded]
        self._store.submit(accepted)
        if accepted:
            self._workers.start()

    def is_settled(self, first: int, last: int) -> bool:
        """Tell whether the intents with numbers from `first` to `last` are delivered or given up."""
        return not self._store.holds_any(first, last)

    def wait(self, seconds: float) -> bool:
        """Wait until everything is delivered or given up, or the time is over; return whether it is."""
        return self._workers.drain(deadline=seconds, settled=True)

    def take_given_up(self) -> list[GivenUpIntent]:
        """Take out what was given up since the last call."""
        return self._store.take_given_up()

    def confirm_contacts(self) -> None:
        """Let the contact cache keep what was remembered: everything that was accepted is settled."""
        self._contacts.confirm(self._remembered)
        self._remembered = set()

    def abandon(self, seconds: float) -> None:
        """Forget everything that is not delivered; requests in flight get a limited time for their answer.

        What is answered later is ignored. Contacts that were remembered meanwhile are written again.
        """
        self._workers.stop(seconds)
        for email in self._remembered:
            self._contacts.forget(email)
        self._remembered = set()
        self._accepted, self._contacts_of = [], {}
        self._begin(self._store.last)

    def share_limits(self, part: float) -> None:
        """Use only a part of the account's contact limit; the other workers of the group have the rest."""
        with self._dispatcher.lock:
            self._budget.share(part)

    def forget_contacts(self) -> None:
        """Forget what HubSpot knows of contacts: another worker may write them from now on."""
        self._contacts.clear()

    # ---- the Protocol `Sink`

    @property
    def dead_letters(self) -> deque[tuple[dict[str, Any], DeliveryError]]:
        """The last events that were given up by this process, each with the reason."""
        return self._reporter.dead_letters

    @property
    def pending(self) -> int:
        """How many intents are on their way."""
        return self._store.pending

    def check_address(self) -> None:
        """Do nothing: the client was made, and with it the address checked."""

    def accept(self, plan: Plan) -> Outcome:
        """Accept what a plan asks for; it is delivered after `dispatch`."""
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
        try:
            intents, unchanged = planned_intents(
                plan, event_id if isinstance(event_id, str) else "", self._contacts
            )
        except (DeliveryError, OutboxError) as error:
            refused = outcome_of("failed", plan.reason, plan.sentence, event, **more)
            impossible = (
                error if isinstance(error, DeliveryError) else DeliveryError("impossible", str(error))
            )
            return self._reporter.failed(refused, impossible, "impossible")
        kind: Kind = "skipped"
        reason, sentence = plan.reason, plan.sentence
        if intents:
            added = self._store.add(intents)
            self._accepted += added
            if added[0].kind == CONTACT and plan.contact is not None:
                email = plan.contact.email.lower()
                if email not in self._remembered:  # the first of this batch; others follow from it
                    self._contacts_of[email] = (added[0], plan.contact)
                self._remembered.add(email)
            kind, reason, sentence = "queued", "stream", "on its way; the stream keeps it until then"
            if plan.occurrence is None:
                kind, sentence = "identified", "the contact is on its way; the stream keeps it until then"
        elif unchanged:
            reason, sentence = "contact_unchanged", "the contact is as HubSpot knows it"
        outcome = outcome_of(kind, reason, sentence, event, **more)
        if plan.error is not None:
            impossible = DeliveryError("impossible", plan.error)
            return self._reporter.failed(outcome, impossible, "mapping_error")
        return outcome

    def stage(self, progress: Progress | None = None) -> PendingCommit | None:  # noqa: ARG002 - the Protocol's shape
        """Return None: the stream is what keeps events."""
        return None

    def commit(self, pending: PendingCommit, outcomes: Sequence[Outcome]) -> list[Outcome]:  # noqa: ARG002 - see there
        """Return the outcomes as they are."""
        return list(outcomes)

    def deliver_next(self, *, partial: bool = False) -> float | None:
        """Do one piece of delivery in the calling thread, for a sink without connections of its own."""
        return self._dispatcher.step(partial=partial)

    @property
    def halted(self) -> DeliveryError | None:
        """Why nothing is delivered until a person changes something, such as a revoked token; else None."""
        return self._dispatcher.halted

    @property
    def unrecorded(self) -> int:
        """Nothing is recorded here, so nothing is missing."""
        return 0

    def flush(self, *, deadline: float | None = None) -> list[Outcome]:
        """Deliver what was accepted; its outcomes are notified."""
        self.dispatch()
        self._workers.drain(deadline=deadline)
        return []

    def close(
        self,
        *,
        deadline: float | None = None,
        stall: float | None = None,
        keep_outcomes: bool = True,  # noqa: ARG002 - nothing is returned in any case
    ) -> list[Outcome]:
        """Deliver until the deadline, and stop; what is left stays in the stream."""
        if self._closed:
            return []
        self._closed = True
        if deadline is None and stall is None:
            deadline = self._settings.close_seconds
        self.dispatch()
        if self._store.pending:
            self._workers.drain(deadline=deadline, stall=stall)
        self._workers.stop(0.5 if deadline is None else min(deadline, 0.5))
        return []

    def end_within(self, seconds: float) -> None:
        """End delivery within this many seconds, also if it is under way. Safe in signal handlers."""
        self._workers.end_within(seconds)

    def abort(self) -> None:
        """Make `close` wait for nothing. Safe in signal handlers."""
        self._workers.end_within(0.0)

    def _on_report(self, report: Report, store: MemoryStore) -> None:
        if store is not self._store:
            return  # an answer to an abandoned request
        outcomes = outcomes_of(report, store.pending, self._wall(), where="stay in the stream")
        for outcome in log_outcomes(report, outcomes):
            self._on_outcome(outcome)
        for payload, error, email in dead_letters_of(report):
            self._reporter.dead_letters.append((payload, error))
            if report.what == "contacts":
                self._contacts.forget(email)
                self._remembered.discard(email)
