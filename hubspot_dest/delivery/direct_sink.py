"""Carry a plan out: contact upsert, single send or batch, and what to say of it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.batch_queue import BatchQueue, Queued
from hubspot_dest.delivery.client.client import Client, HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.occurrence_uuid import occurrence_uuid
from hubspot_dest.events.consent_queue import ConsentQueue
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import SCOPE, Plan
from hubspot_dest.planning.profiles import Profile, walkeros

__all__ = ["DirectSink", "ClientFactory", "Reporter", "official_clients"]

ClientFactory = Callable[[SecretStr], Client]

_LEVELS = {"ERROR": logging.ERROR, "WARN": logging.WARNING, "INFO": logging.INFO, "DEBUG": logging.DEBUG}


def official_clients(config: Config, base_url: str | None) -> ClientFactory:
    """Return what makes the official client from a token, for another HubSpot if `base_url` is given."""

    def make(token: SecretStr) -> Client:
        known = config.connection
        connection = known if base_url is None else replace(known, base_url=base_url)
        return HubSpotClient(token, timeout_seconds=config.timeout_ms / 1000, connection=connection)

    return make


class Reporter:
    """Puts every issue on its outcome and into the log.

    Args:
        logger: gets a record an issue, whose message is the issue's and whose `detail` its detail.

    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def report(self, outcome: Outcome, issues: Iterable[Issue]) -> None:
        """Tell issues of an outcome."""
        for issue in issues:
            outcome.issues = (*outcome.issues, issue)
            self._logger.log(_LEVELS[issue.level], "%s", issue.message, extra={"detail": issue.detail})


class DirectSink:
    """Owns what lies between a plan and HubSpot: client, contact memory, batch, dead letters.

    Args:
        config: the destination's configuration.
        strategies: what to do where walkerOS and the better sender differ.
        client: calls HubSpot; made by the factory when the first call needs it, if not given.
        client_factory: makes the client from the token.
        reporter: is told every issue.

    """

    def __init__(
        self,
        config: Config,
        strategies: Profile,
        client: Client | None,
        client_factory: ClientFactory,
        reporter: Reporter,
    ) -> None:
        self._config = config
        self._do = strategies
        self._client = client
        self._client_factory = client_factory
        self._reporter = reporter
        self._memory = strategies.memory()
        # What walkerOS itself would remember: to say where it would have called.
        self._shadow = walkeros().memory()
        self.dead_letters: deque[tuple[dict[str, Any], DeliveryError]] = deque(maxlen=config.dlq_max)
        self._overflow_told = False
        self.batch: BatchQueue | None = None
        if config.batch:
            self.batch = BatchQueue(
                config.batch_size, chunk=config.batch_chunk, lossy=strategies.lossy_batches
            )

    def carry_out(self, plan: Plan, outcome: Outcome, happened: list[Outcome]) -> None:
        """Do what a plan says and put what came of it on the outcome; flushes are added to `happened`."""
        if not self._upsert(plan, outcome):
            return
        self._reporter.report(outcome, plan.issues[plan.issues_before_send :])
        if plan.error is not None:
            self.fail(outcome, DeliveryError("impossible", plan.error), "mapping_error")
        elif plan.occurrence is None:
            if any(call[0].startswith("crm.") for call in outcome.calls):
                outcome.kind = "identified"
        else:
            occurrence = plan.occurrence
            if self._do.uuid:
                occurrence["uuid"] = occurrence_uuid(outcome.event_id)
            if self.batch is not None:
                self._queue(self.batch, occurrence, outcome, happened)
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
                outcome.upstream = self._do.upsert(self.client(), contact, outcome.record)
            except DeliveryError as error:
                return self._contact_failed(plan, outcome, error)
        self._memory.remember(contact)
        return True

    def _contact_failed(self, plan: Plan, outcome: Outcome, error: DeliveryError) -> bool:
        if self._do.contact_blocks_event or error.kind != "refused" or plan.occurrence is None:
            self.fail(outcome, error, "contact_failed")
            return False
        # HubSpot will not take this contact, however often; the event itself may still be fine.
        outcome.error = error
        text = f"HubSpot refused the contact; the event goes on: {error.describe()}"
        self._reporter.report(outcome, [Issue("ERROR", text, {"event": outcome.name}, SCOPE)])
        outcome.upstream = "walkerOS would lose this event: its contact is refused"
        return True

    def _send(self, occurrence: dict[str, Any], outcome: Outcome) -> None:
        outcome.record(["events.send.basicApi.send", occurrence])
        try:
            self.client().send(occurrence)
        except DeliveryError as error:
            self.fail(outcome, error, "send_failed")
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
        failed = next((one for one in self.flush(happened, until=until) if one.kind == "failed"), None)
        if failed is not None and self._do.lossy_batches and failed.error is not None:
            self.fail(outcome, failed.error, "flush_failed")

    def waiting_room(self) -> ConsentQueue:
        """Return where events wait for consent."""
        config = self._config
        return ConsentQueue(config.consent, config.queue_max, own_refusal_counts=self._do.own_refusal_counts)

    def hand_over(self, progress: Any = None) -> Any:  # noqa: ARG002 - the outbox's carrier uses it
        """Return a ticket for what is not yet on disk; without an outbox there is none."""
        return None

    def settle(self, ticket: Any) -> None:
        """Return when what belongs to the ticket is on disk."""

    def flush(self, happened: list[Outcome], until: int = 1) -> list[Outcome]:
        """Send batches while at least `until` occurrences wait; stop at the first that fails."""
        results: list[Outcome] = []
        batch = self.batch
        while batch is not None and len(batch) >= until:
            outcome = self._send_batch(batch)
            results.append(outcome)
            happened.append(outcome)
            if outcome.kind == "failed":
                break
        return results

    def _send_batch(self, batch: BatchQueue) -> Outcome:
        chosen = batch.next_batch()
        inputs = [queued.occurrence for queued in chosen]
        outcome = Outcome("flushed", "batch_sent", f"{len(chosen)} events in one batch")
        outcome.events = tuple(queued.event_id for queued in chosen)
        outcome.record(["events.send.batchApi.send", {"inputs": inputs}])
        try:
            batch.send(chosen, self.client())
        except DeliveryError as error:
            outcome.kind, outcome.reason, outcome.error = "failed", "flush_failed", error
            outcome.sentence = f"{len(chosen)} events were not taken: {error.describe()}"
            if self._do.lossy_batches:
                outcome.reason = "batch_lost"
                outcome.sentence += "; they had left the queue before they were sent, and are lost"
            else:
                outcome.sentence += f"; {len(batch)} stay in the queue"
                outcome.upstream = f"walkerOS would lose these {len(chosen)} events"
                self._reporter.report(outcome, [Issue("ERROR", outcome.sentence, {}, SCOPE)])
        return outcome

    def fail(self, outcome: Outcome, error: DeliveryError, reason: str) -> None:
        """Give an event up: it lies in the dead letters, and its outcome says why."""
        outcome.kind, outcome.reason, outcome.error = "failed", reason, error
        outcome.sentence = error.describe()
        event = outcome.plan.event if outcome.plan is not None else {}
        full = len(self.dead_letters) == self.dead_letters.maxlen
        self.dead_letters.append((event, error))
        detail = {"error": error.as_dict(), "event": outcome.name}
        issues = [Issue("ERROR", "Push failed", detail, SCOPE)]
        if full and not self._overflow_told:
            self._overflow_told = True
            cap = {"cap": self.dead_letters.maxlen}
            issues.append(Issue("WARN", "destination.dlq overflow; oldest entries dropped", cap, SCOPE))
        self._reporter.report(outcome, issues)

    def client(self) -> Client:
        """Return the client, made if need be."""
        if self._client is None:
            self._client = self._client_factory(self._config.token)
        return self._client
