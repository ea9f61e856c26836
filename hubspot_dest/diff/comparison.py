"""Plan the same events in two ways, and group the changes by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.diff.causes import CauseFinder, EventPlanner
from hubspot_dest.diff.json_difference import MISSING
from hubspot_dest.diff.plan_change import ChangeKind, PlanChange, change_between, planned_calls
from hubspot_dest.planning.plan import Plan

__all__ = ["ChangeGroup", "ComparedPlans", "PlanComparison", "grouped_changes"]

_GROUPS: Final = 1_000
_EXAMPLES: Final = 3
_FIELDS: Final = 200
_ORDER: Final[Sequence[ChangeKind]] = ("lose", "gain", "change")


@dataclass(slots=True)
class ChangeGroup:
    """Events with the same change and the same causes.

    Attributes:
        causes: the parts of the configuration that cause the change.
        kind: whether the events gain, lose or change a call.
        name: the name of the events.
        count: the number of events.
        fields: path of a field in the calls to number of events in which it differs.
        examples: the first changes.
        last: the last change.

    """

    causes: tuple[str, ...]
    kind: ChangeKind
    name: str
    count: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    examples: list[PlanChange] = field(default_factory=list)
    last: PlanChange | None = None

    def add(self, change: PlanChange) -> None:
        """Add the change of an event."""
        self.count += 1
        self.last = change
        if len(self.examples) < _EXAMPLES:
            self.examples.append(change)
        for difference in change.differences:
            if difference.path in self.fields or len(self.fields) < _FIELDS:
                self.fields[difference.path] += 1


@dataclass(frozen=True, slots=True)
class ComparedPlans:
    """The two plans of an event.

    Attributes:
        before: the old plan.
        after: the new plan.
        change: the difference between the calls; None if they are the same.

    """

    before: Plan
    after: Plan
    change: PlanChange | None


class PlanComparison:
    """Compare the plans of two planners event by event, in memory that does not grow with the events.

    Args:
        old: the old planner.
        new: the new planner.
        causes: finds the causes of changes; None if they are not needed.

    Attributes:
        events: the number of events compared.
        sending: the number of events with a call in at least one of the plans.
        kinds: kind of change to number of events.
        other_reasons: the number of events with another rule, verdict or reason, but the same calls.
        unstable: the number of events whose plan differs from run to run; they do not count as changes.
        more_groups: the number of changes that are in no group, since there are too many groups.
        bad_lines: the number of lines of the source that are not events; counted by the reader.

    """

    def __init__(self, old: EventPlanner, new: EventPlanner, causes: CauseFinder | None = None) -> None:
        self._old = old
        self._new = new
        self._causes = causes
        self.events = 0
        self.sending = 0
        self.kinds: Counter[ChangeKind] = Counter()
        self.other_reasons = 0
        self.unstable = 0
        self.more_groups = 0
        self.bad_lines = 0
        self._groups: dict[tuple[Any, ...], ChangeGroup] = {}
        self._effective: set[str] = set()
        self._losses = 0

    @property
    def changed(self) -> int:
        """The number of events that change."""
        return self.kinds.total()

    @property
    def losses(self) -> int:
        """The number of events that lose a call, including those that gain another one."""
        return self._losses

    @property
    def groups(self) -> list[ChangeGroup]:
        """The groups of changes, losses first, then most frequent first."""
        return _sorted(self._groups.values())

    @property
    def effective_causes(self) -> frozenset[str]:
        """The causes of all changes."""
        return frozenset(self._effective)

    def compare(
        self, event: Any, now_ms: int, *, number: int = 0, name: str = "", person: str = ""
    ) -> ComparedPlans:
        """Plan an event in both ways, and count the change.

        Args:
            event: the event as pushed.
            now_ms: the time of the push, in ms since 1970.
            number: the number of the event's line or row.
            name: the name of the event; by default the event's own.
            person: the person of the event; by default the identity in the plan.

        """
        self.events += 1
        before, after = self._old.plan(event, now_ms), self._new.plan(event, now_ms)
        self.sending += bool(planned_calls(before) or planned_calls(after))
        name = name or str(before.event.get("name", "") if isinstance(before.event, dict) else "")
        person = person or _person(before) or _person(after)
        change = change_between(name, person, number, before, after)
        if change is not None and self._is_unstable(event, now_ms, before, after):
            self.unstable += 1
            change = None
        elif change is None:
            self.other_reasons += _why(before) != _why(after)
        if change is not None:
            signature = _signature(change, before, after)
            if self._causes is not None:
                change = change.caused_by(self._causes.causes(event, now_ms, before, after, signature))
            self._count(change)
        return ComparedPlans(before, after, change)

    def _count(self, change: PlanChange) -> None:
        self.kinds[change.kind] += 1
        self._losses += any(
            difference.actual is MISSING and difference.path in ("event", "contact")
            for difference in change.differences
        )
        self._effective.update(change.causes)
        key = _group_key(change)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= _GROUPS:
                self.more_groups += 1
                return
            group = self._groups[key] = ChangeGroup(change.causes, change.kind, change.name)
        group.add(change)

    def _is_unstable(self, event: Any, now_ms: int, before: Plan, after: Plan) -> bool:
        """Return whether planning the event again with the same planner has another result."""
        return planned_calls(self._old.plan(event, now_ms)) != planned_calls(before) or planned_calls(
            self._new.plan(event, now_ms)
        ) != planned_calls(after)


def grouped_changes(changes: Sequence[PlanChange]) -> list[ChangeGroup]:
    """Group changes by cause, losses first, then most frequent first."""
    groups: dict[tuple[Any, ...], ChangeGroup] = {}
    for change in changes:
        groups.setdefault(_group_key(change), ChangeGroup(change.causes, change.kind, change.name)).add(
            change
        )
    return _sorted(groups.values())


def _sorted(groups: Any) -> list[ChangeGroup]:
    return sorted(groups, key=lambda group: (_ORDER.index(group.kind), -group.count, group.name))


def _group_key(change: PlanChange) -> tuple[Any, ...]:
    return change.causes, change.kind, change.name, _fields(change)


def _fields(change: PlanChange) -> tuple[tuple[str, bool, bool], ...]:
    found = change.differences[:_FIELDS]
    return tuple(
        (difference.path, difference.expected is MISSING, difference.actual is MISSING)
        for difference in found
    )


def _signature(change: PlanChange, before: Plan, after: Plan) -> tuple[Any, ...]:
    return change.kind, before.rule_label, after.rule_label, before.reason, after.reason, _fields(change)


def _why(plan: Plan) -> tuple[str, str, str]:
    return plan.verdict, plan.reason, plan.rule_label


def _person(plan: Plan) -> str:
    if plan.email:
        return plan.email
    return f"objectId {plan.object_id}" if plan.object_id else ""
