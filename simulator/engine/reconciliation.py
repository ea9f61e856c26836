"""The engine's counters, and their comparison with the fake HubSpot's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hubspot_dest.amounts import amount, verb
from simulator.engine.rows import CONSENT_REFUSED

__all__ = ["Reconciliation", "Closing", "Counts"]


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of the queue at the end.

    Attributes:
        flushed: how many queued events went out at the end.
        left: how many did not.
        parked: how many events waited for consent.
        error: why HubSpot did not take what is left.
        unseen: how many events were accepted from outside and never taken.
        sentence: what became of all events of the session; empty if there were none.

    """

    flushed: int
    left: int
    parked: int
    error: str = ""
    unseen: int = 0
    sentence: str = ""


@dataclass(slots=True)
class Counts:
    """What has happened so far. `kinds` holds every event once, by how far it came.

    Attributes:
        taken: events taken from the source.
        pushes: how often an event was handed to the sender; running one again counts again.
        kinds: event rows by the kind of their outcome now.
        skipped: the skipped ones of them, by reason.
        denied: likewise the denied ones.
        batches: batches that HubSpot took.
        batches_failed: attempts to send a batch that failed.
        calls: calls of the official client, by name.
        calls_failed: calls that failed.
        contacts_unknown: those of them that failed only because HubSpot does not know the contact yet.
        saved: contact calls that the contact memory made unnecessary.
        confirmed: occurrences that HubSpot confirmed.
        unsure: occurrences that HubSpot took although the sender saw a failure, or no answer.
        lost_upstream: events that walkerOS itself would have lost.
        extra_upstream: events for which walkerOS itself would have made one call more.
        retries: failed requests that were tried again.
        retried: events that were in such a request.
        recovered: those of them that were delivered in the end.
        bisected: requests that HubSpot refused and that were sent again in parts.
        pauses: how often the delivery paused, for a limit or a revoked token.

    """

    taken: int = 0
    pushes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    batches_failed: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    calls_failed: int = 0
    contacts_unknown: int = 0
    saved: int = 0
    confirmed: int = 0
    unsure: int = 0
    lost_upstream: int = 0
    extra_upstream: int = 0
    retries: int = 0
    retried: int = 0
    recovered: int = 0
    bisected: int = 0
    pauses: int = 0

    @property
    def delivered(self) -> int:
        """Events that HubSpot took, and contacts of events that have nothing else to send."""
        return self.kinds["flushed"] + self.kinds["sent"] + self.kinds["identified"]

    @property
    def parked(self) -> int:
        """Events that wait for consent; the other denied ones are refused by their own consent."""
        return self.kinds["denied"] - self.denied[CONSENT_REFUSED]

    @property
    def sentence(self) -> str:
        """The events in one line, each once: `12 events: 9 sent, 2 skipped, 1 failed`."""
        outcomes = {
            "sent": self.kinds["sent"] + self.kinds["flushed"],
            "queued": self.kinds["queued"],
            "identified": self.kinds["identified"],
            "skipped": self.kinds["skipped"],
            "ignored": self.kinds["ignored"],
            "parked": self.parked,
            "denied": self.denied[CONSENT_REFUSED],
            "failed": self.kinds["failed"],
        }
        told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items() if count)
        return f"{amount(self.taken, 'event')}: {told or 'nothing to send'}"

    @property
    def requests(self) -> int:
        """Calls of the official client altogether."""
        return sum(self.calls.values())

    def against(
        self, *, queued: int, unsure: int, by_hand: int, stored: int, repeated: int, dropped: int
    ) -> Reconciliation:
        """Return these counters beside the sender's and HubSpot's own."""
        return Reconciliation(
            taken=self.taken,
            accounted=sum(self.kinds.values()),
            waiting=self.kinds["queued"],
            queued=queued,
            told=self.confirmed,
            unsure=unsure,
            by_hand=by_hand,
            stored=stored,
            repeated=repeated,
            dropped=dropped,
        )

    def plain(self) -> dict[str, object]:
        """Return the counters for JSON."""
        return {
            "taken": self.taken,
            "pushes": self.pushes,
            "outcomes": dict(sorted(self.kinds.items())),
            "skipped": {reason: count for reason, count in sorted(self.skipped.items()) if count},
            "denied": {reason: count for reason, count in sorted(self.denied.items()) if count},
            "batches": self.batches,
            "batchesFailed": self.batches_failed,
            "calls": dict(sorted(self.calls.items())),
            "callsFailed": self.calls_failed,
            "contactsUnknown": self.contacts_unknown,
            "callsSaved": self.saved,
            "confirmed": self.confirmed,
            "takenWithoutWord": self.unsure,
            "walkerosWouldLose": self.lost_upstream,
            "walkerosExtraCalls": self.extra_upstream,
            "retries": self.retries,
            "eventsRetried": self.retried,
            "eventsRecovered": self.recovered,
            "batchesBisected": self.bisected,
            "deliveryPauses": self.pauses,
        }


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Both sides' numbers while nothing is under way.

    Attributes:
        taken: events taken from the source.
        accounted: events that have an outcome.
        waiting: events that the engine believes to be in the batch queue.
        queued: the length of the sender's queue.
        told: occurrences whose acceptance the sender saw.
        unsure: occurrences accepted without an answer to the sender.
        by_hand: occurrences sent with a copied command.
        stored: what the fake account stored, by its own count.
        repeated: what it dropped because the uuid came before.
        dropped: what it dropped in silence.

    """

    taken: int
    accounted: int
    waiting: int
    queued: int
    told: int
    unsure: int
    by_hand: int
    stored: int
    repeated: int
    dropped: int

    @property
    def problems(self) -> list[str]:
        """What does not agree, in sentences; empty if everything does."""
        found = []
        if self.taken != self.accounted:
            taken = f"{amount(self.taken, 'event')} {verb(self.taken, 'were')} taken"
            found.append(f"{taken}, {self.accounted} have an outcome")
        if self.waiting != self.queued:
            found.append(f"{self.waiting} rows wait for their batch, the sender holds {self.queued}")
        sent, held = self.told + self.unsure + self.by_hand, self.stored + self.repeated + self.dropped
        if sent != held:
            found.append(f"the sender sent {amount(sent, 'occurrence')}, HubSpot counts {held}")
        return found

    @property
    def agree(self) -> bool:
        """Whether nothing is lost and nothing is counted twice."""
        return not self.problems

    def plain(self) -> dict[str, object]:
        """Return the comparison for JSON."""
        return {
            "agree": self.agree,
            "problems": self.problems,
            "queued": self.queued,
            "told": self.told,
            "takenWithoutWord": self.unsure,
            "sentByHand": self.by_hand,
            "hubspotStored": self.stored,
            "hubspotRepeated": self.repeated,
            "hubspotDropped": self.dropped,
        }
