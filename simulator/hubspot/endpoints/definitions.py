"""What HubSpot says to event definitions (HubSpot wire facts, sections 2.1 to 2.4)."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from hubspot_dest.checks.limits import MAX_DEFINITIONS, MAX_LABEL, MAX_NAME, MAX_PROPERTIES
from hubspot_dest.checks.names import is_plain_name
from hubspot_dest.checks.properties import FIELD_TYPES
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.event_reads import number
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.account import Definition
from simulator.hubspot.state.occurrences import iso
from simulator.hubspot.state.property_values import Option, Property

__all__ = [
    "DefinitionChange",
    "EventPropertyChange",
    "NewDefinition",
    "NewEventProperty",
    "add_property",
    "change",
    "change_property",
    "create",
    "delete",
    "delete_property",
    "get",
    "list_all",
]


class EventPropertyOption(msgspec.Struct):
    """One choice of an enumeration."""

    label: str
    value: str
    displayOrder: int = 0  # noqa: N815 - HubSpot's name
    hidden: bool = False


class NewEventProperty(msgspec.Struct):
    """A property to add to a definition."""

    label: str
    type: str
    # Null counts as absent, as the Node client sends it.
    name: str | None = None
    description: str | None = None
    options: list[EventPropertyOption] | None = None


class MatchingRule(msgspec.Struct):
    """Which event property names which property of the contact."""

    eventPropertyName: str  # noqa: N815 - HubSpot's name
    targetObjectPropertyName: str  # noqa: N815 - HubSpot's name


class Matching(msgspec.Struct):
    """The custom matching id of a definition."""

    primaryObjectRule: MatchingRule  # noqa: N815 - HubSpot's name


class NewDefinition(msgspec.Struct):
    """A definition to make."""

    label: str
    propertyDefinitions: list[NewEventProperty]  # noqa: N815 - HubSpot's name
    name: str | None = None
    description: str | None = None
    primaryObject: str | None = None  # noqa: N815 - HubSpot's name
    customMatchingId: Matching | None = None  # noqa: N815 - HubSpot's name


class DefinitionChange(msgspec.Struct):
    """What may be changed of a definition."""

    label: str | None = None
    description: str | None = None
    headerTemplate: str | None = None  # noqa: N815 - HubSpot's name
    detailTemplate: str | None = None  # noqa: N815 - HubSpot's name


class EventPropertyChange(msgspec.Struct):
    """What may be changed of a property."""

    label: str | None = None
    description: str | None = None
    options: list[EventPropertyOption] | None = None


_CREATE: Final = msgspec.json.Decoder(NewDefinition)
_CHANGE: Final = msgspec.json.Decoder(DefinitionChange)
_PROPERTY: Final = msgspec.json.Decoder(NewEventProperty)
_PROPERTY_CHANGE: Final = msgspec.json.Decoder(EventPropertyChange)


def list_all(call: Call) -> Answer:
    """List definitions; `searchString`, `limit`, `after`, `includeProperties`."""
    search, start, limit = (
        call.one("searchString") or "",
        number(call, "after", 0),
        number(call, "limit", 100),
    )
    with call.account.lock:
        found = [
            one
            for one in call.account.definitions.values()
            if search.lower() in one.name.lower() or search.lower() in one.label.lower()
        ]
        page = [one.shown(properties=call.flag("includeProperties")) for one in found[start : start + limit]]
    body: dict[str, Any] = {"total": len(found), "results": page}
    if page and start + limit < len(found):
        after = str(start + limit)
        rest = [(key, value) for key, value in call.query if key != "after"]
        link = f"https://api.hubapi.com/events/v3/event-definitions?{urlencode([*rest, ('after', after)])}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return answer_json(200, body, f"200: {len(page)} definitions", "definition.list")


def get(call: Call) -> Answer:
    """Show a definition by its short or its full name."""
    with call.account.lock:
        shown = _find(call, reading=True).shown(properties=call.flag("includeProperties"))
    return answer_json(200, shown, f"200: {shown['fullyQualifiedName']}", "definition.get")


def create(call: Call) -> Answer:
    """Make a definition; its name is taken for ever, also after deletion."""
    body, account = decode(_CREATE, call.body), call.account
    name = body.name if body.name is not None else _name_of(body.label)
    _check_name(name, "name")
    _check_label(body.label)
    with account.lock:
        full = account.full_name(name)
        if full in account.definitions or full in account.deleted_definitions:
            message = f"Event with fully qualified name {full} already exists."
            raise Refusal(409, message, "definition.taken", category="CONFLICT")
        if len(account.definitions) >= MAX_DEFINITIONS:
            message = f"An account has at most {MAX_DEFINITIONS} event definitions."
            raise Refusal(400, message, "definition.count")
        made = [_made(one) for one in body.propertyDefinitions]
        if len(made) > MAX_PROPERTIES:
            message = f"An event has at most {MAX_PROPERTIES} custom properties."
            raise Refusal(400, message, "definition.properties.count")
        definition = account.define(full, call.now)
        definition.label, definition.description = body.label, body.description
        definition.primary_object = body.primaryObject or "CONTACT"
        definition.properties = {one.name: one for one in made}
        if body.customMatchingId is not None:
            rule = body.customMatchingId.primaryObjectRule
            definition.matching = (rule.eventPropertyName, rule.targetObjectPropertyName)
        account.changed(definition)
        shown = definition.shown()
    return answer_json(201, shown, f"201: {full}", "definition.create")


def change(call: Call) -> Answer:
    """Change label, description and templates; the answer is 201, as the specification has it."""
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
    """Delete a definition with all of its occurrences."""
    account = call.account
    with account.lock:
        definition = _find(call)
        account.delete_definition(definition)
    return no_content(f"204: {definition.name} and its occurrences deleted", "definition.delete")


def add_property(call: Call) -> Answer:
    """Add a property to a definition."""
    made = _made(decode(_PROPERTY, call.body))
    with call.account.lock:
        definition = _find(call)
        if definition.property(made.name) is not None:
            message = f'Property "{made.name}" already exists'
            raise Refusal(409, message, "definition.property.taken", category="CONFLICT")
        if len(definition.properties) >= MAX_PROPERTIES:
            message = f"An event has at most {MAX_PROPERTIES} custom properties."
            raise Refusal(400, message, "definition.properties.count")
        definition.properties[made.name] = made
        call.account.changed(definition)
    return answer_json(201, made.shown(), f"201: {definition.name}.{made.name}", "definition.property.create")


def change_property(call: Call) -> Answer:
    """Change a property's label, description or options."""
    body = decode(_PROPERTY_CHANGE, call.body)
    with call.account.lock:
        definition, old = _own_property(call)
        options = old.options if body.options is None else _options(body.options)
        made = Property(
            old.name,
            body.label or old.label,
            old.type,
            options,
            old.description if body.description is None else body.description,
            old.group,
        )
        definition.properties[old.name] = made
        call.account.changed(definition)
    return answer_json(201, made.shown(), f"201: {definition.name}.{made.name}", "definition.property.change")


def delete_property(call: Call) -> Answer:
    """Delete a property of a definition; the standard ones stay."""
    with call.account.lock:
        definition, old = _own_property(call)
        del definition.properties[old.name]
        call.account.changed(definition)
    return no_content(f"204: {definition.name}.{old.name} deleted", "definition.property.delete")


def _find(call: Call, *, reading: bool = False) -> Definition:
    definition = call.account.definitions.get(call.account.full_name(call.parts[0]))
    if definition is not None:
        return definition
    message = (
        "StandardError{status=error, category=VALIDATION_ERROR, message=Event with fully qualified name "
        f"{call.parts[0]} does not exist., errors=[], context={{}}, links={{}}}}"
    )
    status = 404 if reading and call.account.switches.unknown_definition_get == "404" else 400
    decision = f"no definition {call.account.full_name(call.parts[0])}"
    raise Refusal(status, message, "definition.unknown", decision, category=None)


def _own_property(call: Call) -> tuple[Definition, Property]:
    definition = _find(call)
    found = definition.properties.get(call.parts[1])
    if found is None:
        message = f'Property "{call.parts[1]}" does not exist'
        raise Refusal(404, message, "definition.property.unknown", category="OBJECT_NOT_FOUND")
    return definition, found


def _made(body: NewEventProperty) -> Property:
    name = body.name if body.name is not None else _name_of(body.label)
    _check_name(name, "property name")
    if body.type not in FIELD_TYPES:
        message = f"{body.type} is no property type; there are {', '.join(FIELD_TYPES)}"
        raise Refusal(400, message, "definition.property.type")
    options = _options(body.options or [])
    return Property(name, body.label, body.type, options, body.description or "", "event_properties")


def _options(wanted: list[EventPropertyOption]) -> tuple[Option, ...]:
    return tuple(Option(one.label, one.value, one.displayOrder, one.hidden) for one in wanted)


def _check_label(label: str) -> None:
    if not 1 <= len(label) <= MAX_LABEL:
        raise Refusal(400, f"label must have 1 to {MAX_LABEL} characters", "definition.label")


def _check_name(name: str, what: str) -> None:
    if not is_plain_name(name) or len(name) > MAX_NAME:
        message = f"{what} {name!r}: at most {MAX_NAME} of a-z, 0-9 and _, beginning with a letter"
        raise Refusal(400, message, "definition.name")


def _name_of(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:MAX_NAME]
