"""List, read, create, update and delete event definitions (HubSpot wire facts, sections 2.1 to 2.4)."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from hubspot_dest.amounts import amount
from hubspot_dest.checks.limits import MAX_LABEL, MAX_NAME, MAX_PROPERTIES
from hubspot_dest.checks.names import check_event_name, check_property_name
from hubspot_dest.checks.properties import FIELD_TYPES
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.definitions.requests import (
    DefinitionChange,
    EventPropertyChange,
    NewDefinition,
    NewEventProperty,
)
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.paging import next_page, whole_number
from simulator.hubspot.endpoints.property_options import to_options
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.definitions import EventDefinition
from simulator.hubspot.state.property_values import AccountProperty
from simulator.hubspot.state.timestamps import iso

__all__ = [
    "add_property",
    "change",
    "change_property",
    "create",
    "delete",
    "delete_property",
    "get",
    "list_all",
]


_CREATE: Final = msgspec.json.Decoder(NewDefinition)
_CHANGE: Final = msgspec.json.Decoder(DefinitionChange)
_PROPERTY: Final = msgspec.json.Decoder(NewEventProperty)
_PROPERTY_CHANGE: Final = msgspec.json.Decoder(EventPropertyChange)


def list_all(call: Call) -> Answer:
    """List definitions; query: `searchString`, `limit`, `after`, `includeProperties`."""
    search, start, limit = (
        call.query_value("searchString") or "",
        whole_number(call, "after", 0),
        whole_number(call, "limit", 100),
    )
    with call.account.lock:
        found = [
            definition
            for definition in call.account.definitions.values()
            if search.lower() in definition.name.lower() or search.lower() in definition.label.lower()
        ]
        page = [
            event_definition.shown(properties=_shows_properties(call))
            for event_definition in found[start : start + limit]
        ]
    body: dict[str, Any] = {"total": len(found), "results": page}
    if page and start + limit < len(found):
        body["paging"] = next_page(call, str(start + limit))
    return answer_json(200, body, f"200: {amount(len(page), 'definition')}", "definition.list")


def get(call: Call) -> Answer:
    """Return a definition by its short or full name."""
    with call.account.lock:
        shown = _find(call, reading=True).shown(properties=_shows_properties(call))
    return answer_json(200, shown, f"200: {shown['fullyQualifiedName']}", "definition.get")


def create(call: Call) -> Answer:
    """Create a definition. A name cannot be reused, even after its definition was deleted."""
    body, account = decode(_CREATE, call.body), call.account
    name = body.name if body.name is not None else _name_of(body.label)
    _check_event_name(account, account.full_name(name))
    _check_label(body.label)
    with account.lock:
        full = account.full_name(name)
        if full in account.definitions or full in account.deleted_definitions:
            message = f"Event with fully qualified name {full} already exists."
            raise Refusal(409, message, "definition.taken", category="CONFLICT")
        quota = account.behaviours.quota_definitions
        if len(account.definitions) >= quota:
            message = f"An account has at most {quota} event definitions."
            raise Refusal(400, message, "definition.count")
        properties = [
            _to_property(account, definition_property) for definition_property in body.propertyDefinitions
        ]
        if len(properties) > MAX_PROPERTIES:
            message = f"An event has at most {MAX_PROPERTIES} custom properties."
            raise Refusal(400, message, "definition.properties.count")
        definition = account.define(full, call.now)
        definition.label, definition.description = body.label, body.description
        definition.primary_object = body.primaryObject or "CONTACT"
        definition.properties = {account_property.name: account_property for account_property in properties}
        if body.customMatchingId is not None:
            rule = body.customMatchingId.primaryObjectRule
            definition.matching = (rule.eventPropertyName, rule.targetObjectPropertyName)
        account.changed(definition)
        shown = definition.shown()
    return answer_json(201, shown, f"201: {full}", "definition.create")


def change(call: Call) -> Answer:
    """Change label, description and templates; answer 201, as in HubSpot's OpenAPI specification."""
    body = decode(_CHANGE, call.body)
    with call.account.lock:
        definition = _find(call)
        if body.label is not None:
            _check_label(body.label)
            definition.label = body.label
        if body.description is not None:
            definition.description = body.description
        templates = {"headerTemplate": body.headerTemplate, "detailTemplate": body.detailTemplate}
        definition.more |= {name: value for name, value in templates.items() if value is not None}
        definition.updated_at = iso(call.now)
        call.account.changed(definition)
        shown = definition.shown()
    return answer_json(201, shown, f"201: {definition.name} changed", "definition.change")


def delete(call: Call) -> Answer:
    """Delete a definition and its occurrences."""
    account = call.account
    with account.lock:
        definition = _find(call)
        account.delete_definition(definition)
    return no_content(f"204: {definition.name} and its occurrences deleted", "definition.delete")


def add_property(call: Call) -> Answer:
    """Add a property to a definition."""
    new_property = _to_property(call.account, decode(_PROPERTY, call.body))
    with call.account.lock:
        definition = _find(call)
        if definition.property(new_property.name) is not None:
            message = f'Property "{new_property.name}" already exists'
            raise Refusal(409, message, "definition.property.taken", category="CONFLICT")
        if len(definition.properties) >= MAX_PROPERTIES:
            message = f"An event has at most {MAX_PROPERTIES} custom properties."
            raise Refusal(400, message, "definition.properties.count")
        definition.properties[new_property.name] = new_property
        call.account.changed(definition)
    return answer_json(
        201, new_property.shown(), f"201: {definition.name}.{new_property.name}", "definition.property.create"
    )


def change_property(call: Call) -> Answer:
    """Change a property's label, description or options."""
    body = decode(_PROPERTY_CHANGE, call.body)
    with call.account.lock:
        definition, old = _own_property(call)
        options = old.options if body.options is None else to_options(body.options)
        new_property = AccountProperty(
            old.name,
            body.label or old.label,
            old.type,
            options,
            old.description if body.description is None else body.description,
            old.group,
        )
        definition.properties[old.name] = new_property
        call.account.changed(definition)
    return answer_json(
        201, new_property.shown(), f"201: {definition.name}.{new_property.name}", "definition.property.change"
    )


def delete_property(call: Call) -> Answer:
    """Delete a custom property of a definition."""
    with call.account.lock:
        definition, old = _own_property(call)
        del definition.properties[old.name]
        call.account.changed(definition)
    return no_content(f"204: {definition.name}.{old.name} deleted", "definition.property.delete")


def _find(call: Call, *, reading: bool = False) -> EventDefinition:
    definition = call.account.definitions.get(call.account.full_name(call.parts[0]))
    if definition is not None:
        return definition
    message = (
        "StandardError{status=error, category=VALIDATION_ERROR, message=Event with fully qualified name "
        f"{call.parts[0]} does not exist., errors=[], context={{}}, links={{}}}}"
    )
    status = 404 if reading and call.account.behaviours.unknown_definition_get == "404" else 400
    decision = f"no definition {call.account.full_name(call.parts[0])}"
    raise Refusal(status, message, "definition.unknown", decision, category=None)


def _own_property(call: Call) -> tuple[EventDefinition, AccountProperty]:
    definition = _find(call)
    found = definition.properties.get(call.parts[1])
    if found is None:
        message = f'Property "{call.parts[1]}" does not exist'
        raise Refusal(404, message, "definition.property.unknown", category="OBJECT_NOT_FOUND")
    return definition, found


def _to_property(account: SimulatedAccount, body: NewEventProperty) -> AccountProperty:
    name = body.name if body.name is not None else _name_of(body.label)
    _check_property_name(account, name)
    if body.type not in FIELD_TYPES:
        message = f"{body.type} is not a property type; the types are {', '.join(FIELD_TYPES)}"
        raise Refusal(400, message, "definition.property.type")
    options = to_options(body.options or [])
    return AccountProperty(name, body.label, body.type, options, body.description or "", "event_properties")


def _check_label(label: str) -> None:
    if not 1 <= len(label) <= MAX_LABEL:
        raise Refusal(400, f"label must have 1 to {MAX_LABEL} characters", "definition.label")


def _check_event_name(account: SimulatedAccount, full: str) -> None:
    """Refuse an invalid event name; the switch `name_hyphen` decides about hyphens. Raises Refusal."""
    violation = check_event_name(full)
    if violation is not None and not account.accepts(violation):
        message = f"The event name {full} is not valid: {violation.sentence}"
        raise Refusal(400, message, "definition.name", checks=(violation.code,))


def _check_property_name(account: SimulatedAccount, name: str) -> None:
    """Refuse an invalid property name; switches: `name_hyphen`, `name_capital`. Raises Refusal."""
    violation = check_property_name(name)
    if violation is not None and not account.accepts(violation):
        message = f"The property name {name} is not valid: {violation.sentence}"
        raise Refusal(400, message, "definition.name", checks=(violation.code,))


def _shows_properties(call: Call) -> bool:
    # Properties are included by default (section 11: hubspot-sdk relies on it).
    return (call.query_value("includeProperties") or "true").lower() != "false"


def _name_of(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:MAX_NAME]
