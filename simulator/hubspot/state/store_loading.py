"""Load an account from SQLite."""

from __future__ import annotations

import sqlite3

import msgspec

from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.contacts import Contact, PropertyChange
from simulator.hubspot.state.definitions import EventDefinition
from simulator.hubspot.state.occurrences import Counters, Occurrence
from simulator.hubspot.state.property_values import AccountProperty, PropertyGroup

__all__ = ["load"]


def load(db: sqlite3.Connection, number: int, account: SimulatedAccount) -> None:
    """Load the rows of account `number` into an empty account."""
    with account.lock:
        _load_contacts(db, number, account)
        _load_definitions(db, number, account)
        _load_occurrences(db, number, account)


def _load_contacts(db: sqlite3.Connection, number: int, account: SimulatedAccount) -> None:
    for name, text in db.execute(
        "select name, definition from contact_properties where account=?", (number,)
    ):
        loaded = msgspec.json.decode(text, type=AccountProperty)
        (account.archived_properties if loaded.archived else account.contact_properties)[name] = loaded
    for name, text in db.execute("select name, definition from property_groups where account=?", (number,)):
        account.property_groups[name] = msgspec.json.decode(text, type=PropertyGroup)
    sql = (
        "select id, properties, created_at, updated_at, created, archived_at from contacts "
        "where account=? order by id"
    )
    contacts: dict[int, Contact] = {}
    texts = msgspec.json.Decoder(dict[str, str])
    for identifier, properties, created_at, updated_at, created, archived_at in db.execute(sql, (number,)):
        values = texts.decode(properties)
        contact = Contact(str(identifier), values, created_at, updated_at, created, archived_at)
        contacts[identifier] = contact
        account.book.load(contact)
    sql = "select contact, property, value, at from contact_history where account=? order by number"
    for identifier, name, value, at in db.execute(sql, (number,)):
        account.book.recall(contacts[identifier], PropertyChange(name, value, at))


def _load_definitions(db: sqlite3.Connection, number: int, account: SimulatedAccount) -> None:
    loaded: list[EventDefinition] = []
    for name, deleted, text in db.execute(
        "select name, deleted, definition from definitions where account=?", (number,)
    ):
        if deleted:
            account.deleted_definitions.add(name)
        else:
            loaded.append(msgspec.json.decode(text, type=EventDefinition))
    for event_definition in sorted(loaded, key=lambda definition: definition.number):
        account.definitions[event_definition.name] = event_definition


def _load_occurrences(db: sqlite3.Connection, number: int, account: SimulatedAccount) -> None:
    sql = (
        "select number, id, has_uuid, event_name, contact, occurred_at, came_at, visible_at, properties "
        "from occurrences where account=? order by number"
    )
    for row in db.execute(sql, (number,)):
        position, identifier, has_uuid, name, contact, occurred, received_at, visible, properties = row
        contact_id = None if contact is None else str(contact)
        occurrence = Occurrence(identifier, name, properties.encode(), contact_id, occurred, visible)
        account.log.load(position, occurrence, received_at, has_uuid=bool(has_uuid))
    text = db.execute("select counters from accounts where account=?", (number,)).fetchone()[0]
    account.log.counters = msgspec.json.decode(text, type=Counters)
