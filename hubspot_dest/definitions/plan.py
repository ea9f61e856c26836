"""The plan of `hubspot-dest definitions`: what an account must have before the first event is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["DefinitionsPlan", "PlannedEvent", "PlannedProperty", "State"]

State = Literal["needed", "missing", "present", "conflict", "impossible"]
"""`needed`: the account is unknown. `missing`: the account does not have it. `present`: the account has it. `conflict`:
the account has it with a type that does not accept the values. `impossible`: no account can have it."""


@dataclass(frozen=True, slots=True)
class PlannedProperty:
    """A property that an event definition or contacts must have.

    Attributes:
        name: the internal name.
        type: the inferred type: string, number, bool, date or datetime.
        state: whether the account has it.
        sample: the first value, as HubSpot receives it; None without events.
        certain: whether the type was inferred from values; otherwise it is string, which accepts any value.
        declared_type: the type in the account; empty if the account does not have it or is unknown.
        sentence: the reason for a conflict or an impossible name.
        fix: what to do about it.
        config_path: the path in the configuration that sets it.
        file: the file of the configuration.
        line: the line in that file, counted from 1.

    """

    name: str
    type: str = "string"
    state: State = "needed"
    sample: str | None = None
    certain: bool = False
    declared_type: str = ""
    sentence: str = ""
    fix: str = ""
    config_path: str = ""
    file: str = ""
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the property as written by `--json`."""
        return {
            "property": self.name,
            "type": self.type,
            "certain": self.certain,
            "sample": self.sample,
            "state": self.state,
            "declaredType": self.declared_type or None,
            "sentence": self.sentence or None,
            "fix": self.fix or None,
            "configPath": self.config_path or None,
            "file": self.file or None,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event definition that must exist.

    Attributes:
        full_name: the name with its prefix: `pe12345678_purchase`.
        state: whether the account has it; its properties have states of their own.
        properties: its custom properties, without HubSpot's standard ones, which every definition has.
        events: the number of events with this name; 0 without events.
        sentence: the reason why it is impossible.
        fix: what to do about it.
        config_path: the path in the configuration that sets its name.
        file: the file of the configuration.
        line: the line in that file, counted from 1.

    """

    full_name: str
    state: State = "needed"
    properties: tuple[PlannedProperty, ...] = ()
    events: int = 0
    sentence: str = ""
    fix: str = ""
    config_path: str = ""
    file: str = ""
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the event as written by `--json`."""
        return {
            "event": self.full_name,
            "state": self.state,
            "events": self.events,
            "sentence": self.sentence or None,
            "fix": self.fix or None,
            "configPath": self.config_path or None,
            "file": self.file or None,
            "line": self.line,
            "properties": [prop.as_dict() for prop in self.properties],
        }


@dataclass(frozen=True, slots=True)
class DefinitionsPlan:
    """What an account must have for a configuration.

    Attributes:
        portal_id: the portal in the prefix of the event names; None if the prefix has none.
        events: the event definitions, sorted by name.
        contact_properties: the contact properties other than HubSpot's standard ones, sorted by name.
        unknown: what cannot be determined, as sentences.
        account: the name of the account that the plan was compared with, a file or a portal; empty for none.
        from_events: whether types were inferred from events; otherwise only the configuration was read.

    """

    portal_id: int | None
    events: tuple[PlannedEvent, ...] = ()
    contact_properties: tuple[PlannedProperty, ...] = ()
    unknown: tuple[str, ...] = ()
    account: str = ""
    from_events: bool = False

    def properties(self) -> Iterator[tuple[str, PlannedProperty]]:
        """Yield (full event name, property) for every property; the name is `contact` for contact properties."""
        for event in self.events:
            for prop in event.properties:
                yield event.full_name, prop
        for prop in self.contact_properties:
            yield "contact", prop

    def count(self, *states: State) -> int:
        """Return the number of definitions and properties in one of these states."""
        return sum(event.state in states for event in self.events) + sum(
            prop.state in states for _, prop in self.properties()
        )
