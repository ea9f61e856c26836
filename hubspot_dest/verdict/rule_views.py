"""A view of a configuration for the judge, read once: the values, paths and fixed texts of each rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from hubspot_dest.mapping.jsvalues import js_lower, replace_whitespace_runs
from hubspot_dest.verdict.mapping_paths import (
    ConfigPath,
    EventPath,
    MappedValue,
    default_texts,
    event_paths,
    mapped_values,
)

__all__ = ["EVENT_FIELDS", "ConfigView", "RuleView"]

EVENT_FIELDS: Final = frozenset(
    """
    name data context globals custom user nested consent id trigger entity action timestamp timing source
    """.split()  # noqa: SIM905 - fifteen names read better as words
)
"""The fields of events (walkerOS 4.4, section 1.1)."""

# Anywhere in a text: `${NAME}`, the references of flows and those of other systems; as the complete text: `$NAME`.
# `$code:` is a function and `$5` is an amount.
_REFERENCE: Final = re.compile(
    r"\$\{[A-Za-z_][^{}\s]*\}|\{\{[^{}]+\}\}|#\{[A-Za-z_][^{}\s]*\}|<%.*?%>|%[A-Z][A-Z0-9_]+%|\bprocess\.env\.[A-Za-z_]|"
    r"\$(?:def|var|env|flow|secret|store|contract)\.[A-Za-z_]|"
    r"^\$(?!code:)[A-Za-z_]\w*([.:][^\s]*)?$",
    re.ASCII,
)

# Keys of the configuration below which users choose the names of the keys, with the number of such levels.
_CHOSEN_NAMES: Final = MappingProxyType({"mapping": 2, "map": 1, "policy": 1, "defaultProperties": 1})


@dataclass(frozen=True)
class RuleView:
    """The mapping of one rule, or that of the destination for events without a rule.

    Attributes:
        label: the rule's key and position, as in reports; empty for events without a rule.
        at: the rule's path in the configuration.
        event_name_at: the path of the setting that determines the event's name.
        properties: the mapped properties of occurrences.
        contact: the mapped properties of contacts.
        identify_at: the path of `identify`; empty if there is none.
        contact_email_paths: the event paths of the e-mail in `identify`.
        identifies_nothing: whether `identify` maps an identity but no properties.
        references: fixed texts that look like references but are not resolved, with their paths.
        fields: the valid first steps of event paths: the fields of events, and those that policies add.
        property_places: property name to path in the configuration, for occurrences.
        contact_places: property name to path in the configuration, for contacts.

    """

    label: str
    at: ConfigPath
    event_name_at: ConfigPath
    properties: tuple[MappedValue, ...] = ()
    contact: tuple[MappedValue, ...] = ()
    identify_at: ConfigPath = ()
    contact_email_paths: tuple[EventPath, ...] = ()
    identifies_nothing: bool = False
    references: tuple[tuple[str, ConfigPath], ...] = ()
    fields: frozenset[str] = EVENT_FIELDS
    property_places: Mapping[str, ConfigPath] = field(default_factory=dict)
    contact_places: Mapping[str, ConfigPath] = field(default_factory=dict)


class ConfigView:
    """A view of a configuration for the judge.

    Args:
        raw: the destination's configuration, as configured.

    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        settings = raw.get("settings")
        self._settings: dict[str, Any] = settings if isinstance(settings, dict) else {}
        mapping = raw.get("mapping")
        self._mapping: dict[str, Any] = mapping if isinstance(mapping, dict) else {}
        self._views: dict[tuple[str, int | None], RuleView] = {}
        self.rule_keys = {
            f"{entity} {action}".lower(): f"{entity} {action}"
            for entity, actions in self._mapping.items()
            if isinstance(actions, dict)
            for action, rules in actions.items()
            if (rules or isinstance(rules, dict)) and "*" not in (entity, action)
        }
        self.consent_requirements = tuple(_consent_requirements(raw, ()))
        """Every consent requirement: the names, one of which is enough, and the path in the configuration."""
        self.consents = frozenset(name for names, _ in self.consent_requirements for name in names)
        self.email_paths = tuple(event_paths(self._settings.get("email"), ("settings", "email")))
        self.object_id_paths = tuple(event_paths(self._settings.get("objectId"), ("settings", "objectId")))

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The default properties."""
        defaults = self._settings.get("defaultProperties")
        return defaults if isinstance(defaults, dict) else {}

    def rule(self, key: str, index: int | None) -> RuleView:
        """Return the view of a rule; the empty key is for events without a rule."""
        view = self._views.get((key, index))
        if view is None:
            view = self._views[key, index] = self._read(key, index)
        return view

    def every_rule(self) -> Iterator[tuple[str, str, RuleView]]:
        """Yield the entity, action and view of every rule of the configuration."""
        for entity, actions in self._mapping.items():
            for action, rules in actions.items() if isinstance(actions, dict) else ():
                several = isinstance(rules, list)
                for number in range(len(rules)) if several else (None,):
                    yield entity, action, self.rule(f"{entity} {action}", number)

    def fixed_event_name(self, rule: Mapping[str, Any], entity: str, action: str) -> str | None:
        """Return the full name of the events that a rule sends; None if it depends on the event."""
        prefix, own = self._settings.get("eventNamePrefix"), rule.get("settings")
        name = own.get("eventName") if isinstance(own, dict) else None
        if not isinstance(prefix, str):
            return None
        if name:
            return prefix + name if isinstance(name, str) else None
        name = rule.get("name")
        if not isinstance(name, str):
            name = None if "*" in (entity, action) else f"{entity} {action}"
        return None if name is None else prefix + replace_whitespace_runs(js_lower(name), "_")

    def lost_identity(self) -> tuple[EventPath, ...]:
        """Return the paths of the identity if none of them begins with a field of events, so none can have a value."""
        email = self._settings.get("email")
        paths = [*self.email_paths, *self.object_id_paths]
        if email is None or not paths or self._raw.get("policy"):
            return ()
        plain = all(_only_paths(item) for item in (email, self._settings.get("objectId")))
        return tuple(paths) if plain and all(path.first not in EVENT_FIELDS for path in paths) else ()

    def raw_rule(self, key: str, index: int | None) -> dict[str, Any]:
        """Return a rule as configured; empty if there is none."""
        entity, _, action = key.partition(" ")
        actions = self._mapping.get(entity)
        rule = actions.get(action) if isinstance(actions, dict) else None
        if isinstance(rule, list):
            rule = rule[index] if index is not None and index < len(rule) else None
        return rule if isinstance(rule, dict) else {}

    def _read(self, key: str, index: int | None) -> RuleView:
        rule = self.raw_rule(key, index)
        own = rule.get("settings")
        settings: dict[str, Any] = own if isinstance(own, dict) else {}
        entity, _, action = key.partition(" ")
        at: ConfigPath = ("mapping", entity, action) if key else ()
        if index is not None:
            at = (*at, index)
        identify, identify_at = settings.get("identify"), (*at, "settings", "identify")
        if not identify:
            identify, identify_at = self._settings.get("identify"), ("settings", "identify")
        contact = tuple(_contact_values(identify, identify_at))
        properties = (
            tuple(mapped_values(settings["properties"], (*at, "settings", "properties")))
            if settings.get("properties")
            else ()
        )
        places = {str(name): ("settings", "defaultProperties", name) for name in self.defaults}
        return RuleView(
            label=key if index is None else f"{key} [{index + 1}]",
            at=at,
            event_name_at=_event_name_at(at, rule, settings),
            properties=properties,
            contact=contact,
            identify_at=identify_at if identify else (),
            contact_email_paths=tuple(_contact_email_paths(identify, identify_at)),
            identifies_nothing=_identifies_nothing(identify),
            references=tuple(self._references(rule, settings, at, identify, identify_at)),
            fields=EVENT_FIELDS
            | _policy_fields(self._raw.get("policy"))
            | _policy_fields(rule.get("policy")),
            property_places={**places, **{prop.name: prop.at for prop in properties if prop.name}},
            contact_places={
                mapped_value.name: mapped_value.at for mapped_value in contact if mapped_value.name
            },
        )

    def _references(
        self,
        rule: Mapping[str, Any],
        settings: Mapping[str, Any],
        at: ConfigPath,
        identify: Any,
        identify_at: ConfigPath,
    ) -> Iterator[tuple[str, ConfigPath]]:
        texts: list[tuple[Any, ConfigPath]] = [
            (self._settings.get("eventNamePrefix"), ("settings", "eventNamePrefix")),
            (settings.get("eventName"), (*at, "settings", "eventName")),
            (rule.get("name"), (*at, "name")),
            *((value, ("settings", "defaultProperties", name)) for name, value in self.defaults.items()),
            *default_texts(settings.get("properties"), (*at, "settings", "properties")),
            *default_texts(identify, identify_at),
        ]
        for value, place in (("email", "email"), ("objectId", "objectId")):
            texts += [
                (path.path, path.at) for path in event_paths(self._settings.get(value), ("settings", place))
            ]
        for text, place_of_text in texts:
            if isinstance(text, str) and _REFERENCE.search(text):
                yield text, place_of_text


def _event_name_at(at: ConfigPath, rule: Mapping[str, Any], settings: Mapping[str, Any]) -> ConfigPath:
    if settings.get("eventName"):
        return (*at, "settings", "eventName")
    return (*at, "name") if isinstance(rule.get("name"), str) else at


def _contact_values(identify: Any, at: ConfigPath) -> Iterator[MappedValue]:
    for number, item in enumerate(identify) if isinstance(identify, list) else [(None, identify)]:
        inner = item.get("map") if isinstance(item, dict) else None
        if isinstance(inner, dict) and inner.get("properties"):
            place: ConfigPath = at if number is None else (*at, number)
            yield from mapped_values(inner["properties"], (*place, "map", "properties"))


def _contact_email_paths(identify: Any, at: ConfigPath) -> Iterator[EventPath]:
    for number, item in enumerate(identify) if isinstance(identify, list) else [(None, identify)]:
        inner = item.get("map") if isinstance(item, dict) else None
        if isinstance(inner, dict):
            place: ConfigPath = at if number is None else (*at, number)
            yield from event_paths(inner.get("email"), (*place, "map", "email"))


def _identifies_nothing(identify: Any) -> bool:
    if not isinstance(identify, dict) or set(identify) - {"map", "condition", "consent"}:
        return False
    inner = identify.get("map")
    return isinstance(inner, dict) and "email" in inner and "properties" not in inner


def _only_paths(value: Any) -> bool:
    if isinstance(value, list):
        return all(_only_paths(item) for item in value)
    if isinstance(value, dict):
        return set(value) <= {"key"}
    return value is None or isinstance(value, str)


def _policy_fields(policy: Any) -> frozenset[str]:
    return (
        frozenset(str(key).partition(".")[0] for key in policy) if isinstance(policy, dict) else frozenset()
    )


def _consent_requirements(
    value: Any, at: ConfigPath, free: int = 0
) -> Iterator[tuple[tuple[str, ...], ConfigPath]]:
    """Yield the consent requirements; for `free` levels, keys are names chosen by users, not keywords."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not free and key == "value":
                continue
            if not free and key == "consent" and isinstance(inner, dict):
                names = tuple(str(name) for name, flag in inner.items() if flag)
                if names:
                    yield names, (*at, "consent")
                continue
            yield from _consent_requirements(
                inner, (*at, key), free - 1 if free else _CHOSEN_NAMES.get(key, 0)
            )
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _consent_requirements(inner, (*at, number))
