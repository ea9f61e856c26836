"""What happened to an event: the one result type that the command line, the terminal, reports and tests share.

An outcome is made once and never changes. What happens later, such as a delivery from the outbox, is another outcome
with the same `event_id`.

`Reporter` makes the outcomes of plans that are not sent, with their log records and dead letters, for every
sink.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from hubspot_dest.checks.finding import Finding
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.planning.plan import SCOPE, Plan

__all__ = ["EVENT_KINDS", "Kind", "Outcome", "Reporter", "outcome_of", "person_of"]

Kind = Literal["denied", "ignored", "skipped", "identified", "sent", "queued", "flushed", "failed", "refused"]

EVENT_KINDS: Final[tuple[Kind, ...]] = (
    "sent",
    "queued",
    "identified",
    "skipped",
    "ignored",
    "denied",
    "refused",
    "failed",
)
"""The kinds of single events, in the order of summaries; `flushed` is a batch."""


# No slots: `outcome_of` leaves defaults to the class, since an outcome is made for every event.
@dataclass(frozen=True)
class Outcome:
    """What happened to one event, or to one batch. Frozen.

    Attributes:
        kind: `denied` (waits for consent), `ignored`, `skipped`, `identified` (contact only), `sent`, `queued`
            (in the batch, or on disk in the outbox), `flushed` (a batch that was sent), `failed`; `refused` is
            predicted: HubSpot would answer an error. Only commands that send nothing have it.
        reason: why, as a stable code: `no_identity`, `rule_ignore`, `consent_missing`, `contact_unchanged` …
        sentence: the reason as a sentence.
        name: the event's name; empty for a batch.
        event_id: the event's id, which links the first outcome of an event with later ones; empty for a batch.
        plan: what should have happened; None if the event was not planned.
        calls: the SDK calls made for it, in the documented notation, failed ones included.
        batched: what is sent in calls that it shares with other events: the call's name, and this event's part of it.
            Only where nothing is sent; the calls themselves are outcomes with `events`.
        issues: warnings and errors; each is a log record as well.
        error: why it failed.
        upstream: what walkerOS itself would have done, if that differs.
        events: for a batch, the ids of its events.
        returned: what upstream's push returns: `False` for ignored events, the mock, else `UNDEFINED`.
        also: the other outcomes of the same call of `push`: waiting events released, batches flushed.
        delivery: with an outbox, this is a later outcome of events that were `queued` before.
        next_try: when it is tried again, in UNIX seconds; None where that is not known.
        person: whose event it is, if there is no plan to tell: an e-mail, or `objectId 7`.

    """

    kind: Kind
    reason: str
    sentence: str = ""
    name: str = ""
    event_id: str = ""
    plan: Plan | None = None
    calls: tuple[list[Any], ...] = ()
    issues: tuple[Issue, ...] = ()
    error: DeliveryError | None = None
    upstream: str | None = None
    events: tuple[str, ...] = ()
    returned: Any = UNDEFINED
    also: tuple[Outcome, ...] = ()
    delivery: bool = False
    next_try: float | None = None
    person: str = ""
    batched: tuple[list[Any], ...] = ()

    def without_event(self) -> Outcome:
        """Return the outcome with a plan that keeps neither its event nor an occurrence that is in the outbox."""
        if self.plan is None:
            return self
        # Past the constructors, as in `outcome_of`; what is not among the values has its default.
        plan, outcome = object.__new__(Plan), object.__new__(Outcome)
        kept = self.plan.__dict__.copy()
        kept["event"] = {}
        kept.pop("received", None)
        if self.reason == "outbox":
            kept["occurrence"] = None
        values = self.__dict__.copy()
        values["plan"] = plan
        object.__setattr__(plan, "__dict__", kept)
        object.__setattr__(outcome, "__dict__", values)
        return outcome

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong: a skipped event is fine, a refused contact is not."""
        return self.kind not in ("failed", "refused") and self.error is None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the checks about its plan; empty without a judge."""
        return self.plan.findings if self.plan is not None else ()

    @property
    def walkeros(self) -> str | None:
        """What walkerOS itself would have done with the mapping and with the delivery, if that differs."""
        return "; ".join(self.walkeros_notes) or None

    @property
    def walkeros_notes(self) -> tuple[str, ...]:
        """The parts of `walkeros`, one sentence each."""
        planned = self.plan.divergences if self.plan is not None else ()
        said = tuple([divergence.sentence for divergence in planned])
        return (*said, self.upstream) if self.upstream else said

    @property
    def rule_label(self) -> str:
        """The rule that matched, with its position in a list of rules (`order complete [2]`), or the empty string."""
        return self.plan.rule_label if self.plan is not None else ""

    @property
    def rule_key(self) -> str:
        """The rule that matched, or the empty string."""
        return self.plan.rule_key if self.plan is not None else ""


def outcome_of(kind: Kind, reason: str, sentence: str, event: dict[str, Any], **more: Any) -> Outcome:
    """Return the outcome of an event.

    Args:
        kind: as in `Outcome`.
        reason: as in `Outcome`.
        sentence: as in `Outcome`.
        event: gives name and id.
        more: further attributes of the outcome.

    """
    name, event_id = event.get("name"), event.get("id")
    # Past the constructor, which would set sixteen attributes through `object.__setattr__` for every event.
    outcome: Outcome = object.__new__(Outcome)
    values = outcome.__dict__
    values["kind"] = kind
    values["reason"] = reason
    values["sentence"] = sentence
    values["name"] = name if isinstance(name, str) else ""
    values["event_id"] = event_id if isinstance(event_id, str) else ""
    if more:
        values.update(more)
    return outcome


def person_of(outcome: Outcome) -> str:
    """Return whose event it is: the e-mail, or `objectId 7`; empty where that is not known."""
    plan = outcome.plan
    if plan is None:
        return outcome.person
    if plan.email:
        return plan.email
    return f"objectId {plan.object_id}" if plan.object_id else ""


_LEVELS: Final = {
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}


class Reporter:
    """Logs issues, keeps dead letters, and makes the outcomes of plans that are not sent.

    Attributes:
        mocked: nothing is sent, whatever the plan.

    Args:
        logger: gets one record per issue, with its message, and its detail as `detail`.
        dead_letters: how many to keep.
        mock: returned instead of sending; `UNDEFINED` for none.

    """

    def __init__(self, logger: logging.Logger, dead_letters: int, mock: Any = UNDEFINED) -> None:
        self._logger = logger
        self.mocked = mock is not UNDEFINED
        self._mock = mock
        self._overflow_reported = False
        self.dead_letters: deque[tuple[dict[str, Any], DeliveryError]] = deque(maxlen=dead_letters)

    def log(self, issues: Iterable[Issue]) -> None:
        """Log issues."""
        for issue in issues:
            self._logger.log(_LEVELS[issue.level], "%s", issue.message, extra={"detail": issue.detail})

    def unsent(self, plan: Plan) -> Outcome | None:
        """Return the outcome of a plan that sends nothing; None if the plan is to be carried out."""
        verdict, mock = plan.verdict, self._mock
        # A mock replaces the destination itself: nothing of what the destination logs or does happens.
        mocked = self.mocked and plan.mapped is not None and verdict != "ignored"
        if verdict == "ready" and not mocked:
            return None
        issues = plan.issues[: plan.mapped if mocked else plan.issues_before_send]
        self.log(issues)
        event = plan.event if plan.received is None else plan.received
        more: dict[str, Any] = {"plan": plan, "issues": issues}
        if verdict == "ignored":
            return outcome_of("ignored", plan.reason, plan.sentence, event, returned=False, **more)
        if mocked:
            return outcome_of("skipped", "mock", "the destination is mocked", event, returned=mock, **more)
        outcome = outcome_of("skipped", plan.reason, plan.sentence, event, **more)
        if verdict == "failed":
            return self.failed(outcome, DeliveryError("impossible", plan.sentence), plan.reason)
        return outcome

    def failed(
        self, outcome: Outcome, error: DeliveryError, reason: str, event: dict[str, Any] | None = None
    ) -> Outcome:
        """Give an event up: add a dead letter, log it, and return the outcome `failed`.

        Args:
            outcome: what is known of the event so far.
            error: why it failed.
            reason: the outcome's reason.
            event: the dead letter, if the outcome has no plan.

        """
        plan = outcome.plan
        letter = event or {} if plan is None else plan.event or {"id": outcome.event_id, "name": outcome.name}
        full = len(self.dead_letters) == self.dead_letters.maxlen
        self.dead_letters.append((letter, error))
        detail = {"error": error.as_dict(), "event": outcome.name}
        issues = [Issue("ERROR", "Push failed", detail, SCOPE)]
        if full and not self._overflow_reported:
            self._overflow_reported = True
            cap = {"cap": self.dead_letters.maxlen}
            issues.append(Issue("WARN", "destination.dlq overflow; oldest entries dropped", cap, SCOPE))
        self.log(issues)
        return replace(
            outcome,
            kind="failed",
            reason=reason,
            sentence=error.describe(),
            error=error,
            issues=(*outcome.issues, *issues),
        )
