"""Determine what a configuration needs in HubSpot: event definitions, their properties, and contact properties.

A mapping can compute names at run time, so the configuration may not contain all of them; what cannot be determined is
reported. The plans of real events (`Needs.add_plan`) are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.mapping.jsvalues import js_lower, replace_whitespace_runs, to_string, truthy
from hubspot_dest.mapping.rules import ANY, RuleEntry, rules_of
from hubspot_dest.planning.plan import Plan

__all__ = ["Needs", "needs_of"]

_DYNAMIC: Final = (
    "fn",
    "loop",
    "set",
    "key",
)  # with these, a value may have other names than those of its map


@dataclass(slots=True)
class Needs:
    """What HubSpot must have.

    Attributes:
        events: full event name to the names of its properties.
        contact_properties: the names of contact properties.
        unknown: what cannot be determined from the configuration, as sentences.
        rules: full event name to the (key, index) of the rules that send it.

    """

    events: dict[str, set[str]] = field(default_factory=dict)
    contact_properties: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    rules: dict[str, tuple[tuple[str, int | None], ...]] = field(default_factory=dict)

    def add_plan(self, plan: Plan) -> None:
        """Add the needs of a planned event."""
        if plan.occurrence is not None:
            self.events.setdefault(plan.occurrence["eventName"], set()).update(plan.occurrence["properties"])
        if plan.contact is not None:
            self.contact_properties.update(plan.contact.properties or ())


def needs_of(raw: dict[str, Any]) -> Needs:
    """Return the needs of a valid configuration, as far as it determines them (walkerOS 4.4, section 5.5)."""
    settings = raw.get("settings") or {}
    needs = Needs()
    prefix = to_string(settings.get("eventNamePrefix", ""))
    defaults = set(settings.get("defaultProperties") or {})
    for entry in rules_of(raw.get("mapping")):
        place, rule = entry.place, entry.rule
        if rule.get("ignore") is True:
            continue
        own = rule.get("settings") or {}
        _add_contact(needs, own.get("identify"), f"{place}.settings.identify")
        if rule.get("silent") is True or rule.get("skip") is True:
            continue
        name = _event_name(own.get("eventName"), rule.get("name"), entry)
        if name is None:
            needs.unknown.append(f"the event names of {place}, which matches several events")
            continue
        properties, dynamic = _map_keys(own.get("properties"))
        needs.events.setdefault(prefix + name, set()).update(defaults | properties)
        needs.rules[prefix + name] = (*needs.rules.get(prefix + name, ()), (entry.key, entry.index))
        if dynamic:
            needs.unknown.append(
                f"all properties of {prefix}{name}: {place}.settings.properties computes some of them"
            )
    _add_contact(needs, settings.get("identify"), "settings.identify")
    needs.unknown += _undetermined(raw)
    return needs


def _undetermined(raw: dict[str, Any]) -> Iterator[str]:
    mapping = raw.get("mapping") or {}
    if ANY not in (mapping.get(ANY) or {}):
        yield "the names of events that no rule matches, which are sent with their own names"
    policies = [("policy", raw.get("policy"))]
    policies += [(f"{entry.place}.policy", entry.rule.get("policy")) for entry in rules_of(mapping)]
    for place, policy in policies:
        if isinstance(policy, dict) and "name" in policy:
            yield f"event names, since {place} changes them"


def _event_name(own: Any, renamed: Any, entry: RuleEntry) -> str | None:
    if isinstance(own, str) and truthy(own):
        return own
    if not isinstance(renamed, str):
        if ANY in (entry.entity, entry.action):
            return None
        renamed = entry.key
    return replace_whitespace_runs(js_lower(renamed), "_")


def _map_keys(value: Any) -> tuple[set[str], bool]:
    """Return the names that a mapping value can have, and whether there may be more."""
    if value is None:
        return set(), False
    if isinstance(value, list):
        parts = [_map_keys(item) for item in value]
        return set().union(*(keys for keys, _ in parts)), any(dynamic for _, dynamic in parts)
    if not isinstance(value, dict):
        return set(), True  # a path may lead to any value
    inner = value.get("map")
    keys = {str(key) for key in inner} if isinstance(inner, dict) else set()
    fixed = value.get("value")
    if isinstance(fixed, dict):
        keys |= set(fixed)
    return keys, any(key in value for key in _DYNAMIC)


def _add_contact(needs: Needs, identify: Any, place: str) -> None:
    for item in identify if isinstance(identify, list) else [identify]:
        if not isinstance(item, dict) or not isinstance(item.get("map"), dict):
            if item:
                needs.unknown.append(f"the contact properties of {place}")
            continue
        keys, dynamic = _map_keys(item["map"].get("properties"))
        needs.contact_properties |= keys
        if dynamic:
            needs.unknown.append(f"all contact properties of {place}.map.properties")
