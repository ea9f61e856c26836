"""The shapes of answers, as JSON Schema (HubSpot wire facts, sections 1 to 5)."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["SHAPES", "ref"]

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """Return a reference to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _page(of: str, *, total: bool = False) -> Schema:
    required = {"results": _list(ref(of))}
    if total:
        required = {"total": {"type": "integer", "minimum": 0}, **required}
    return _object(required, {"paging": ref("Paging")})


_TEXT: Final[Schema] = {"type": "string"}
_FLAG: Final[Schema] = {"type": "boolean"}
_WHOLE: Final[Schema] = {"type": "integer"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_ANYTHING: Final[Schema] = {"type": "object"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}

_CONTACT_REQUIRED: Final[dict[str, Schema]] = {
    "id": _TEXT,
    "properties": _TEXTS,
    "createdAt": _TIME,
    "updatedAt": _TIME,
    "archived": _FLAG,
}
_CONTACT_OPTIONAL: Final[dict[str, Schema]] = {
    "archivedAt": _TIME,
    "propertiesWithHistory": {
        "type": "object",
        "additionalProperties": _list(_object({"value": _TEXT, "timestamp": _TIME, "sourceType": _TEXT})),
    },
    "new": _FLAG,
    "objectWriteTraceId": _TEXT,
}

SHAPES: Final[dict[str, Schema]] = {
    "Error": _object(
        {"status": {"const": "error"}, "message": _TEXT},
        {
            "correlationId": {"type": "string", "format": "uuid"},
            "category": _TEXT,
            "errorType": _TEXT,
            "policyName": _TEXT,
            "groupName": _TEXT,
            "requestId": _TEXT,
            "context": {"type": "object", "additionalProperties": _list(_TEXT)},
            "errors": _list(_ANYTHING),
            "links": {"type": "object", "additionalProperties": _TEXT},
        },
    ),
    "Paging": _object({"next": _object({"after": _TEXT}, {"link": {"type": "string", "format": "uri"}})}),
    "Contact": _object(_CONTACT_REQUIRED, _CONTACT_OPTIONAL),
    "ContactPage": _page("Contact"),
    "ContactsFound": _page("Contact", total=True),
    "BatchError": _object(
        {"status": {"const": "error"}, "category": _TEXT, "message": _TEXT, "context": _ANYTHING}
    ),
    "ContactBatchResult": _object(
        {"status": {"const": "COMPLETE"}, "results": _list(ref("Contact"))},
        {"startedAt": _TIME, "completedAt": _TIME, "numErrors": _WHOLE, "errors": _list(ref("BatchError"))},
    ),
    "PropertyOptionShown": _object({"label": _TEXT, "value": _TEXT, "displayOrder": _WHOLE, "hidden": _FLAG}),
    "Property": _object(
        {
            "name": _TEXT,
            "label": _TEXT,
            "type": _TEXT,
            "fieldType": _TEXT,
            "description": _TEXT,
            "groupName": _TEXT,
            "options": _list(ref("PropertyOptionShown")),
            "archived": _FLAG,
            "calculated": _FLAG,
            "externalOptions": _FLAG,
            "hasUniqueValue": _FLAG,
            "hidden": _FLAG,
            "hubspotDefined": _FLAG,
            "formField": _FLAG,
            "displayOrder": _WHOLE,
            "modificationMetadata": _ANYTHING,
        }
    ),
    "PropertyList": _object({"results": _list(ref("Property"))}),
    "Definition": _object(
        {
            "id": _TEXT,
            "name": _TEXT,
            "fullyQualifiedName": _TEXT,
            "objectTypeId": _TEXT,
            "labels": _ANYTHING,
            "primaryObject": _TEXT,
            "trackingType": _TEXT,
            "archived": _FLAG,
            "createdAt": _TIME,
            "updatedAt": _TIME,
            "properties": _list(ref("Property")),
            "associations": _list(_ANYTHING),
        },
        {
            "description": _TEXT,
            "customMatchingId": _ANYTHING,
            "headerTemplate": _TEXT,
            "detailTemplate": _TEXT,
        },
    ),
    "DefinitionPage": _page("Definition", total=True),
    "OccurrenceShown": _object(
        {
            "id": _TEXT,
            "eventType": _TEXT,
            "objectType": _TEXT,
            "objectId": _TEXT,
            "occurredAt": _TIME,
            "properties": {"type": "object", "additionalProperties": _TEXT},
        }
    ),
    "OccurrencePage": _page("OccurrenceShown"),
    "EventTypes": _object({"eventTypes": _list(_TEXT)}),
    "AccountDetails": {"type": "object", "required": ["portalId"], "properties": {"portalId": _WHOLE}},
    "AnyObject": _ANYTHING,
    "AnyList": {"type": "array"},
    "ControlError": _object({"error": _TEXT}),
    "JournalPage": _object(
        {"dropped": _WHOLE, "entries": _list(_ANYTHING)},
        {"limits": _ANYTHING, "total": _WHOLE, "matched": _WHOLE},
    ),
    "Fault": {"type": "object", "required": ["number", "kind"], "properties": {"number": _WHOLE}},
    "FaultList": _list(ref("Fault")),
    "FaultWanted": {
        "description": "A fault as text (`429:every=3`) or as an object with the same names, or a list of them.",
        "oneOf": [_TEXT, _ANYTHING, _list({"oneOf": [_TEXT, _ANYTHING]})],
    },
    "SwitchesWanted": {
        "description": "Names and values of switches, as docs/fidelity.md lists them.",
        "type": "object",
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
    },
}
