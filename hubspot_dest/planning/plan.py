"""`Plan`: what should happen to one event, and why.

A plan is a value: it names no client, no queue and no clock. `Planner` makes it, a sink carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.mapping.dialect import Divergence
from hubspot_dest.mapping.evaluation import Issue, Trace
from hubspot_dest.mapping.rules import label_of

__all__ = ["INVALID_DATE", "SCOPE", "ContactUpsert", "Plan", "PlanFields", "Verdict"]

# Upstream's invalid Date; HubSpot never receives it, since serialising it fails.
INVALID_DATE: Final = {"$invalidDate": True}
SCOPE: Final = "hubspot"

Verdict = Literal["ready", "ignored", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class ContactUpsert:
    """A contact to create or update (upstream calls it identify).

    Attributes:
        email: whose contact.
        properties: name to text; None where the mapping gave none: then there is nothing to write.

    """

    email: str
    properties: dict[str, str] | None


# No slots: `Planner` leaves defaults to the class, since a plan is made for every event.
@dataclass(frozen=True)
class Plan:
    """What should happen to one event, and why. Frozen.

    Attributes:
        event: the event after policies and the rule's name; empty where it is not kept (`push_many`).
        verdict: `ready`, or why not: `ignored` (by rule), `skipped`, `failed`.
        reason: a stable code: `send`, `rule_ignore`, `no_identity`, `silent_rule`, `mapping_error` …
        sentence: the reason as a sentence.
        rule_key: the rule that matched (`order complete`), or the empty string.
        rule_index: its position, where the action has a list of rules; else None.
        email: the event's own identity, if it has one.
        object_id: likewise.
        contact: the contact upsert, before the contact cache is asked.
        occurrence: the custom event occurrence as HubSpot's API takes it; None for none, or where it is in the outbox
            and not kept (`push_many`).
        error: why the occurrence cannot be made, after the contact upsert was.
        issues: warnings and errors, in order; the first `issues_before_send` of them precede the contact upsert.
        violations: what planning itself found doubtful: identities that are numbers.
        mapped: how many of the issues come from policies and rules, before the destination's own part; None if finding
            the rule failed.
        findings: the findings of the checks; empty without a judge.
        trace: where every value came from; None unless asked for.
        divergences: what walkerOS 4.4 would have done with the mapping, where that differs.
        held: whether it is kept back although it is complete, since HubSpot would refuse it.
        received: the event before policies and the rule's name changed it; None if they did not.

    """

    event: dict[str, Any]
    verdict: Verdict = "ready"
    reason: str = "send"
    sentence: str = ""
    rule_key: str = ""
    email: str | None = None
    object_id: str | None = None
    contact: ContactUpsert | None = None
    occurrence: dict[str, Any] | None = None
    error: str | None = None
    issues: tuple[Issue, ...] = ()
    issues_before_send: int = 0
    violations: tuple[Violation, ...] = ()
    findings: tuple[Finding, ...] = ()
    trace: tuple[Trace, ...] | None = None
    rule_index: int | None = None
    divergences: tuple[Divergence, ...] = ()
    mapped: int | None = 0
    received: dict[str, Any] | None = None
    held: bool = False

    @property
    def rule_label(self) -> str:
        """The rule's key, with its position counted from 1 where it is one of a list: `order complete [2]`."""
        return label_of(self.rule_key, self.rule_index)

    @property
    def calls(self) -> list[list[Any]]:
        """The SDK calls of this plan alone, in the documented notation."""
        calls: list[list[Any]] = []
        if self.contact is not None and self.contact.properties is not None:
            body = {"properties": self.contact.properties}
            calls.append(["crm.contacts.basicApi.update", self.contact.email, body, "email"])
        if self.occurrence is not None:
            calls.append(["events.send.basicApi.send", self.occurrence])
        return calls


class PlanFields(TypedDict, total=False):
    """The fields of a plan that is being made; those that are missing have their defaults."""

    event: dict[str, Any]
    verdict: Verdict
    reason: str
    sentence: str
    rule_key: str
    email: str | None
    object_id: str | None
    contact: ContactUpsert | None
    occurrence: dict[str, Any] | None
    error: str | None
    issues: tuple[Issue, ...]
    issues_before_send: int
    violations: tuple[Violation, ...]
    findings: tuple[Finding, ...]
    trace: tuple[Trace, ...] | None
    rule_index: int | None
    divergences: tuple[Divergence, ...]
    mapped: int | None
    received: dict[str, Any] | None
    held: bool
