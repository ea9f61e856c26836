"""Turn a plan into intents: what is to be delivered, with the keys that keep its order."""

from __future__ import annotations

from typing import Any

from hubspot_dest.delivery.client.codec import encode, occurrence_uuid
from hubspot_dest.delivery.contact_cache import ContactCache
from hubspot_dest.delivery.outbox.schema import CONTACT, EVENT, NewIntent
from hubspot_dest.planning.plan import ContactUpsert, Plan

__all__ = ["contact_intent", "event_intent", "identity_keys", "planned_intents", "storable"]


def identity_keys(email: str | None, object_id: str | None) -> tuple[str, ...]:
    """Return the keys of an occurrence: its e-mail and its object id."""
    if object_id is None:
        return (_key("e", (email or "").lower()),)
    key = _key("o", object_id)
    return (key,) if email is None else (_key("e", email.lower()), key)


def event_intent(occurrence: dict[str, Any], identity: tuple[str, ...], event_id: str) -> NewIntent:
    """Return an occurrence that is to be sent. Raises DeliveryError if it cannot be written as JSON."""
    return NewIntent(EVENT, identity, storable(event_id), encode(occurrence))


def contact_intent(contact: ContactUpsert, identity: tuple[str, ...], event_id: str) -> NewIntent:
    """Return a contact that is to be written. Raises DeliveryError if it cannot be written as JSON.

    Args:
        contact: the contact.
        identity: the keys of its event.
        event_id: the event that it came from.

    """
    body = encode({"email": contact.email, "properties": contact.properties})
    own = _key("e", contact.email.lower())
    return NewIntent(CONTACT, (own, *(key for key in identity if key != own)), storable(event_id), body)


def storable(text: str) -> str:
    """Return text that SQLite can store, with lone surrogates replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _key(kind: str, identity: str) -> str:
    """Return a key without line breaks, which separate keys; no identity that HubSpot accepts has one."""
    if identity.isascii() and "\n" not in identity:
        return f"{kind}:{identity}"
    return f"{kind}:{storable(identity)}".replace("\n", " ")


def planned_intents(plan: Plan, event_id: str, contacts: ContactCache) -> tuple[list[NewIntent], bool]:
    """Return what is to be delivered, and whether a contact is left out because HubSpot knows it already.

    The occurrence gets its uuid; a contact that is to be written is remembered.

    Raises:
        DeliveryError: it cannot be written as JSON.
        OutboxError: the contact cache cannot be read.

    """
    identity = identity_keys(plan.email, plan.object_id)
    intents: list[NewIntent] = []
    if plan.occurrence is not None:
        plan.occurrence["uuid"] = occurrence_uuid(event_id)
        intents.append(event_intent(plan.occurrence, identity, event_id))
    contact = plan.contact
    if contact is None or contact.properties is None:
        return intents, False
    if contacts.knows(contact):
        return intents, True
    intents.insert(0, contact_intent(contact, identity, event_id))
    contacts.remember(contact)
    return intents, False
