"""Process one event: policy, rule and data, in the order of walkerOS (4.4 mapping, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, Undefined, entries, same_value_key, truthy
from hubspot_dest.mapping.paths import delete_by_path
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.rules import Rule, RuleSet
from hubspot_dest.mapping.values import Resolve

__all__ = ["Processed", "Processor", "flatten_sections", "merge"]

S = TypeVar("S")

_SECTIONS = ("data", "globals", "context", "user", "source", "event")
_EVENT_KEYS = ("entity", "action", "id", "timestamp", "name", "trigger", "timing")


@dataclass(frozen=True, slots=True)
class Processed(Generic[S]):
    """The result of mapping one event.

    Attributes:
        event: the event after policies and the rule's name.
        data: the payload; `UNDEFINED` if there is none. HubSpot's destination does not use it.
        rule: the rule that matched, or None.
        key: the key of the rule, `order complete`; the empty string or `UNDEFINED` without a match (`RuleSet.find`).
        ignore: whether the rule drops the event.

    """

    event: Any
    data: Any
    rule: Rule[S] | None
    key: str | Undefined
    ignore: bool


@dataclass(frozen=True, slots=True)
class Processor(Generic[S]):
    """The compiled mapping part of a configuration."""

    policy: Policy | None
    rules: RuleSet[S]
    data: Resolve | None
    include: Any
    no_data: Any = UNDEFINED  # a falsy value at `data`, which upstream uses as it is

    def process(self, event: Any, ev: Evaluation) -> Processed[S]:
        """Process one event.

        Raises:
            RuleError: finding the rule failed, which fails the push.

        """
        if self.policy is not None:
            event = self.policy.apply(event, ev)
        rule, key = self.rules.find(event, ev)
        if rule is not None and rule.policy is not None:
            event = rule.policy.apply(event, ev)
        if rule is not None and truthy(rule.name):
            # As upstream: the event itself gets the new name, so that a `data` that is the event shows it.
            event = dict(event)
        ev.event = event
        data = self.no_data if self.data is None else self.data(event, ev, ev.collector.consent)
        if rule is not None:
            if rule.ignore:
                return Processed(event, data, rule, key, ignore=True)
            if truthy(rule.name):
                event["name"] = rule.name
            if rule.data is not None:
                rule_data = rule.data(event, ev, ev.collector.consent)
                both_maps = isinstance(data, dict) and isinstance(rule_data, dict)
                data = merge(data, rule_data) if both_maps else rule_data
        data = self._finish(data, event, rule)
        return Processed(event, data, rule, key, ignore=False)

    def _finish(self, data: Any, event: Any, rule: Rule[S] | None) -> Any:
        include = rule.raw.get("include", UNDEFINED) if rule is not None else UNDEFINED
        if include is UNDEFINED or include is None:
            include = self.include
        if isinstance(include, list) and include:
            sections = flatten_sections(event, include)
            if sections and isinstance(data, dict):
                data = merge(sections, data)
            elif sections and (data is UNDEFINED or data is None):
                data = sections
        remove = rule.raw.get("remove", UNDEFINED) if rule is not None else UNDEFINED
        if isinstance(remove, list) and isinstance(data, dict):
            for path in remove:
                if isinstance(path, str):
                    data = delete_by_path(data, path)
        return data


def merge(target: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """Return target's entries, then source's; two lists become their union, otherwise source wins (section 3.5).

    The merge is shallow: inner maps are replaced. A source key with the value `UNDEFINED` overrides, too. The time is
    linear in the size of both maps.
    """
    merged = dict(target)
    for key, value in source.items():
        known = target.get(key, UNDEFINED)
        merged[key] = _union(known, value) if isinstance(known, list) and isinstance(value, list) else value
    return merged


def _union(first: list[Any], second: list[Any]) -> list[Any]:
    united = list(first)
    known = {same_value_key(item) for item in first}
    for item in second:
        key = same_value_key(item)
        if key not in known:
            known.add(key)
            united.append(item)
    return united


def flatten_sections(event: Any, include: list[Any]) -> dict[str, Any]:
    """Return the named sections of the event as `<section>_<key>` entries (section 3.6); `all` means every section."""
    flat: dict[str, Any] = {}
    for section in _SECTIONS if "all" in include else include:
        if section not in _SECTIONS:
            continue
        bag = _event_section(event) if section == "event" else event.get(section, UNDEFINED)
        if isinstance(bag, dict):
            _flatten(flat, section, bag, first_of_tuples=section == "context")
    return flat


def _event_section(event: Any) -> dict[str, Any]:
    return {key: event.get(key, UNDEFINED) for key in _EVENT_KEYS}


def _flatten(flat: dict[str, Any], prefix: str, bag: dict[str, Any], *, first_of_tuples: bool) -> None:
    for key, value in entries(bag):
        if value is UNDEFINED:
            continue
        if first_of_tuples and isinstance(value, list):
            value = value[0] if value else UNDEFINED
        if isinstance(value, dict):
            _flatten(flat, f"{prefix}_{key}", value, first_of_tuples=False)
        else:
            flat[f"{prefix}_{key}"] = value
