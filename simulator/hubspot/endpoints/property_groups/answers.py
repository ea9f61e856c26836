"""The answers of the group endpoints."""

from __future__ import annotations

from typing import Any, Final

from simulator.hubspot.endpoints.shapes import FLAG, TEXT, WHOLE, Schema, array_of, object_of, reference_to
from simulator.hubspot.state.property_values import PropertyGroup

__all__ = ["SHAPES", "show_group"]

SHAPES: Final[dict[str, Schema]] = {
    "PropertyGroup": object_of({"name": TEXT, "label": TEXT, "displayOrder": WHOLE, "archived": FLAG}),
    "PropertyGroupList": object_of({"results": array_of(reference_to("PropertyGroup"))}),
}


def show_group(group: PropertyGroup) -> dict[str, Any]:
    """Return a group as JSON of HubSpot's API."""
    return {
        "name": group.name,
        "label": group.label,
        "displayOrder": group.display_order,
        "archived": group.archived,
    }
