"""List, read, create, update and archive groups of contact properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.property_groups.answers import show_group
from simulator.hubspot.endpoints.property_groups.requests import NewPropertyGroup, PropertyGroupUpdate
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.property_values import PropertyGroup
from simulator.hubspot.state.standard_properties import STANDARD_PROPERTY_GROUPS

__all__ = ["archive", "create", "get", "list_all", "update"]

_NEW: Final = msgspec.json.Decoder(NewPropertyGroup)
_UPDATE: Final = msgspec.json.Decoder(PropertyGroupUpdate)


def list_all(call: Call) -> Answer:
    """List the groups, or the archived ones with `archived=true`."""
    archived = call.flag("archived")
    with call.account.lock:
        groups = [group for group in call.account.property_groups.values() if group.archived == archived]
    results = [show_group(group) for group in groups]
    return answer_json(200, {"results": results}, f"200: {len(results)} groups", "property.group.list")


def get(call: Call) -> Answer:
    """Return one group. Raises Refusal: 404."""
    with call.account.lock:
        group = _find(call)
    return answer_json(200, show_group(group), f"200: group {group.name}", "property.group.get")


def create(call: Call) -> Answer:
    """Create a group."""
    body = decode(_NEW, call.body)
    with call.account.lock:
        known = call.account.property_groups.get(body.name)
        if known is not None and not known.archived:
            message = f"A property group named '{body.name}' already exists."
            raise Refusal(409, message, "property.group.taken", category="CONFLICT")
        group = PropertyGroup(body.name, body.label, -1 if body.displayOrder is None else body.displayOrder)
        call.account.add_property_group(group)
    return answer_json(201, show_group(group), f"201: group {group.name}", "property.group.create")


def update(call: Call) -> Answer:
    """Update a group; fields that are absent from the body are unchanged."""
    body = decode(_UPDATE, call.body)
    with call.account.lock:
        known = _find(call)
        group = replace(
            known,
            label=known.label if body.label is None else body.label,
            display_order=known.display_order if body.displayOrder is None else body.displayOrder,
        )
        call.account.add_property_group(group)
    return answer_json(200, show_group(group), f"200: group {group.name} updated", "property.group.update")


def archive(call: Call) -> Answer:
    """Archive a custom group without properties."""
    with call.account.lock:
        group = _find(call)
        members = [prop.name for prop in call.account.contact_properties.values() if prop.group == group.name]
        if group.name in STANDARD_PROPERTY_GROUPS or members:
            message = f"The property group {group.name} has properties and cannot be archived."
            raise Refusal(400, message, "property.group.used")
        call.account.add_property_group(replace(group, archived=True))
    return no_content(f"204: group {group.name} archived", "property.group.archive")


def _find(call: Call) -> PropertyGroup:
    group = call.account.property_groups.get(call.parts[0])
    if group is None or group.archived:
        message = f'Property group "{call.parts[0]}" does not exist'
        raise Refusal(404, message, "property.group.unknown", category="OBJECT_NOT_FOUND")
    return group
