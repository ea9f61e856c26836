"""The bodies of the definition endpoints (HubSpot wire facts, section 2.2). Null counts as absent."""

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
    # Null counts as absent: the official Node client sends it.
    name: str | None = None
    description: str | None = None
    options: list[OptionRequest] | None = None


class MatchingRuleRequest(msgspec.Struct):
    """The event property and the contact property whose values must match."""

    eventPropertyName: str  # noqa: N815 - HubSpot's name
    targetObjectPropertyName: str  # noqa: N815 - HubSpot's name


class CustomMatchingId(msgspec.Struct):
    """The custom matching id of a definition."""

    primaryObjectRule: MatchingRuleRequest  # noqa: N815 - HubSpot's name


class NewDefinition(msgspec.Struct):
    """A definition to create."""

    label: str
    propertyDefinitions: list[NewEventProperty]  # noqa: N815 - HubSpot's name
    name: str | None = None
    description: str | None = None
    primaryObject: str | None = None  # noqa: N815 - HubSpot's name
    customMatchingId: CustomMatchingId | None = None  # noqa: N815 - HubSpot's name


class DefinitionChange(msgspec.Struct):
    """Changes to a definition; absent fields are unchanged."""

    label: str | None = None
    description: str | None = None
    headerTemplate: str | None = None  # noqa: N815 - HubSpot's name
    detailTemplate: str | None = None  # noqa: N815 - HubSpot's name


class EventPropertyChange(msgspec.Struct):
    """Changes to a property; absent fields are unchanged."""

    label: str | None = None
    description: str | None = None
    options: list[OptionRequest] | None = None
