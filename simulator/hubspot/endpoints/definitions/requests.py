"""The bodies of the definition endpoints (HubSpot wire facts, section 2.2). Null counts as absent: clients send it."""

from __future__ import annotations

import msgspec

from simulator.hubspot.endpoints.property_options import OptionRequest

__all__ = [
    "CustomMatchingId",
    "DefinitionChange",
    "EventPropertyChange",
    "MatchingRuleRequest",
    "NewDefinition",
    "NewEventProperty",
]


class NewEventProperty(msgspec.Struct):
    """A property to add to a definition."""

    label: str
    type: str
    # Null counts as absent, as the Node client sends it.
    name: str | None = None
    description: str | None = None
    options: list[OptionRequest] | None = None


class MatchingRuleRequest(msgspec.Struct):
    """Which event property names which property of the contact."""

    eventPropertyName: str  # noqa: N815 - HubSpot's name
    targetObjectPropertyName: str  # noqa: N815 - HubSpot's name


class CustomMatchingId(msgspec.Struct):
    """The custom matching id of a definition."""

    primaryObjectRule: MatchingRuleRequest  # noqa: N815 - HubSpot's name


class NewDefinition(msgspec.Struct):
    """A definition to make."""

    label: str
    propertyDefinitions: list[NewEventProperty]  # noqa: N815 - HubSpot's name
    name: str | None = None
    description: str | None = None
    primaryObject: str | None = None  # noqa: N815 - HubSpot's name
    customMatchingId: CustomMatchingId | None = None  # noqa: N815 - HubSpot's name


class DefinitionChange(msgspec.Struct):
    """What may be changed of a definition."""

    label: str | None = None
    description: str | None = None
    headerTemplate: str | None = None  # noqa: N815 - HubSpot's name
    detailTemplate: str | None = None  # noqa: N815 - HubSpot's name


class EventPropertyChange(msgspec.Struct):
    """What may be changed of a property."""

    label: str | None = None
    description: str | None = None
    options: list[OptionRequest] | None = None
