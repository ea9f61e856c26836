"""The bodies of the group endpoints."""

from __future__ import annotations

import msgspec

__all__ = ["NewPropertyGroup", "PropertyGroupUpdate"]


class NewPropertyGroup(msgspec.Struct):
    """A group to create."""

    name: str
    label: str
    displayOrder: int | None = None  # noqa: N815 - HubSpot's name


class PropertyGroupUpdate(msgspec.Struct):
    """What can be changed of a group; what is absent stays."""

    label: str | None = None
    displayOrder: int | None = None  # noqa: N815 - HubSpot's name
