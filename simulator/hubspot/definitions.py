"""Event definitions: list, create, get, change, delete, and their properties (HubSpot wire facts, section 2)."""

from __future__ import annotations

import re
import zlib
from typing import Any, Final

import orjson

from .account import DEFAULT_EVENT_PROPERTIES, Account, Definition
from .errors import Refusal, answer_json, no_content
from .exchange import Answer

__all__ = ["add_property", "change", "create", "delete", "delete_property", "get", "listing"]

MAX_DEFINITIONS: Final = 500
MAX_PROPERTIES: Final = 50
MAX_NAME: Final = 50
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_TYPES: Final = frozenset({"string", "number", "enumeration", "datetime", "bool", "date"})


def full_name(account: Account, name: str) -> str:
    """Return the fully qualified name; the short one is taken as well (section 2.1)."""
    prefix = f"pe{account.portal_id}_"
    return name if name.startswith(prefix) else f"{prefix}{name}"


def find(account: Account, name: str) -> Definition:
    """Return a definition by its short or full name; a stranger is a 400 with a Java object's text (section 2.4)."""
    definition = account.definitions.get(full_name(account, name))
    if definition is None:
        inner = (
            "StandardError{status=error, category=VALIDATION_ERROR, message=Event with fully qualified name "
            f"{name} does not exist., errors=[], context={{}}, links={{}}}}"
        )
        raise Refusal(400, inner, "definition.unknown", f"no definition {name}", category=None)
    return definition


def listing(account: Account, search: str, limit: int) -> Answer:
    """Return the definitions whose name has the search text in it."""
    with account.lock:
        found = [one for name, one in sorted(account.definitions.items()) if search.lower() in name.lower()]
        results = [shown(account, one) for one in found[:limit]]
    return answer_json(
        200, {"total": len(found), "results": results}, f"200: {len(results)} definitions", "definition.list"
    )


def get(account: Account, name: str) -> Answer:
    """Return one definition."""
    with account.lock:
        return answer_json(200, shown(account, find(account, name)), "200: found", "definition.get")


def create(account: Account, body: bytes) -> Answer:
    """Make a definition; a name that was ever used is a conflict, also after it was deleted."""
    data = _map(body)
    label = data.get("label")
    if not isinstance(label, str) or not label:
        raise _missing("label")
    short = data.get("name") or re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    _check_name(short)
    properties = data.get("propertyDefinitions") or []
    if not isinstance(properties, list):
        raise Refusal(400, "propertyDefinitions must be a list", "definition.shape")
    names = {_property_name(one) for one in properties}
    with account.lock:
        name = full_name(account, short)
        if name in account.definitions or name in account.retired:
            message = f"Event with fully qualified name {name} already exists."
            raise Refusal(409, message, "definition.conflict", category="CONFLICT")
        if len(account.definitions) >= MAX_DEFINITIONS:
            raise Refusal(
                400, f"At most {MAX_DEFINITIONS} event definitions are allowed.", "definition.count"
            )
        if len(names) > MAX_PROPERTIES:
            raise Refusal(
                400, f"At most {MAX_PROPERTIES} properties are allowed.", "definition.properties.count"
            )
        definition = account.definitions[name] = Definition(
            name, names, label, str(data.get("description") or "")
        )
        return answer_json(201, shown(account, definition), f"201: definition {name}", "definition.create")


def change(account: Account, name: str, body: bytes) -> Answer:
    """Change label and description; HubSpot answers 201 (sic, section 2.1)."""
    data = _map(body)
    with account.lock:
        definition = find(account, name)
        definition.label = str(data.get("label") or definition.label)
        definition.description = str(data.get("description") or definition.description)
        return answer_json(201, shown(account, definition), "201: changed", "definition.change")


def delete(account: Account, name: str) -> Answer:
    """Delete a definition with its occurrences; its name can never be used again."""
    with account.lock:
        definition = find(account, name)
        del account.definitions[definition.name]
        account.retired.add(definition.name)
        account.occurrences = [one for one in account.occurrences if one["eventName"] != definition.name]
    return no_content(f"204: definition {definition.name} and its occurrences are gone", "definition.delete")


def add_property(account: Account, name: str, body: bytes) -> Answer:
    """Add a property to a definition."""
    data = _map(body)
    with account.lock:
        definition = find(account, name)
        added = _property_name(data)
        if added in definition.properties or added in DEFAULT_EVENT_PROPERTIES:
            message = f"Property {added} already exists."
            raise Refusal(409, message, "definition.property.conflict", category="CONFLICT")
        if len(definition.properties) >= MAX_PROPERTIES:
            raise Refusal(
                400, f"At most {MAX_PROPERTIES} properties are allowed.", "definition.properties.count"
            )
        definition.properties.add(added)
        return answer_json(201, _property(added), f"201: property {added}", "definition.property.create")


def delete_property(account: Account, name: str, property_name: str) -> Answer:
    """Take a property away."""
    with account.lock:
        definition = find(account, name)
        if property_name not in definition.properties:
            raise Refusal(404, "resource not found", "definition.property.unknown", category=None)
        definition.properties.discard(property_name)
    return no_content(f"204: property {property_name} is gone", "definition.property.delete")


def shown(account: Account, definition: Definition) -> dict[str, Any]:
    """Return a definition as HubSpot shows it, with the keys that section 2.3 requires."""
    short = definition.name.removeprefix(f"pe{account.portal_id}_")
    return {
        "id": definition.name,
        "name": short,
        "fullyQualifiedName": definition.name,
        "objectTypeId": f"6-{zlib.crc32(short.encode()) % 10_000_000}",
        "labels": {"singular": definition.label or short},
        "description": definition.description,
        "archived": False,
        "primaryObject": "CONTACT",
        "properties": [_property(name) for name in sorted(definition.properties | DEFAULT_EVENT_PROPERTIES)],
        "associations": [],
    }


def _property(name: str) -> dict[str, Any]:
    standard = name in DEFAULT_EVENT_PROPERTIES
    kind = "number" if name in ("hs_screen_height", "hs_screen_width") else "string"
    return {
        "name": name,
        "label": name,
        "type": kind,
        "fieldType": "number" if kind == "number" else "text",
        "groupName": "behavioral_events",
        "description": "",
        "options": [],
        "archived": False,
        "hubspotDefined": standard,
    }


def _property_name(data: Any) -> str:
    if not isinstance(data, dict) or not isinstance(data.get("label"), str):
        raise _missing("label")
    kind = data.get("type")
    if kind not in _TYPES:
        message = f"type must be one of {', '.join(sorted(_TYPES))}"
        raise Refusal(400, message, "definition.property.type")
    name = data.get("name") or re.sub(r"[^a-z0-9]+", "_", data["label"].lower()).strip("_")
    _check_name(name)
    return str(name)


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        message = (
            f"A name has at most {MAX_NAME} characters: a lower-case letter first, then also digits and _."
        )
        raise Refusal(400, message, "definition.name", f"{name!r} is no name")


def _missing(field: str) -> Refusal:
    message = f"Invalid input JSON on line 1, column 1. Some required fields were not set: [{field}]"
    return Refusal(400, message, "json.required")


def _map(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}"
        raise Refusal(400, message, "json.malformed", category=None) from error
    if not isinstance(data, dict):
        message = "Invalid input JSON on line 1, column 1: Cannot deserialize value from Array value"
        raise Refusal(400, message, "json.shape", category=None)
    return data
