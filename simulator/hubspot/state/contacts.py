"""The contacts of an account: found by id, by e-mail in any case, by a second e-mail (wire facts, section 3)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hubspot_dest.checks.standard_properties import goes_backward
from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.occurrences import iso

__all__ = ["Change", "Contact", "ContactBook"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a property once had."""

    name: str
    value: str
    at: str


@dataclass(slots=True)
class Contact:
    """A contact, its properties, and the values that they had, oldest first.

    `settled`: so many values at the beginning of the history are no longer counted by the book, because they are the
    newest of their property.
    """

    id: str
    properties: dict[str, str]
    created_at: str
    updated_at: str
    created: float = 0.0
    archived_at: str | None = None
    history: list[Change] = field(default_factory=list)
    settled: int = 0

    def forget(self, count: int) -> None:
        """Forget so many of the oldest values, but never the newest of a property."""
        reach = self.settled + count
        newer = {one.name for one in self.history[reach:]}
        newest = {one.name: one for one in self.history[:reach] if one.name not in newer}
        settled = [one for one in self.history[:reach] if newest.get(one.name) is one]
        self.history[:reach] = settled
        self.settled = len(settled)


class ContactBook:
    """Contacts by id and by e-mail. HubSpot keeps e-mails in lower case (section 3.3).

    Args:
        changes: is told what changes, where somebody keeps it.
        limit: how many values that properties had are kept, over all contacts; beyond, the oldest tenth goes.

    """

    def __init__(self, changes: Changes | None = None, limit: int = 2_000_000) -> None:
        self._changes = changes
        self._limit = limit
        self._changed: list[Contact] = []  # whose value it was, in the order of time
        self._ids = itertools.count(101)
        self._contacts: dict[str, Contact] = {}
        self._by_email: dict[str, str] = {}
        self._archived: dict[str, Contact] = {}

    def all(self, *, archived: bool = False) -> list[Contact]:
        """Return every contact, oldest first."""
        return list((self._archived if archived else self._contacts).values())

    def __len__(self) -> int:
        """Return how many contacts there are, archived ones aside."""
        return len(self._contacts)

    def newest(self) -> Iterator[Contact]:
        """Yield every contact, newest first."""
        return iter(reversed(self._contacts.values()))

    def get(self, identifier: str, *, by_email: bool = False, archived: bool = False) -> Contact | None:
        """Return the contact with this id, or this e-mail in any case."""
        if by_email:
            identifier = self._by_email.get(identifier.lower(), "")
        return (self._archived if archived else self._contacts).get(identifier)

    def load(self, contact: Contact) -> None:
        """Take a contact that a store kept; the highest id first or last, in any order."""
        following = next(self._ids)
        self._ids = itertools.count(max(following, int(contact.id) + 1))
        if contact.archived_at is not None:
            self._archived[contact.id] = contact
            return
        self._contacts[contact.id] = contact
        emails = contact.properties.get("hs_additional_emails", "").split(";")
        for email in [contact.properties.get("email", ""), *emails]:
            if email:
                self._by_email[email] = contact.id

    def find(self, name: str, value: str) -> Contact | None:
        """Return the first contact whose property has this value."""
        return next((one for one in self._contacts.values() if one.properties.get(name) == value), None)

    def add(self, properties: Mapping[str, str], now: float) -> Contact:
        """Create a contact with HubSpot's own properties beside those given (section 3.2)."""
        when, identifier = iso(now), str(next(self._ids))
        system = {
            "createdate": when,
            "hs_object_id": identifier,
            "hs_is_contact": "true",
            "hs_all_contact_vids": identifier,
            "hs_object_source": "INTEGRATION",
            "hs_object_source_id": "1",
            "hs_object_source_label": "INTEGRATION",
            "hs_is_unworked": "true",
            "hs_marketable_status": "false",
            "hs_marketable_until_renewal": "false",
            "hs_pipeline": "contacts-lifecycle-pipeline",
        }
        contact = Contact(identifier, system, when, when, now)
        self._contacts[identifier] = contact
        self.change(contact, {"lifecyclestage": "lead", **properties}, now)
        return contact

    def change(self, contact: Contact, properties: Mapping[str, str], now: float) -> list[str]:
        """Write properties; an empty text clears. Return the names that HubSpot silently kept as they were.

        A life-cycle stage only moves forward; clear it to go back (section 3.1).
        """
        when, kept = iso(now), []
        if self._changes is not None:
            self._changes.contacts[contact.id] = contact
        contact.updated_at = contact.properties["lastmodifieddate"] = when
        for name, value in properties.items():
            if name == "lifecyclestage" and goes_backward(contact.properties.get(name, ""), value):
                kept.append(name)
                continue
            if name in ("email", "hs_additional_emails"):
                value = value.lower()
            if name == "email":
                self._rename(contact, value)
            if value == "":
                contact.properties.pop(name, None)
            else:
                contact.properties[name] = value
            change = Change(name, value, when)
            self.recall(contact, change)
            if self._changes is not None:
                self._changes.history.append((contact.id, change))
            if name == "hs_additional_emails":
                self._by_email.update({one: contact.id for one in value.split(";") if one})
        return kept

    def recall(self, contact: Contact, change: Change) -> None:
        """Add a value to a contact's history; one that a store kept as well, oldest first."""
        if len(self._changed) >= self._limit:
            gone = max(1, self._limit // 10)
            for one, count in _tally(self._changed[:gone]):
                one.forget(count)
            del self._changed[:gone]
        contact.history.append(change)
        self._changed.append(contact)

    def archive(self, contact: Contact, now: float) -> None:
        """Take a contact out; its e-mails are free again."""
        contact.archived_at = iso(now)
        if self._changes is not None:
            self._changes.contacts[contact.id] = contact
        self._archived[contact.id] = self._contacts.pop(contact.id)
        self._by_email = {email: one for email, one in self._by_email.items() if one != contact.id}

    def _rename(self, contact: Contact, email: str) -> None:
        self._by_email.pop(contact.properties.get("email", ""), None)
        if email:
            self._by_email[email] = contact.id
            contact.properties["hs_email_domain"] = email.rpartition("@")[2]


def _tally(contacts: list[Contact]) -> list[tuple[Contact, int]]:
    """Return each contact once, with how often it stood there."""
    found = {one.id: one for one in contacts}
    return [(found[identifier], count) for identifier, count in Counter(one.id for one in contacts).items()]
