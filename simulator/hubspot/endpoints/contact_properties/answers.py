"""The answers of the property endpoints. A single property has the shared schema `Property`."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import TIME, Schema, array_of, object_of, reference_to

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {
    "PropertyList": object_of({"results": array_of(reference_to("Property"))}),
    "PropertyBatchResult": object_of(
        {
            "status": {"const": "COMPLETE"},
            "results": array_of(reference_to("Property")),
            "startedAt": TIME,
            "completedAt": TIME,
        }
    ),
}
