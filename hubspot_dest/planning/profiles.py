"""The two ways to be right: walkerOS call for call, or better on purpose. Chosen once, in one place.

Every difference between `walkeros()` and `better()` stands in docs/departures.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubspot_dest.delivery.client.client import Client
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.contact_cache import ContactCache, LastContact, ManyContacts
from hubspot_dest.mapping.dialect import WALKEROS_4_4, Dialect
from hubspot_dest.planning.plan import ContactUpsert, PlanPolicy

__all__ = ["Profile", "better", "profile_of", "walkeros"]

Record = Callable[[list[Any]], None]
Upsert = Callable[[Client, ContactUpsert, Record], str | None]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the destination does where walkerOS and the better sender differ.

    Attributes:
        plan: what planning does better.
        memory: makes the contact memory.
        upsert: writes one contact, records its calls, and returns what walkerOS would have done where that
            differs, or None. Raises DeliveryError.
        uuid: every occurrence carries a uuid derived from the event's id, so that a retry counts once (defect D22).
        lossy_batches: a batch leaves the queue before it is sent (defect D1).
        own_refusal_counts: an event that itself refuses consent is never released by the collector's (defect D6).
        contact_blocks_event: a contact that HubSpot refuses keeps the event from being sent (defect D2).
        lazy_checks: a missing token is found at the first event, which is then lost (defect D7), not at once.
        flush_given_client: a client handed in from outside is flushed at shutdown as well (defect D23).

    """

    plan: PlanPolicy
    memory: Callable[[], ContactCache]
    upsert: Upsert
    uuid: bool
    lossy_batches: bool
    own_refusal_counts: bool
    contact_blocks_event: bool
    lazy_checks: bool
    flush_given_client: bool


def walkeros(dialect: Dialect = WALKEROS_4_4) -> Profile:
    """Return what walkerOS does, its losses included, with the mapping language of one of its versions."""
    return Profile(
        plan=PlanPolicy.parity(dialect),
        memory=LastContact,
        upsert=_update_only,
        uuid=False,
        lossy_batches=True,
        own_refusal_counts=False,
        contact_blocks_event=True,
        lazy_checks=True,
        flush_given_client=False,
    )


def better(compared_with: Dialect = WALKEROS_4_4) -> Profile:
    """Return the sender that keeps what upstream loses; its plans name how they differ from a version of walkerOS."""
    return Profile(
        plan=PlanPolicy.better(compared_with),
        memory=ManyContacts,
        upsert=_update_or_create,
        uuid=True,
        lossy_batches=False,
        own_refusal_counts=True,
        contact_blocks_event=False,
        lazy_checks=False,
        flush_given_client=True,
    )


def profile_of(dialect: Dialect, *, parity: bool) -> Profile:
    """Return the profile of a destination: walkerOS itself, or the better sender compared with it."""
    return walkeros(dialect) if parity else better(dialect)


def _update_only(client: Client, contact: ContactUpsert, record: Record) -> None:
    properties = contact.properties or {}
    record(["crm.contacts.basicApi.update", contact.email, {"properties": properties}, "email"])
    client.update_contact(contact.email, properties, "email")


def _update_or_create(client: Client, contact: ContactUpsert, record: Record) -> str | None:
    """Update; a stranger is created; who was created by somebody else meanwhile is updated by id."""
    properties = contact.properties or {}
    try:
        _update_only(client, contact, record)
        return None
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
