"""The change of an event's plan: the calls that it gains, loses or changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from hubspot_dest.diff.json_difference import Difference, differences
from hubspot_dest.planning.plan import Plan

__all__ = ["ChangeKind", "PlanChange", "change_between", "planned_calls", "describe_plan"]

ChangeKind = Literal["gain", "lose", "change"]
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The change of an event's plan.

    Attributes:
        kind: whether the event gains a call, loses one, or has one with other arguments; `change` also if it gains one
            call and loses another.
        name: the name of the event.
        person: the person of the event.
        before: a short description of the old plan.
        after: a short description of the new plan.
        differences: the differences in the calls, at paths such as `event.properties.revenue` and `contact.email`.
        causes: the paths in the configuration that cause it, such as `mapping.order.complete.name`, each on its own or
            only together; empty if the causes were not determined.
        number: the number of the event's line or row.

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
        """Return the change with causes."""
        return replace(self, causes=causes)


def planned_calls(plan: Plan) -> dict[str, Any]:
    """Return role to call, so that a contact call that disappears is not mistaken for a changed event."""
    calls: dict[str, Any] = {}
    if plan.contact is not None and plan.contact.properties is not None:
        calls["contact"] = {"email": plan.contact.email, "properties": plan.contact.properties}
    if plan.occurrence is not None:
        calls["event"] = plan.occurrence
    return calls


def change_between(name: str, person: str, number: int, before: Plan, after: Plan) -> PlanChange | None:
    """Return the change between two plans for the same event; None if their calls are the same."""
    was, now = planned_calls(before), planned_calls(after)
    if was == now:
        return None
    found = differences(was, now)
    if not found:
        return None
    gained, lost = now.keys() - was.keys(), was.keys() - now.keys()
    kind: ChangeKind = "gain" if gained and not lost else "lose" if lost and not gained else "change"
    return PlanChange(
        kind, name, person, describe_plan(before), describe_plan(after), tuple(found), number=number
    )


def describe_plan(plan: Plan) -> str:
    """Describe a plan briefly: `contact + pe1_purchase with 3 properties`, `skipped: no identity`."""
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
