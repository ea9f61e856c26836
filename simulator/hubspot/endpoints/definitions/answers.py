"""The answers of the definition endpoints (HubSpot wire facts, section 2.3)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import (
    ANYTHING,
    FLAG,
    TEXT,
    TIME,
    Schema,
    array_of,
    object_of,
    page_of,
    reference_to,
)

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {
    "Definition": object_of(
        {
            "id": TEXT,
            "name": TEXT,
            "fullyQualifiedName": TEXT,
            "objectTypeId": TEXT,
            "labels": ANYTHING,
            "primaryObject": TEXT,
            "trackingType": TEXT,
            "archived": FLAG,
            "createdAt": TIME,
            "updatedAt": TIME,
            "properties": array_of(reference_to("Property")),
            "associations": array_of(ANYTHING),
        },
        {
            "description": TEXT,
            "customMatchingId": ANYTHING,
            "headerTemplate": TEXT,
            "detailTemplate": TEXT,
        },
    ),
    "DefinitionPage": page_of("Definition", total=True),
}
