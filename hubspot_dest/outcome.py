"""What did happen to an event: the one object that the command line, the terminal, reports and tests all see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.planning.plan import Plan

__all__ = ["Kind", "Outcome", "outcome_of"]

Kind = Literal["denied", "ignored", "skipped", "identified", "sent", "queued", "flushed", "failed"]


# No slots, and tuples for what is empty nearly always: an outcome is made for every event.
@dataclass
class Outcome:
    """What happened to one event, or to one batch.

    Attributes:
        kind: `denied` (waits for consent), `ignored`, `skipped`, `identified` (contact only), `sent`, `queued`
            (in the batch), `flushed` (a batch that went out), `failed`.
        reason: why, as a stable code: `no_identity`, `rule_ignore`, `consent_missing`, `contact_unchanged` …
        sentence: why, in words.
        name: the event's name; empty for a batch.
        event_id: the event's id; empty for a batch.
        plan: what should have happened; None where it did not come to a plan.
        calls: the SDK calls that were made for it, in the documented notation, failed ones included.
        issues: what there is to tell; each is a log record as well.
        hints: what walkerOS does not say but a user wants to know.
        error: why it failed.
        upstream: what walkerOS itself would have done, where that differs.
        events: for a batch, the ids of its events.
        returned: what upstream's push returns: `False` for ignored events, the mock, else `UNDEFINED`.
        also: what else happened in the same pass: waiting events released, batches flushed.
        delivery: with an outbox, it tells what became of events that were `queued` before.
        person: whose event it is, where there is no plan to say so: an e-mail, or `objectId 7`.

    """

    kind: Kind
    reason: str
    sentence: str = ""
    name: str = ""
    event_id: str = ""
    plan: Plan | None = None
    calls: tuple[list[Any], ...] = ()
    issues: tuple[Issue, ...] = ()
    hints: tuple[str, ...] = ()
    error: DeliveryError | None = None
    upstream: str | None = None
    events: tuple[str, ...] = ()
    returned: Any = UNDEFINED
    also: tuple[Outcome, ...] = ()
    delivery: bool = False
    person: str = ""

    def record(self, call: list[Any]) -> None:
        """Note a call that is about to be made."""
        self.calls = (*self.calls, call)

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong: a skipped event is fine, a refused contact is not."""
        return self.kind != "failed" and self.error is None

    @property
    def walkeros(self) -> str | None:
        """What walkerOS itself would have done with the mapping and with the delivery, where that differs."""
        planned = self.plan.divergences if self.plan is not None else ()
        if not planned:
            return self.upstream
        said = [divergence.sentence for divergence in planned]
        return "; ".join([*said, self.upstream] if self.upstream else said)

    @property
    def rule_label(self) -> str:
        """The rule that matched, with its position in a list of rules (`order complete [2]`), or the empty string."""
        return self.plan.rule_label if self.plan is not None else ""

    @property
    def rule_key(self) -> str:
        """The rule that matched, or the empty string."""
        return self.plan.rule_key if self.plan is not None else ""


def outcome_of(kind: Kind, reason: str, sentence: str, event: dict[str, Any]) -> Outcome:
    """Return the outcome of an event, made without the cost of a dozen defaults."""
    name, event_id = event.get("name"), event.get("id")
    # Past the constructor: it would set a dozen fields to what the class says already, for every event.
    outcome: Outcome = object.__new__(Outcome)
    outcome.kind = kind
    outcome.reason = reason
    outcome.sentence = sentence
    outcome.name = name if isinstance(name, str) else ""
    outcome.event_id = event_id if isinstance(event_id, str) else ""
    return outcome
