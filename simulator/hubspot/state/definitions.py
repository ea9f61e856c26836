"""An event definition of an account (HubSpot wire facts, section 2.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from simulator.hubspot.state.property_values import AccountProperty
from simulator.hubspot.state.standard_properties import DEFAULT_EVENT_PROPERTIES

__all__ = ["EventDefinition"]

_STANDARD_TEXTS: Final = frozenset(
    name for name, prop in DEFAULT_EVENT_PROPERTIES.items() if prop.type == "string" and prop.name == name
)


@dataclass(slots=True)
class EventDefinition:
    """An event definition: its full name, and its custom properties besides the 32 standard ones."""

    name: str
    properties: dict[str, AccountProperty] = field(default_factory=dict)
    label: str = ""
    description: str | None = None
    primary_object: str = "CONTACT"
    matching: tuple[str, str] | None = None
    created_at: str = ""
    updated_at: str = ""
    number: int = 1
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The name without the prefix `pe12345678_`."""
        return self.name.partition("_")[2]

    def property(self, name: str) -> AccountProperty | None:
        """Return the custom or standard property of this name, or None."""
        return self.properties.get(name) or DEFAULT_EVENT_PROPERTIES.get(name)

    def text_names(self) -> frozenset[str]:
        """Return the names of the properties of type string, custom and standard."""
        own = {name for name, prop in self.properties.items() if prop.type == "string"}
        return frozenset(own | _STANDARD_TEXTS.difference(self.properties))

    def add_text(self, name: str) -> None:
        """Add a property of type string."""
        self.properties[name] = AccountProperty(name, group="event_properties")

    def shown(self, *, properties: bool = True) -> dict[str, Any]:
        """Return the definition as JSON of HubSpot's API."""
        shown: dict[str, Any] = {
            "id": str(self.number),
            "name": self.short_name,
            "fullyQualifiedName": self.name,
            "objectTypeId": f"6-{self.number}",
            "labels": {"singular": self.label or self.short_name},
            "primaryObject": self.primary_object,
            "trackingType": "MANUAL",
            "archived": False,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "properties": [],
            "associations": [],
            **self.more,
        }
        if self.description is not None:
            shown["description"] = self.description
        if self.matching is not None:
            rule = {"eventPropertyName": self.matching[0], "targetObjectPropertyName": self.matching[1]}
            shown["customMatchingId"] = {"primaryObjectRule": rule}
        if properties:
            every = [*DEFAULT_EVENT_PROPERTIES.values(), *self.properties.values()]
            shown["properties"] = [account_property.shown() for account_property in every]
        return shown
