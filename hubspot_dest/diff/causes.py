"""Find the differences between two configurations that cause a change, by applying and reverting each on its own."""

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
"""The number of compiled configurations to cache; each may have a JavaScript engine."""
_COLLECTOR: Final = "collector"
_SURE_AFTER: Final = 25


class EventPlanner(Protocol):
    """Plan single events with one configuration."""

    def plan(self, raw: Any, now_ms: int) -> Plan:
        """Return the plan of an event; invalid events do not raise."""


class Variations(Protocol):
    """The differences between an old and a new way of planning, each of which can be applied on its own."""

    @property
    def labels(self) -> Sequence[str]:
        """The label of each difference."""

    def relevant(self, before: Plan, after: Plan) -> Sequence[int]:
        """Return the indices of the differences that may affect these plans."""

    def applied(self, index: int) -> EventPlanner:
        """Return a planner for the old way with only this difference applied."""

    def reverted(self, index: int) -> EventPlanner:
        """Return a planner for the new way without this difference."""


class CauseFinder:
    """Find the differences that change the plan of an event.

    A difference is a cause if applying it changes the old plan, or if reverting it changes the new plan. If there is no
    such difference, only several together change the plan, and all that may affect it are causes.

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
            before: the old plan.
            after: the new plan.
            signature: identifies the kind of change; once a kind has had the same causes 25 times, they are reused.

        """
        labels = self._variations.labels
        relevant = self._variations.relevant(before, after)
        if len(relevant) <= 1:
            return tuple(labels[number] for number in relevant)
        known, times = self._known.get(signature, ((), 0))
        if times < _SURE_AFTER:
            determined = self._determine(event, now_ms, before, after, relevant)
            self._known[signature] = (determined, times + 1 if determined == known or not times else 1)
            known = determined
        return tuple(labels[number] for number in known)

    def _determine(
        self, event: Any, now_ms: int, before: Plan, after: Plan, relevant: Sequence[int]
    ) -> tuple[int, ...]:
        was, now = planned_calls(before), planned_calls(after)
        variations = self._variations
        sufficient = [
            number
            for number in relevant
            if planned_calls(variations.applied(number).plan(event, now_ms)) != was
            or planned_calls(variations.reverted(number).plan(event, now_ms)) != now
        ]
        return tuple(sufficient or relevant)


Key = TypeVar("Key")


@dataclass(slots=True)
class _PlannerCache(Generic[Key]):
    build: Callable[[Key], EventPlanner]
    cached: OrderedDict[Key, EventPlanner] = field(default_factory=OrderedDict)

    def get(self, key: Key) -> EventPlanner:
        planner = self.cached.get(key)
        if planner is None:
            planner = self.cached[key] = self.build(key)
            if len(self.cached) > _PLANNERS:
                self.cached.popitem(last=False)
        else:
            self.cached.move_to_end(key)
        return planner


class ConfigVariations:
    """The differences between two configurations.

    Args:
        old: the old configuration.
        new: the new configuration.
        planner: creates a planner for a configuration.

    """

    def __init__(self, old: Config, new: Config, planner: Callable[[Config], EventPlanner]) -> None:
        self._old = {**old.raw, _COLLECTOR: old.collector}
        self._new = {**new.raw, _COLLECTOR: new.collector}
        self.differences: list[ConfigDifference] = config_differences(self._old, self._new)
        self.labels: Sequence[str] = [path_text(difference.path) for difference in self.differences]
        self._planner = planner
        self._planners: _PlannerCache[tuple[int, bool]] = _PlannerCache(self._build)

    def relevant(self, before: Plan, after: Plan) -> Sequence[int]:
        """Return the differences, without those in rules other than the two that matched."""
        every = range(len(self.differences))
        if len(every) <= 1:
            return every
        keys = {before.rule_key, after.rule_key}
        planner = [number for number in every if _concerns(self.differences[number].path, keys)]
        return planner or every

    def applied(self, index: int) -> EventPlanner:
        """Return a planner for the old configuration with only this difference applied."""
        return self._planners.get((index, True))

    def reverted(self, index: int) -> EventPlanner:
        """Return a planner for the new configuration without this difference."""
        return self._planners.get((index, False))

    def _build(self, key: tuple[int, bool]) -> EventPlanner:
        index, applied = key
        difference = self.differences[index]
        base, value = (self._old, difference.new) if applied else (self._new, difference.old)
        varied = with_value(base, difference.path, value)
        collector = varied.pop(_COLLECTOR, MISSING)
        return self._planner(
            replace(Config.lenient(varied), collector=collector if isinstance(collector, dict) else {})
        )


def _concerns(path: ConfigPath, keys: set[str]) -> bool:
    if path[:1] != ("mapping",) or len(path) < 3:
        return True
    entity, action = str(path[1]), str(path[2])
    # Adding or removing a rule may affect events that wildcard rules match.
    return len(path) == 3 or f"{entity} {action}" in keys


class ProfileVariations:
    """The differences between two profiles, such as this sender's default and walkerOS'.

    Args:
        old: the old profile.
        new: the new profile.
        planner: creates a planner for a profile.

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
        """Return all differences, since there are only a few."""
        return range(len(self._names))

    def applied(self, index: int) -> EventPlanner:
        """Return a planner for the old profile with only this difference applied."""
        return self._planners.get((index, True))

    def reverted(self, index: int) -> EventPlanner:
        """Return a planner for the new profile without this difference."""
        return self._planners.get((index, False))

    def _build(self, key: tuple[int, bool]) -> EventPlanner:
        index, applied = key
        base, other = (self._old, self._new) if applied else (self._new, self._old)
        name = self._names[index]
        return self._planner(replace(base, plan=replace(base.plan, **{name: getattr(other.plan, name)})))
