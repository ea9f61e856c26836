"""The request bodies of the property endpoints. Null counts as absent: the official clients send it for None."""

from __future__ import annotations

import msgspec

from simulator.hubspot.endpoints.property_options import OptionRequest
from simulator.hubspot.endpoints.request_bodies import Integer

__all__ = [
    "ContactPropertyBatch",
    "ContactPropertyName",
    "ContactPropertyNames",
    "ContactPropertyUpdate",
    "NewContactProperty",
]


class NewContactProperty(msgspec.Struct):
    """A contact property to create."""

    name: str
    label: str
    type: str
    fieldType: str  # noqa: N815 - HubSpot's name
    groupName: str  # noqa: N815 - HubSpot's name
    description: str | None = None
    options: list[OptionRequest] | None = None
    hasUniqueValue: bool | None = None  # noqa: N815 - HubSpot's name
    displayOrder: Integer | None = None  # noqa: N815 - HubSpot's name
    hidden: bool | None = None
    formField: bool | None = None  # noqa: N815 - HubSpot's name


class ContactPropertyUpdate(msgspec.Struct):
    """Changes to a contact property; absent fields are unchanged."""

    label: str | None = None
    type: str | None = None
    fieldType: str | None = None  # noqa: N815 - HubSpot's name
    groupName: str | None = None  # noqa: N815 - HubSpot's name
    description: str | None = None
    options: list[OptionRequest] | None = None
    displayOrder: Integer | None = None  # noqa: N815 - HubSpot's name
    hidden: bool | None = None
    formField: bool | None = None  # noqa: N815 - HubSpot's name


class ContactPropertyBatch(msgspec.Struct):
    """Contact properties to create."""

    inputs: list[NewContactProperty]


class ContactPropertyName(msgspec.Struct):
    """The name of one property."""

    name: str


class ContactPropertyNames(msgspec.Struct):
    """The properties to read or to archive."""

    inputs: list[ContactPropertyName]
    archived: bool | None = None
