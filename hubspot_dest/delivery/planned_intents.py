"""From a plan to intents: what is to reach HubSpot for one event, with the keys that keep a person's order."""

from __future__ import annotations

from hubspot_dest.delivery.client.codec import occurrence_uuid
from hubspot_dest.delivery.contact_cache import ContactCache
from hubspot_dest.delivery.outbox.intents import contact_intent, event_intent, identity_keys
from hubspot_dest.delivery.outbox.schema import NewIntent
from hubspot_dest.planning.plan import Plan

__all__ = ["planned_intents"]


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
