"""Write one contact through a client, as walkerOS does or as this sender does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_dest.delivery.client.client import Client
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.planning.plan import ContactUpsert

__all__ = ["RecordCall", "Upsert", "update_only", "update_or_create"]

RecordCall = Callable[[list[Any]], None]
Upsert = Callable[[Client, ContactUpsert, RecordCall], str | None]


def update_only(client: Client, contact: ContactUpsert, record: RecordCall) -> str | None:
    """Update a contact by e-mail, as walkerOS does. Raises DeliveryError, 404 for an unknown contact."""
    properties = contact.properties or {}
    record(["crm.contacts.basicApi.update", contact.email, {"properties": properties}, "email"])
    client.update_contact(contact.email, properties, "email")
    return None


def update_or_create(client: Client, contact: ContactUpsert, record: RecordCall) -> str | None:
    """Update a contact; create an unknown one; if it was created meanwhile, update it by id.

    Args:
        client: calls HubSpot.
        contact: what to write.
        record: is called with each call before it is made, in the documented notation.

    Returns:
        what walkerOS would have done, if that differs; else None.

    Raises:
        DeliveryError: HubSpot did not take it.

    """
    properties = contact.properties or {}
    if not properties:
        return _create_unknown(client, contact.email, record)
    try:
        return update_only(client, contact, record)
    except DeliveryError as error:
        if error.status != 404:
            raise
    created = {**properties, "email": contact.email}
    record(["crm.contacts.basicApi.create", {"properties": created}])
    try:
        client.create_contact(created)
    except DeliveryError as error:
        if error.status != 409 or error.existing_id is None:
            raise
        record(["crm.contacts.basicApi.update", error.existing_id, {"properties": properties}])
        client.update_contact(error.existing_id, properties, None)
    return "walkerOS would lose this event: the contact is unknown, and its update answers 404"


def _create_unknown(client: Client, email: str, record: RecordCall) -> str:
    """Create a contact of which only the e-mail is known; if it exists there is nothing to write.

    HubSpot refuses an update without properties.
    """
    record(["crm.contacts.basicApi.create", {"properties": {"email": email}}])
    try:
        client.create_contact({"email": email})
    except DeliveryError as error:
        if error.status != 409:
            raise
    return (
        "walkerOS would lose this event: HubSpot refuses its update of the contact, which has no properties"
    )
