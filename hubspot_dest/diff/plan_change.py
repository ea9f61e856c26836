"""What becomes different for one event: the calls that it gains, loses or changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from hubspot_dest.diff.json_difference import Difference, differences
from hubspot_dest.planning.plan import Plan

__all__ = ["ChangeKind", "PlanChange", "change_between", "planned_calls", "planned_words"]

ChangeKind = Literal["gain", "lose", "change"]
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What is different for one event.

    Attributes:
        kind: the event gains a call, loses one, or has one with other arguments; `change` also if it gains one and
            loses the other.
        name: the event's name.
        person: whose event it is.
        before: what was planned, in a few words.
        after: what is planned now.
        differences: every difference in the calls: `event.properties.revenue`, `contact.email`.
        causes: what of the configuration causes it, as paths: `mapping.order.complete.name`; several where each of
            them does, or where they do only together; empty if that was not asked.
        number: the event's number: of its line, or of its row.

    """

    kind: ChangeKind
    name: str
    person: str
    before: str
    after: str
    differences: tuple[Difference, ...]
    causes: tuple[str, ...] = ()
    number: int = 0

    def caused_by(self, causes: tuple[str, ...]) -> PlanChange:
        """Return the change with its causes."""
        return replace(self, causes=causes)


def planned_calls(plan: Plan) -> dict[str, Any]:
    """Return the calls of a plan by their role: a contact call that disappears must not look like a changed event."""
    calls: dict[str, Any] = {}
    if plan.contact is not None and plan.contact.properties is not None:
        calls["contact"] = {"email": plan.contact.email, "properties": plan.contact.properties}
    if plan.occurrence is not None:
        calls["event"] = plan.occurrence
    return calls


def change_between(name: str, person: str, number: int, before: Plan, after: Plan) -> PlanChange | None:
    """Return what is different between two plans for the same event; None if their calls are the same."""
    was, now = planned_calls(before), planned_calls(after)
    if was == now:
        return None
    found = differences(was, now)
    if not found:
        return None
    gained, lost = now.keys() - was.keys(), was.keys() - now.keys()
    kind: ChangeKind = "gain" if gained and not lost else "lose" if lost and not gained else "change"
    return PlanChange(
        kind, name, person, planned_words(before), planned_words(after), tuple(found), number=number
    )


def planned_words(plan: Plan) -> str:
    """Return what is planned in a few words: `contact + pe1_purchase with 3 properties`, `skipped: no identity`."""
    if plan.verdict != "ready" or plan.error is not None:
        verdict = plan.verdict if plan.error is None else "failed"
        return f"{verdict}: {plan.error or plan.sentence or plan.reason}"[:_LONGEST]
    parts = []
    if plan.contact is not None and plan.contact.properties is not None:
        parts.append("contact")
    occurrence = plan.occurrence
    if occurrence is not None:
        many = len(occurrence["properties"])
        parts.append(f"{occurrence['eventName']} with {many} {'property' if many == 1 else 'properties'}")
    return " + ".join(parts)[:_LONGEST] or "nothing"
