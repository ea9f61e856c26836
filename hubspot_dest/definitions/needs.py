"""Collect the definitions and properties that a configuration needs, from plans of events or from itself alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.checks.contacts import check_contact_property
from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.occurrences import check_property_value
from hubspot_dest.checks.standard_properties import STANDARD_CONTACT_PROPERTIES, STANDARD_EVENT_PROPERTIES
from hubspot_dest.definitions.value_type import ValueType
from hubspot_dest.doctor.requirements import needs_of
from hubspot_dest.mapping.jsvalues import to_string
from hubspot_dest.mapping.rules import rules_of
from hubspot_dest.planning.plan import Plan
from hubspot_dest.verdict.mapping_paths import ConfigPath
from hubspot_dest.verdict.rule_views import ConfigView, RuleView

__all__ = ["DefinitionNeeds", "NeededEvent", "NeededProperty"]

_MOST_EVENTS: Final = 2_000
_MOST_PROPERTIES: Final = 1_000


@dataclass(slots=True)
class NeededProperty:
    """A property that a configuration needs.

    Attributes:
        at: the path in the configuration that sets its value.
        values: the type inferred from its values.
        misfit: the violation if the account's property does not accept one of the values.

    """

    at: ConfigPath
    values: ValueType = field(default_factory=ValueType)
    misfit: Violation | None = None


@dataclass(slots=True)
class NeededEvent:
    """An event that a configuration needs.

    Attributes:
        at: the path in the configuration that sets its name.
        events: the number of events with this name.
        properties: its properties by name.
    """

    at: ConfigPath
    events: int = 0
    properties: dict[str, NeededProperty] = field(default_factory=dict)


class DefinitionNeeds:
    """Collect the needs of a configuration, bounded in size.

    Args:
        raw: the destination's configuration, as configured.
        account: the schema of the account; values are checked against its types.

    Attributes:
        events: the events by full name.
        contact_properties: the contact properties by name, without HubSpot's standard ones.
        unknown: what cannot be determined, as sentences.
        from_events: whether plans of events were added.

    """

    def __init__(self, raw: Mapping[str, Any], account: AccountSchema) -> None:
        self._raw = raw
        self._view = ConfigView(raw)
        self._account = account
        self.events: dict[str, NeededEvent] = {}
        self.contact_properties: dict[str, NeededProperty] = {}
        self.unknown: dict[str, None] = {}
        self.from_events = False

    def add_plan(self, plan: Plan) -> None:
        """Add the needs of a planned event; the types of its values are taken from the plan's trace."""
        self.from_events = True
        view = self._view.rule(plan.rule_key, plan.rule_index)
        traced = {
            trace.name: trace.result for trace in plan.trace or () if trace.name in ("identify", "properties")
        }
        if plan.occurrence is not None:
            self._add_occurrence(plan.occurrence, view, traced.get("properties"))
        if plan.contact is not None:
            identified = traced.get("identify")
            values = identified.get("properties") if isinstance(identified, dict) else None
            self._add_contact(plan.contact.properties or {}, view, values)

    def add_configuration(self) -> None:
        """Add the needs that do not depend on events: fixed names, and the types of fixed values."""
        raw = dict(self._raw)
        needs = needs_of(raw)
        for name, properties in needs.events.items():
            views = [self._view.rule(*rule) for rule in needs.rules.get(name, ())]
            needed = self.events.setdefault(name, NeededEvent(views[0].event_name_at if views else ()))
            for prop in sorted(properties):
                if prop in STANDARD_EVENT_PROPERTIES:
                    continue
                places = [view.property_places[prop] for view in views if prop in view.property_places]
                made = needed.properties.setdefault(prop, NeededProperty(places[0] if places else needed.at))
                self._add_fixed(made, places)
        contact_places = self._contact_places()
        for prop in sorted(needs.contact_properties):
            if prop not in STANDARD_CONTACT_PROPERTIES:
                places = contact_places.get(prop, [])
                made = self.contact_properties.setdefault(prop, NeededProperty(places[0] if places else ()))
                self._add_fixed(made, places)
        self.unknown.update(dict.fromkeys(needs.unknown))

    def _add_occurrence(self, occurrence: Mapping[str, Any], view: RuleView, traced: Any) -> None:
        name = occurrence["eventName"]
        needed = self.events.get(name)
        if needed is None:
            if len(self.events) >= _MOST_EVENTS:
                self.unknown[f"the events beyond the first {_MOST_EVENTS:,} names"] = None
                return
            needed = self.events[name] = NeededEvent(view.event_name_at)
        needed.events += 1
        values = {**self._view.defaults, **(traced if isinstance(traced, dict) else {})}
        definition = (self._account.definitions or {}).get(name)
        for prop, text in occurrence["properties"].items():
            if prop in STANDARD_EVENT_PROPERTIES:
                continue
            property_ = _member(needed.properties, prop, view.property_places.get(prop, view.at))
            if property_ is None:
                self.unknown[f"the properties of {name} beyond the first {_MOST_PROPERTIES:,}"] = None
                return
            text = text if isinstance(text, str) else to_string(text)
            property_.values.add(values.get(prop, text), text)
            if definition is not None and property_.misfit is None and text:
                declared = definition.declared(prop) or definition.declared(prop.lower())
                property_.misfit = None if declared is None else check_property_value(declared, text)

    def _add_contact(self, properties: Mapping[str, str], view: RuleView, values: Any) -> None:
        known = values if isinstance(values, dict) else {}
        account = self._account
        for prop, text in properties.items():
            if prop in STANDARD_CONTACT_PROPERTIES:
                continue
            at = view.contact_places.get(prop, view.identify_at)
            property_ = _member(self.contact_properties, prop, at)
            if property_ is None:
                self.unknown[f"the contact properties beyond the first {_MOST_PROPERTIES:,}"] = None
                return
            property_.values.add(known.get(prop, text), text)
            if property_.misfit is None and prop in account.own_contact_properties:
                property_.misfit = check_contact_property(
                    prop, text, account.contact_property, account.contact_properties, complete=True
                )

    def _contact_places(self) -> dict[str, list[ConfigPath]]:
        """Return contact property name to the paths in the configuration that set it."""
        places: dict[str, list[ConfigPath]] = {}
        rules = [self._view.rule(entry.key, entry.index) for entry in rules_of(self._raw.get("mapping"))]
        for view in (self._view.rule("", None), *rules):
            for name, at in view.contact_places.items():
                if at not in places.setdefault(name, []):
                    places[name].append(at)
        return places

    def _add_fixed(self, needed: NeededProperty, places: list[ConfigPath]) -> None:
        """Add the values of a property if all of them are fixed; otherwise its type remains undetermined."""
        items = [(at, _at(self._raw, at)) for at in places]
        values = [value for at, item in items for value in _fixed_values(item, at)]
        if len(values) == len(places):
            for value in values:
                needed.values.add(value, value if isinstance(value, str) else to_string(value))


def _member(members: dict[str, NeededProperty], name: str, at: ConfigPath) -> NeededProperty | None:
    member = members.get(name)
    if member is None and len(members) < _MOST_PROPERTIES:
        member = members[name] = NeededProperty(at)
    return member


def _at(raw: Any, path: ConfigPath) -> Any:
    for step in path:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def _fixed_values(item: Any, at: ConfigPath) -> Iterator[Any]:
    if at[:2] == ("settings", "defaultProperties") and not isinstance(item, (dict, list)):
        yield from () if item is None else (item,)
    elif isinstance(item, dict) and set(item) == {"value"} and isinstance(item["value"], (str, int, float)):
        yield item["value"]
