"""Build the JSON Schemas of answers; define those that endpoints share (HubSpot wire facts, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = [
    "ANYTHING",
    "FLAG",
    "SHAPES",
    "TEXT",
    "TIME",
    "WHOLE",
    "Schema",
    "array_of",
    "object_of",
    "page_of",
    "reference_to",
    "whole_between",
]

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
WHOLE: Final[Schema] = {"type": "integer"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
ANYTHING: Final[Schema] = {"type": "object"}


def reference_to(name: str) -> Schema:
    """Return a reference to a schema of the OpenAPI document."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object that has only these fields."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def array_of(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def page_of(shape: str, *, total: bool = False) -> Schema:
    """Return the schema of one page of results."""
    required = {"results": array_of(reference_to(shape))}
    if total:
        required = {"total": {"type": "integer", "minimum": 0}, **required}
    return object_of(required, {"paging": reference_to("Paging")})


def whole_between(low: int, high: int) -> Schema:
    """Return the schema of an integer between two bounds, inclusive."""
    return {"type": "integer", "minimum": low, "maximum": high}


SHAPES: Final[dict[str, Schema]] = {
    "Error": object_of(
        {"status": {"const": "error"}, "message": TEXT},
        {
            "correlationId": {"type": "string", "format": "uuid"},
            "category": TEXT,
            "errorType": TEXT,
            "policyName": TEXT,
            "groupName": TEXT,
            "requestId": TEXT,
            "context": {"type": "object", "additionalProperties": array_of(TEXT)},
            "errors": array_of(ANYTHING),
            "links": {"type": "object", "additionalProperties": TEXT},
        },
    ),
    "Paging": object_of({"next": object_of({"after": TEXT}, {"link": {"type": "string", "format": "uri"}})}),
    "PropertyOption": object_of({"label": TEXT, "value": TEXT, "displayOrder": WHOLE, "hidden": FLAG}),
    "Property": object_of(
        {
            "name": TEXT,
            "label": TEXT,
            "type": TEXT,
            "fieldType": TEXT,
            "description": TEXT,
            "groupName": TEXT,
            "options": array_of(reference_to("PropertyOption")),
            "archived": FLAG,
            "calculated": FLAG,
            "externalOptions": FLAG,
            "hasUniqueValue": FLAG,
            "hidden": FLAG,
            "hubspotDefined": FLAG,
            "formField": FLAG,
            "displayOrder": WHOLE,
            "modificationMetadata": ANYTHING,
        }
    ),
    "AnyObject": ANYTHING,
}
