"""The answers of the contact endpoints (HubSpot wire facts, sections 3.1, 3.2 and 3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from simulator.hubspot.endpoints.shapes import (
    FLAG,
    TEXT,
    TIME,
    Schema,
    array_of,
    object_of,
    page_of,
)
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.contacts import Contact

__all__ = ["DEFAULT_PROPERTIES", "SHAPES", "show_contact"]

DEFAULT_PROPERTIES: Final = (
    "createdate",
    "email",
    "firstname",
    "hs_object_id",
    "lastmodifieddate",
    "lastname",
)
"""The properties in an answer when the client names none."""

SHAPES: Final[dict[str, Schema]] = {
    "Contact": object_of(
        {
            "id": TEXT,
            "properties": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
            "createdAt": TIME,
            "updatedAt": TIME,
            "archived": FLAG,
        },
        {
            "archivedAt": TIME,
            "propertiesWithHistory": {
                "type": "object",
                "additionalProperties": array_of(
                    object_of({"value": TEXT, "timestamp": TIME, "sourceType": TEXT})
                ),
            },
            "new": FLAG,
            "objectWriteTraceId": TEXT,
        },
    ),
    "ContactPage": page_of("Contact"),
}


def show_contact(
    contact: Contact,
    account: SimulatedAccount,
    *,
    names: Sequence[str] | None = None,
    history: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a contact as JSON of HubSpot's API.

    Args:
        contact: the contact.
        account: its account; unknown names in `names` are left out.
        names: names of the properties to show, null where unset; None shows every property that is set.
        history: names of the properties to show with their history, newest value first.

    """
    if names is None:
        properties: dict[str, str | None] = dict(contact.properties)
    else:
        known = [name for name in names if name in account.contact_properties]
        properties = {name: contact.properties.get(name) for name in known}
    body: dict[str, Any] = {
        "id": contact.id,
        "properties": properties,
        "createdAt": contact.created_at,
        "updatedAt": contact.updated_at,
        "archived": contact.archived_at is not None,
    }
    if contact.archived_at is not None:
        body["archivedAt"] = contact.archived_at
    if history:
        body["propertiesWithHistory"] = {
            name: [
                {"value": property_change.value, "timestamp": property_change.at, "sourceType": "INTEGRATION"}
                for property_change in reversed(contact.history)
                if property_change.name == name
            ]
            for name in history
        }
    return body
