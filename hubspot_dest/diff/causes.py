"""Find which difference between two configurations causes a change: apply each alone, and take each back alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Protocol, TypeVar

from hubspot_dest.config.model import Config
from hubspot_dest.diff.config_difference import ConfigDifference, ConfigPath, config_differences, with_value
from hubspot_dest.diff.json_difference import MISSING
from hubspot_dest.diff.plan_change import planned_calls
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import Profile
from hubspot_dest.verdict.mapping_paths import path_text

__all__ = ["CauseFinder", "ConfigVariations", "EventPlanner", "ProfileVariations", "Variations"]

_PLANNERS: Final = 32
"""Compiled configurations that are kept; each may hold a JavaScript engine."""
_COLLECTOR: Final = "collector"
_SURE_AFTER: Final = 25


class EventPlanner(Protocol):
    """Plans single events with one configuration."""

    def plan(self, raw: Any, now_ms: int) -> Plan:
        """Return what should happen to an event; never raises for what it holds."""


class Variations(Protocol):
    """The differences between an old and a new way of planning, each of which can be applied alone."""

    @property
    def labels(self) -> Sequence[str]:
        """What each difference is called."""

    def relevant(self, before: Plan, after: Plan) -> Sequence[int]:
        """Return the differences that may have to do with these plans."""

    def applied(self, index: int) -> EventPlanner:
        """Return the old way with this difference alone."""

    def reverted(self, index: int) -> EventPlanner:
        """Return the new way without this difference."""


class CauseFinder:
    """Names the differences that change what is planned for an event.

    A difference is a cause if it changes the old plan alone, or if the new plan changes without it. If none is, they
    change the plan together only, and all that may have to do with it are named.

    Args:
        variations: the differences.

    """

    def __init__(self, variations: Variations) -> None:
        self._variations = variations
        self._known: dict[tuple[Any, ...], tuple[tuple[int, ...], int]] = {}

    def causes(
        self, event: Any, now_ms: int, before: Plan, after: Plan, signature: tuple[Any, ...]
    ) -> tuple[str, ...]:
        """Return the labels of the differences that cause a change.

        Args:
            event: the event as pushed.
            now_ms: the time of the push, in ms since 1970.
            before: its old plan.
            after: its new plan.
            signature: what changes of the same kind have in common; the causes of a kind that were the same 25 times
                are not looked for again.

        """
        found = self._variations
        relevant = found.relevant(before, after)
        if len(relevant) <= 1:
            return tuple(found.labels[number] for number in relevant)
        known, times = self._known.get(signature, ((), 0))
        if times < _SURE_AFTER:
            made = self._tried(event, now_ms, before, after, relevant)
            self._known[signature] = (made, times + 1 if made == known or not times else 1)
            known = made
        return tuple(found.labels[number] for number in known)

    def _tried(
        self, event: Any, now_ms: int, before: Plan, after: Plan, relevant: Sequence[int]
    ) -> tuple[int, ...]:
        was, now = planned_calls(before), planned_calls(after)
        variations = self._variations
        alone = [
            number
            for number in relevant
            if planned_calls(variations.applied(number).plan(event, now_ms)) != was
            or planned_calls(variations.reverted(number).plan(event, now_ms)) != now
        ]
        return tuple(alone or relevant)


Key = TypeVar("Key")


@dataclass(slots=True)
class _PlannerCache(Generic[Key]):
    build: Callable[[Key], EventPlanner]
    kept: OrderedDict[Key, EventPlanner] = field(default_factory=OrderedDict)

    def get(self, key: Key) -> EventPlanner:
        found = self.kept.get(key)
        if found is None:
            found = self.kept[key] = self.build(key)
            if len(self.kept) > _PLANNERS:
                self.kept.popitem(last=False)
        else:
            self.kept.move_to_end(key)
        return found


class ConfigVariations:
    """The differences between two configurations.

    Args:
        old: the old configuration.
        new: the new one.
        planner: makes a planner of a configuration.

    """

    def __init__(self, old: Config, new: Config, planner: Callable[[Config], EventPlanner]) -> None:
        self._old = {**old.raw, _COLLECTOR: old.collector}
        self._new = {**new.raw, _COLLECTOR: new.collector}
        self.differences: list[ConfigDifference] = config_differences(self._old, self._new)
        self.labels: Sequence[str] = [path_text(difference.path) for difference in self.differences]
        self._planner = planner
        self._planners: _PlannerCache[tuple[int, bool]] = _PlannerCache(self._build)

    def relevant(self, before: Plan, after: Plan) -> Sequence[int]:
        """Return the differences that are not of another rule than the two that matched."""
        every = range(len(self.differences))
        if len(every) <= 1:
            return every
        keys = {before.rule_key, after.rule_key}
        found = [number for number in every if _concerns(self.differences[number].path, keys)]
        return found or every

    def applied(self, index: int) -> EventPlanner:
        """Return a planner of the old configuration with this difference alone."""
        return self._planners.get((index, True))

    def reverted(self, index: int) -> EventPlanner:
        """Return a planner of the new configuration without this difference."""
        return self._planners.get((index, False))

    def _build(self, key: tuple[int, bool]) -> EventPlanner:
        index, applied = key
        difference = self.differences[index]
        base, wanted = (self._old, difference.new) if applied else (self._new, difference.old)
        made = with_value(base, difference.path, wanted)
        collector = made.pop(_COLLECTOR, MISSING)
        return self._planner(
            replace(Config.lenient(made), collector=collector if isinstance(collector, dict) else {})
        )


def _concerns(path: ConfigPath, keys: set[str]) -> bool:
    if path[:1] != ("mapping",) or len(path) < 3:
        return True
    entity, action = str(path[1]), str(path[2])
    # A rule that came or went may have kept its events from the rules with a wildcard.
    return len(path) == 3 or f"{entity} {action}" in keys


class ProfileVariations:
    """The differences between two profiles: between this sender and walkerOS.

    Args:
        old: the one profile.
        new: the other one.
        planner: makes a planner of a profile.

    """

    def __init__(self, old: Profile, new: Profile, planner: Callable[[Profile], EventPlanner]) -> None:
        self._old, self._new = old, new
        self._planner = planner
        self._names = [
            name
            for name in old.plan.__dataclass_fields__
            if name != "divergences" and getattr(old.plan, name) != getattr(new.plan, name)
        ]
        self.labels: Sequence[str] = self._names
        self._planners: _PlannerCache[tuple[int, bool]] = _PlannerCache(self._build)

    def relevant(self, before: Plan, after: Plan) -> Sequence[int]:  # noqa: ARG002 - one signature for all
        """Return all differences: there are a handful."""
        return range(len(self._names))

    def applied(self, index: int) -> EventPlanner:
        """Return a planner of the old profile with this difference alone."""
        return self._planners.get((index, True))

    def reverted(self, index: int) -> EventPlanner:
        """Return a planner of the new profile without this difference."""
        return self._planners.get((index, False))

    def _build(self, key: tuple[int, bool]) -> EventPlanner:
        index, applied = key
        base, other = (self._old, self._new) if applied else (self._new, self._old)
        name = self._names[index]
        return self._planner(replace(base, plan=replace(base.plan, **{name: getattr(other.plan, name)})))
