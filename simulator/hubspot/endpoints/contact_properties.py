"""What HubSpot says to the properties of contacts: list, get, create (HubSpot wire facts, sections 3 and 3.7)."""

from __future__ import annotations

from typing import Final

import msgspec

from hubspot_dest.checks.names import is_contact_property_name
from hubspot_dest.checks.properties import FIELD_TYPES
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, answer_json
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.property_values import Option, Property

__all__ = ["NewContactProperty", "create", "get", "list_all"]


class PropertyOption(msgspec.Struct):
    """One choice of an enumeration."""

    label: str
    value: str
    displayOrder: int = 0  # noqa: N815 - HubSpot's name
    hidden: bool = False


class NewContactProperty(msgspec.Struct):
    """A contact property to make."""

    name: str
    label: str
    type: str
    fieldType: str  # noqa: N815 - HubSpot's name
    groupName: str  # noqa: N815 - HubSpot's name
    # The official clients send null for what they were given as None, and HubSpot's Java takes it for absent.
    description: str | None = None
    options: list[PropertyOption] | None = None
    hasUniqueValue: bool | None = None  # noqa: N815 - HubSpot's name
    displayOrder: int | None = None  # noqa: N815 - HubSpot's name
    hidden: bool | None = None
    formField: bool | None = None  # noqa: N815 - HubSpot's name


_BODY: Final = msgspec.json.Decoder(NewContactProperty)


def list_all(call: Call) -> Answer:
    """List every property of contacts; none of them is ever archived here."""
    archived = call.flag("archived")
    with call.account.lock:
        results = [] if archived else [one.shown() for one in call.account.contact_properties.values()]
    return answer_json(200, {"results": results}, f"200: {len(results)} properties", "property.list")


def get(call: Call) -> Answer:
    """Show one property."""
    found = call.account.contact_properties.get(call.parts[0])
    if found is None or call.flag("archived"):
        message = f'Property "{call.parts[0]}" does not exist'
        raise Refusal(404, message, "property.unknown", category="OBJECT_NOT_FOUND")
    return answer_json(200, found.shown(), f"200: {found.name}", "property.get")


def create(call: Call) -> Answer:
    """Make a property."""
    body = decode(_BODY, call.body)
    if not is_contact_property_name(body.name) or body.type not in FIELD_TYPES:
        message = f"{body.name} of type {body.type}: lower-case names, types {', '.join(FIELD_TYPES)}"
        raise Refusal(400, message, "property.invalid")
    options = tuple(Option(one.label, one.value, one.displayOrder, one.hidden) for one in body.options or ())
    made = Property(
        body.name,
        body.label,
        body.type,
        options,
        body.description or "",
        body.groupName,
        unique=bool(body.hasUniqueValue),
        field_type=body.fieldType,
        display_order=-1 if body.displayOrder is None else body.displayOrder,
        hidden=bool(body.hidden),
        form_field=bool(body.formField),
    )
    with call.account.lock:
        if made.name in call.account.contact_properties:
            message = f"A property named '{made.name}' already exists."
            raise Refusal(409, message, "property.taken", category="CONFLICT")
        call.account.add_contact_property(made)
    return answer_json(201, made.shown(), f"201: property {made.name}", "property.create")
