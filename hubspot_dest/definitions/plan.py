"""What an account must have before the first event is sent: the plan of `hubspot-dest definitions`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["DefinitionsPlan", "PlannedEvent", "PlannedProperty", "State"]

State = Literal["needed", "missing", "present", "conflict", "impossible"]
"""`needed`: the account is not known; `missing`: the account lacks it; `present`: the account has it; `conflict`: the
account has it with a type that does not take the values; `impossible`: no account can have it under this name."""


@dataclass(frozen=True, slots=True)
class PlannedProperty:
    """A property that must exist: of an event definition, or of contacts.

    Attributes:
        name: the internal name.
        type: the inferred type: string, number, bool, date or datetime.
        state: whether the account has it.
        sample: the first value that was seen, as HubSpot receives it; None without events.
        certain: the type follows from values; otherwise it is the one that takes every value.
        declared_type: the account's type; empty if it has none, or the account is not known.
        sentence: why it is a conflict or impossible.
        fix: what to do about that.
        config_path: where in the configuration it comes from.
        file: the file of the configuration.
        line: its line there, counted from 1.

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
        """Return the property as `--json` shows it."""
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
        full_name: `pe12345678_purchase`.
        state: whether the account has it; its properties have their own states.
        properties: its own properties; HubSpot's standard ones are in every definition and are not listed.
        events: how many events have this name; 0 without events.
        sentence: why it is impossible.
        fix: what to do about that.
        config_path: where in the configuration its name comes from.
        file: the file of the configuration.
        line: its line there, counted from 1.

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
        """Return the event as `--json` shows it."""
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
        portal_id: the portal in the prefix of the event names; None where the prefix names none.
        events: the event definitions, by name.
        contact_properties: the properties of contacts beside HubSpot's own, by name.
        unknown: what cannot be known, each a sentence.
        account: what the plan was compared with: a file, or a portal; empty where with nothing.
        from_events: the types are those of real values; otherwise the configuration alone was read.

    """

    portal_id: int | None
    events: tuple[PlannedEvent, ...] = ()
    contact_properties: tuple[PlannedProperty, ...] = ()
    unknown: tuple[str, ...] = ()
    account: str = ""
    from_events: bool = False

    def properties(self) -> Iterator[tuple[str, PlannedProperty]]:
        """Yield every property with its event's full name; `contact` for those of contacts."""
        for event in self.events:
            for prop in event.properties:
                yield event.full_name, prop
        for prop in self.contact_properties:
            yield "contact", prop

    def count(self, *states: State) -> int:
        """Return how many definitions and properties have one of these states."""
        return sum(event.state in states for event in self.events) + sum(
            prop.state in states for _, prop in self.properties()
        )
