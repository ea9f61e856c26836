"""Carry out plans at once: contact upsert, then a single send or a batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubspot_dest.amounts import amount, verb
from hubspot_dest.delivery.batch_queue import BatchQueue, Queued
from hubspot_dest.delivery.client.client import Client, ClientProvider, occurrence_uuid
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.contact_cache import ContactCache, LastContact
from hubspot_dest.delivery.contact_upsert import Upsert
from hubspot_dest.delivery.sink import PendingCommit
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.outcome import Kind, Outcome, Reporter, outcome_of
from hubspot_dest.planning.plan import SCOPE, ContactUpsert, Plan
from hubspot_dest.planning.profiles import Profile

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox.schema import Progress

__all__ = ["DirectSink"]


class _DirectAttempt:
    """The state of one plan while it is carried out.

    Attributes:
        found: what is known of its outcome beside kind, reason and sentence; the usual case has the plan only.

    """

    __slots__ = ("event", "found", "plan", "reason", "sentence")

    def __init__(self, plan: Plan, event: dict[str, Any]) -> None:
        self.plan = plan
        self.event = event
        self.reason = plan.reason
        self.sentence = plan.sentence
        self.found: dict[str, Any] = {"plan": plan}

    @property
    def calls(self) -> tuple[list[Any], ...]:
        """The calls that were made."""
        made: tuple[list[Any], ...] = self.found.get("calls", ())
        return made

    @property
    def error(self) -> DeliveryError | None:
        """Why the contact was not written; None if it was, or if there was nothing to write."""
        return self.found.get("error")

    def record(self, call: list[Any]) -> None:
        """Note a call that is about to be made."""
        self.found["calls"] = (*self.calls, call)

    def note(self, issues: Sequence[Issue]) -> None:
        """Note issues."""
        self.found["issues"] = (*self.found.get("issues", ()), *issues)

    def outcome(self, kind: Kind = "skipped") -> Outcome:
        """Return the outcome of the plan."""
        return outcome_of(kind, self.reason, self.sentence, self.event, **self.found)


class DirectSink:
    """Sends to HubSpot before `accept` returns. Not thread-safe: the destination's lock is held around it.

    Args:
        clients: provides the client.
        contacts: which contacts HubSpot knows already.
        upsert: writes a contact.
        batch: gathers occurrences; None sends each alone.
        profile: what to do where walkerOS and this sender differ.
        reporter: logs issues and keeps dead letters.
        name: the destination's id, for messages.

    """

    background = False
    outbox = None

    def __init__(
        self,
        *,
        clients: ClientProvider,
        contacts: ContactCache,
        upsert: Upsert,
        batch: BatchQueue | None,
        profile: Profile,
        reporter: Reporter,
        name: str,
    ) -> None:
        self._clients = clients
        self._client: Client | None = None
        self._contacts = contacts
        self._upstream_contacts = LastContact()  # what walkerOS would remember: where it would have called
        self._upsert = upsert
        self._batch = batch
        self._profile = profile
        self._reporter = reporter
        self._name = name
        self._closed = False

    @property
    def dead_letters(self) -> deque[tuple[dict[str, Any], DeliveryError]]:
        """The last events that were given up, each with the reason."""
        return self._reporter.dead_letters

    @property
    def pending(self) -> int:
        """How many occurrences wait for their batch."""
        return len(self._batch) if self._batch is not None else 0

    def check_address(self) -> None:
        """Make the client now. Raises ValueError if the base URL is not an http(s) address."""
        self._connect()

    def _connect(self) -> Client:
        """Return the client, made when the first call needs it."""
        if self._client is None:
            self._client = self._clients.client()
        return self._client

    # ---- accepting

    def accept(self, plan: Plan) -> Outcome:
        """Carry out a plan and return its outcome; batches sent on this occasion are in `also`."""
        if plan.verdict != "ready" or self._reporter.mocked:
            unsent = self._reporter.unsent(plan)
            if unsent is not None:
                return unsent
        event = plan.event if plan.received is None else plan.received
        attempt = _DirectAttempt(plan, event)
        issues, before = plan.issues, plan.issues_before_send
        if issues:
            self._note(attempt, issues[:before])
        if plan.contact is not None and not self._write_contact(attempt, plan.contact):
            assert attempt.error is not None
            return self._reporter.failed(attempt.outcome(), attempt.error, "contact_failed")
        if issues:
            self._note(attempt, issues[before:])
        if plan.error is not None:
            error = DeliveryError("impossible", plan.error)
            return self._reporter.failed(attempt.outcome(), error, "mapping_error")
        occurrence = plan.occurrence
        if occurrence is None:
            return attempt.outcome("identified" if attempt.calls else "skipped")
        event_id = event.get("id")
        event_id = event_id if isinstance(event_id, str) else ""
        if self._profile.uuid:
            occurrence["uuid"] = occurrence_uuid(event_id)
        if self._batch is not None:
            return self._enqueue(self._batch, Queued(event_id, occurrence), attempt)
        return self._send(occurrence, attempt)

    def _note(self, attempt: _DirectAttempt, issues: Sequence[Issue]) -> None:
        if issues:
            self._reporter.log(issues)
            attempt.note(issues)

    def _write_contact(self, attempt: _DirectAttempt, contact: ContactUpsert) -> bool:
        """Write the contact if there is anything new to write; tell whether the event goes on."""
        known, upstream_knows = self._contacts.knows(contact), self._upstream_contacts.knows(contact)
        self._upstream_contacts.remember(contact)
        if known:
            if contact.properties is not None and not upstream_knows:
                attempt.found["upstream"] = (
                    "walkerOS would update the contact again: it remembers the last one only"
                )
            if attempt.plan.occurrence is None and contact.properties is not None:
                attempt.reason, attempt.sentence = "contact_unchanged", "the contact is as HubSpot knows it"
            return True
        if contact.properties is not None:
            try:
                attempt.found["upstream"] = self._upsert(self._connect(), contact, attempt.record)
            except DeliveryError as error:
                attempt.found["error"] = error
                return self._goes_on_without_contact(attempt, error)
        self._contacts.remember(contact)
        return True

    def _goes_on_without_contact(self, attempt: _DirectAttempt, error: DeliveryError) -> bool:
        if self._profile.contact_blocks_event or error.kind != "refused" or attempt.plan.occurrence is None:
            return False
        # HubSpot never accepts this contact; the event itself may still be valid.
        text = f"HubSpot refused the contact; the event goes on: {error.describe()}"
        name = attempt.event.get("name")
        detail = {"event": name if isinstance(name, str) else ""}
        self._note(attempt, [Issue("ERROR", text, detail, SCOPE)])
        attempt.found["upstream"] = "walkerOS would lose this event: its contact is refused"
        return True

    def _send(self, occurrence: dict[str, Any], attempt: _DirectAttempt) -> Outcome:
        attempt.record(["events.send.basicApi.send", occurrence])
        try:
            self._connect().send(occurrence)
        except DeliveryError as error:
            return self._reporter.failed(attempt.outcome(), error, "send_failed")
        return attempt.outcome("sent")

    def _enqueue(self, batch: BatchQueue, queued: Queued, attempt: _DirectAttempt) -> Outcome:
        due = batch.add(queued)
        attempt.reason, attempt.sentence = "batch", f"{len(batch)} of {batch.size} in the batch"
        outcome = attempt.outcome("queued")
        if not due:
            return outcome
        lossy = self._profile.lossy_batches
        flushed = self._flush(until=1 if lossy else batch.size)
        if lossy:
            failed = next((result for result in flushed if result.kind == "failed"), None)
            if failed is not None and failed.error is not None:
                outcome = self._reporter.failed(outcome, failed.error, "flush_failed")
        return replace(outcome, also=tuple(flushed))

    def stage(self, progress: Progress | None = None) -> PendingCommit | None:  # noqa: ARG002 - the Protocol's shape
        """Return None: everything accepted has been sent, or waits in memory."""
        return None

    def commit(self, pending: PendingCommit, outcomes: Sequence[Outcome]) -> list[Outcome]:  # noqa: ARG002 - see there
        """Return the outcomes as they are."""
        return list(outcomes)

    # ---- batches, and the end

    def flush(self, *, deadline: float | None = None) -> list[Outcome]:  # noqa: ARG002 - the Protocol's shape
        """Send what waits in the batch; stop at the first batch that fails."""
        return self._flush(until=1)

    def _flush(self, *, until: int) -> list[Outcome]:
        """Send batches while at least `until` occurrences wait."""
        results: list[Outcome] = []
        batch = self._batch
        while batch is not None and len(batch) >= until:
            results.append(self._send_batch(batch))
            if results[-1].kind == "failed":
                break
        return results

    def _send_batch(self, batch: BatchQueue) -> Outcome:
        chosen = batch.next_batch()
        count = len(chosen)
        events = tuple(queued.event_id for queued in chosen)
        inputs = [queued.occurrence for queued in chosen]
        calls = (["events.send.batchApi.send", {"inputs": inputs}],)
        try:
            batch.send(chosen, self._connect())
        except DeliveryError as error:
            sentence = f"{amount(count, 'event')} {verb(count, 'were')} not taken: {error.describe()}"
            upstream: str | None = None
            issues: tuple[Issue, ...] = ()
            reason = "flush_failed"
            if self._profile.lossy_batches:
                reason = "batch_lost"
                sentence += f"; left the queue before being sent, and {verb(count, 'are')} lost"
            else:
                sentence += f"; {len(batch)} {verb(len(batch), 'stay')} in the queue"
                these = "this event" if count == 1 else f"these {amount(count, 'event')}"
                upstream = f"walkerOS would lose {these}"
                issues = (Issue("ERROR", sentence, {}, SCOPE),)
                self._reporter.log(issues)
            return Outcome(
                "failed",
                reason,
                sentence,
                calls=calls,
                issues=issues,
                error=error,
                upstream=upstream,
                events=events,
            )
        return Outcome(
            "flushed", "batch_sent", f"{amount(count, 'event')} in one batch", calls=calls, events=events
        )

    def close(
        self,
        *,
        deadline: float | None = None,  # noqa: ARG002 - of sinks that deliver in the background
        stall: float | None = None,  # noqa: ARG002 - the same
        keep_outcomes: bool = True,  # noqa: ARG002 - the same
    ) -> list[Outcome]:
        """Send what waits in the batch, once; what HubSpot does not accept stays in the queue."""
        if self._closed:
            return []
        self._closed = True
        try:
            return self._flush_last()
        finally:
            self._clients.close()

    def _flush_last(self) -> list[Outcome]:
        if not self.pending or (self._clients.given and not self._profile.flush_given_client):
            return []
        results = self._flush(until=1)
        for number, result in enumerate(results):
            if result.kind == "failed" and self._profile.logs_destroy_failure:
                message = result.error.message if result.error else result.sentence
                text = f"destination '{self._name}' destroy failed: Error: {message}"
                issue = Issue("ERROR", text, {}, SCOPE)
                self._reporter.log([issue])
                results[number] = replace(result, issues=(*result.issues, issue))
        return results

    def deliver_next(self, *, partial: bool = False) -> float | None:  # noqa: ARG002 - the Protocol's shape
        """Do nothing: what is accepted is delivered at once, or when its batch is full."""
        return None

    @property
    def halted(self) -> DeliveryError | None:
        """None: every event is answered on its own."""
        return None

    @property
    def unrecorded(self) -> int:
        """Nothing is recorded, so nothing is missing."""
        return 0

    def end_within(self, seconds: float) -> None:
        """Do nothing: `close` waits for a single answer at most."""

    def abort(self) -> None:
        """Do nothing: `close` waits for a single answer at most."""
