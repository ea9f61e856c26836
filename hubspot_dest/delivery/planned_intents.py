"""From a plan to intents: what is to reach HubSpot for one event, with the keys that keep a person's order."""

from __future__ import annotations

from hubspot_dest.delivery.client.codec import encode, occurrence_uuid
from hubspot_dest.delivery.contact_cache import ContactCache
from hubspot_dest.delivery.outbox.records import CONTACT, EVENT, NewIntent
from hubspot_dest.planning.plan import ContactUpsert, Plan

__all__ = ["planned_intents", "storable"]


def planned_intents(plan: Plan, event_id: str, contacts: ContactCache) -> tuple[list[NewIntent], bool]:
    """Return what is to be delivered, and whether a contact is left out because HubSpot knows it already.

    The occurrence gets its uuid; a contact that is to be written is remembered.

    Raises:
        DeliveryError: it cannot be written as JSON.
        OutboxError: the contact cache cannot be read.

    """
    identity = _keys(plan.email, plan.object_id)
    intents: list[NewIntent] = []
    if plan.occurrence is not None:
        plan.occurrence["uuid"] = occurrence_uuid(event_id)
        intents.append(NewIntent(EVENT, identity, storable(event_id), encode(plan.occurrence)))
    contact = plan.contact
    if contact is None or contact.properties is None:
        return intents, False
    if contacts.knows(contact):
        return intents, True
    intents.insert(0, _contact_intent(contact, identity, event_id))
    contacts.remember(contact)
    return intents, False


def _contact_intent(contact: ContactUpsert, identity: tuple[str, ...], event_id: str) -> NewIntent:
    body = encode({"email": contact.email, "properties": contact.properties})
    own = _key("e", contact.email.lower())
    return NewIntent(CONTACT, (own, *(key for key in identity if key != own)), storable(event_id), body)


def _keys(email: str | None, object_id: str | None) -> tuple[str, ...]:
    """Return the keys of an occurrence: its e-mail and its object id."""
    if object_id is None:
        return (_key("e", (email or "").lower()),)
    key = _key("o", object_id)
    return (key,) if email is None else (_key("e", email.lower()), key)


def _key(kind: str, identity: str) -> str:
    """Return a key without line breaks, which separate keys; no identity that HubSpot takes has one."""
    if identity.isascii() and "\n" not in identity:
        return f"{kind}:{identity}"
    return f"{kind}:{storable(identity)}".replace("\n", " ")


def storable(text: str) -> str:
    """Return text that SQLite can store: a lone surrogate cannot be."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
