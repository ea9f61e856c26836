"""List, read, create, update and archive properties of contacts (HubSpot wire facts, sections 3 and 3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import msgspec

from hubspot_dest.amounts import amount
from hubspot_dest.checks.names import check_contact_property_name
from hubspot_dest.checks.properties import FIELD_TYPES
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contact_properties.requests import (
    ContactPropertyBatch,
    ContactPropertyNames,
    ContactPropertyUpdate,
    NewContactProperty,
)
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.property_options import to_options
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.property_values import AccountProperty
from simulator.hubspot.state.timestamps import iso

__all__ = ["archive", "archive_batch", "create", "create_batch", "get", "list_all", "read_batch", "update"]

_NEW: Final = msgspec.json.Decoder(NewContactProperty)
_UPDATE: Final = msgspec.json.Decoder(ContactPropertyUpdate)
_BATCH: Final = msgspec.json.Decoder(ContactPropertyBatch)
_NAMES: Final = msgspec.json.Decoder(ContactPropertyNames)


def list_all(call: Call) -> Answer:
    """List the contact properties, or the archived ones with `archived=true`."""
    account = call.account
    with account.lock:
        properties = account.archived_properties if call.flag("archived") else account.contact_properties
        results = [prop.shown() for prop in properties.values()]
    return answer_json(200, {"results": results}, f"200: {amount(len(results), 'property')}", "property.list")


def get(call: Call) -> Answer:
    """Return one property. Raises Refusal: 404."""
    with call.account.lock:
        found = _find(call.account, call.parts[0], archived=call.flag("archived"))
    return answer_json(200, found.shown(), f"200: {found.name}", "property.get")


def create(call: Call) -> Answer:
    """Create a property."""
    body = decode(_NEW, call.body)
    with call.account.lock:
        new_property = _checked(call.account, body)
        call.account.add_contact_property(new_property)
    return answer_json(201, new_property.shown(), f"201: property {new_property.name}", "property.create")


def update(call: Call) -> Answer:
    """Update a custom property; fields that are absent from the body are unchanged."""
    body = decode(_UPDATE, call.body)
    with call.account.lock:
        current = _own(call.account, call.parts[0])
        changes = {
            "label": body.label,
            "type": body.type,
            "field_type": body.fieldType,
            "group": body.groupName,
            "description": body.description,
            "options": None if body.options is None else to_options(body.options),
            "display_order": body.displayOrder,
            "hidden": body.hidden,
            "form_field": body.formField,
        }
        present = {name: value for name, value in changes.items() if value is not None}
        updated = replace(current, **present)  # type: ignore[arg-type]
        _check_type(updated.name, updated.type)
        call.account.add_contact_property(updated)
    return answer_json(200, updated.shown(), f"200: property {updated.name} updated", "property.update")


def archive(call: Call) -> Answer:
    """Archive a custom property."""
    with call.account.lock:
        _archive(call.account, [call.parts[0]])
    return no_content(f"204: property {call.parts[0]} archived", "property.archive")


def read_batch(call: Call) -> Answer:
    """Return several properties."""
    body = decode(_NAMES, call.body)
    with call.account.lock:
        found = [
            _find(call.account, contact_input.name, archived=bool(body.archived))
            for contact_input in body.inputs
        ]
    return _batch_answer(call, 200, found, "property.batch.read")


def create_batch(call: Call) -> Answer:
    """Create several properties, or none of them if one is refused."""
    body = decode(_BATCH, call.body)
    with call.account.lock:
        new_properties = [_checked(call.account, contact_input) for contact_input in body.inputs]
        for account_property in new_properties:
            call.account.add_contact_property(account_property)
    return _batch_answer(call, 201, new_properties, "property.batch.create")


def archive_batch(call: Call) -> Answer:
    """Archive several properties, or none of them if one is refused."""
    body = decode(_NAMES, call.body)
    with call.account.lock:
        _archive(call.account, [contact_input.name for contact_input in body.inputs])
    return no_content(f"204: {amount(len(body.inputs), 'property')} archived", "property.batch.archive")


def _batch_answer(call: Call, status: int, properties: list[AccountProperty], rule: str) -> Answer:
    when = iso(call.now)
    results = [prop.shown() for prop in properties]
    body = {"status": "COMPLETE", "results": results, "startedAt": when, "completedAt": when}
    return answer_json(status, body, f"{status}: {amount(len(results), 'property')}", rule)


def _find(account: SimulatedAccount, name: str, *, archived: bool = False) -> AccountProperty:
    found = (account.archived_properties if archived else account.contact_properties).get(name)
    if found is None:
        message = f'Property "{name}" does not exist'
        raise Refusal(404, message, "property.unknown", category="OBJECT_NOT_FOUND")
    return found


def _own(account: SimulatedAccount, name: str) -> AccountProperty:
    """Return a custom property; properties defined by HubSpot are read-only. Raises Refusal."""
    found = _find(account, name)
    if found.hubspot_defined:
        raise Refusal(400, f"Property {name} is defined by HubSpot and read-only.", "property.read_only")
    return found


def _archive(account: SimulatedAccount, names: Iterable[str]) -> None:
    for found in [_own(account, name) for name in dict.fromkeys(names)]:
        account.add_contact_property(replace(found, archived=True))


def _checked(account: SimulatedAccount, body: NewContactProperty) -> AccountProperty:
    violation = check_contact_property_name(body.name, ())
    if violation is not None and not account.accepts(violation):
        raise Refusal(400, violation.sentence, "property.invalid", checks=(violation.code,))
    _check_type(body.name, body.type)
    if body.name in account.contact_properties:
        message = f"A property named '{body.name}' already exists."
        raise Refusal(409, message, "property.taken", category="CONFLICT")
    return AccountProperty(
        body.name,
        body.label,
        body.type,
        to_options(body.options or ()),
        body.description or "",
        body.groupName,
        unique=bool(body.hasUniqueValue),
        field_type=body.fieldType,
        display_order=-1 if body.displayOrder is None else body.displayOrder,
        hidden=bool(body.hidden),
        form_field=bool(body.formField),
    )


def _check_type(name: str, kind: str) -> None:
    if kind not in FIELD_TYPES:
        raise Refusal(400, f"{name}: {kind} is not one of {', '.join(FIELD_TYPES)}", "property.invalid")
