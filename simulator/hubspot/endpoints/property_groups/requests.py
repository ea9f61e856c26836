"""The bodies of the group endpoints."""

from __future__ import annotations

import msgspec

from simulator.hubspot.endpoints.request_bodies import Integer

__all__ = ["NewPropertyGroup", "PropertyGroupUpdate"]


class NewPropertyGroup(msgspec.Struct):
    """A group to create."""

    name: str
    label: str
    displayOrder: Integer | None = None  # noqa: N815 - HubSpot's name


class PropertyGroupUpdate(msgspec.Struct):
    """Changes to a group; absent fields are unchanged."""

    label: str | None = None
    displayOrder: Integer | None = None  # noqa: N815 - HubSpot's name
