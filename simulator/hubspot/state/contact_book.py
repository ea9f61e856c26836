"""The contacts of an account, indexed by id, e-mail and additional e-mails (HubSpot wire facts, section 3)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from hubspot_dest.checks.standard_properties import goes_backward
from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.contacts import Contact, PropertyChange
from simulator.hubspot.state.timestamps import iso

__all__ = ["ContactBook"]

_EMAILS: Final = frozenset({"email", "hs_additional_emails"})


class ContactBook:
    """Contacts by id and by e-mail. HubSpot stores e-mail addresses in lower case (section 3.3).

    Args:
        changes: collects changes for a store; None without a store.
        limit: maximum number of past property values over all contacts; at the limit the oldest tenth is dropped.

    """

    def __init__(self, changes: Changes | None = None, limit: int = 2_000_000) -> None:
        self._changes = changes
        self._limit = limit
        self._history_contacts: list[Contact] = []  # the contact of each past value, oldest first
        self._ids = itertools.count(101)
        self._contacts: dict[str, Contact] = {}
        self._by_email: dict[str, str] = {}
        self._archived: dict[str, Contact] = {}

    def all(self, *, archived: bool = False) -> list[Contact]:
        """Return the contacts, or the archived ones, oldest first."""
        return list((self._archived if archived else self._contacts).values())

    def __len__(self) -> int:
        """Return the number of contacts that are not archived."""
        return len(self._contacts)

    def newest(self) -> Iterator[Contact]:
        """Iterate over the contacts, newest first."""
        return iter(reversed(self._contacts.values()))

    def get(self, identifier: str, *, by_email: bool = False, archived: bool = False) -> Contact | None:
        """Return the contact with this id or e-mail address (case-insensitive), or None."""
        if by_email:
            identifier = self._by_email.get(identifier.lower(), "")
        return (self._archived if archived else self._contacts).get(identifier)

    def load(self, contact: Contact) -> None:
        """Add a stored contact; ids may come in any order."""
        following = next(self._ids)
        self._ids = itertools.count(max(following, int(contact.id) + 1))
        if contact.archived_at is not None:
            self._archived[contact.id] = contact
            return
        self._contacts[contact.id] = contact
        self._by_email.update(dict.fromkeys(_addresses(contact), contact.id))

    def find(self, name: str, value: str) -> Contact | None:
        """Return the first contact whose property has this value, or None."""
        return next(
            (contact for contact in self._contacts.values() if contact.properties.get(name) == value), None
        )

    def add(self, properties: Mapping[str, str], now: float) -> Contact:
        """Create a contact with the given properties and those that HubSpot sets (section 3.2)."""
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
        """Write properties, where an empty value clears one; return the names that HubSpot silently left unchanged.

        A lifecycle stage only moves forward; it must be cleared to move back (section 3.1).
        """
        when, kept = iso(now), []
        if self._changes is not None:
            self._changes.contacts[contact.id] = contact
        contact.updated_at = contact.properties["lastmodifieddate"] = when
        has_emails = not _EMAILS.isdisjoint(properties)
        before = _addresses(contact) if has_emails else set()
        for name, value in self._with_former_email(contact, properties).items():
            if name == "lifecyclestage" and goes_backward(contact.properties.get(name, ""), value):
                kept.append(name)
                continue
            self._write(contact, name, value.lower() if name in _EMAILS else value, when)
        if has_emails:
            self._index(contact, before)
        return kept

    def _with_former_email(self, contact: Contact, properties: Mapping[str, str]) -> Mapping[str, str]:
        """Return the properties to write, swapping the e-mail with an additional address that replaces it.

        The contact keeps all its addresses, so that an upsert by any of them still finds it (inferred).
        """
        additional = contact.properties.get("hs_additional_emails")
        if not additional or "email" not in properties or "hs_additional_emails" in properties:
            return properties
        email, additional_emails = properties["email"].lower(), additional.split(";")
        if not email or email not in additional_emails:
            return properties
        former = contact.properties.get("email", "")
        others = [former if text == email else text for text in additional_emails]
        return {**properties, "hs_additional_emails": ";".join(filter(None, others))}

    def _write(self, contact: Contact, name: str, value: str, when: str) -> None:
        if name == "email" and value:
            contact.properties["hs_email_domain"] = value.rpartition("@")[2]
        if value == "":
            contact.properties.pop(name, None)
        else:
            contact.properties[name] = value
        change = PropertyChange(name, value, when)
        self.recall(contact, change)
        if self._changes is not None:
            self._changes.history.append((contact.id, change))

    def _index(self, contact: Contact, before: set[str]) -> None:
        """Update the e-mail index for a contact that had the addresses `before`."""
        after = _addresses(contact)
        for email in before - after:
            if self._by_email.get(email) == contact.id:
                del self._by_email[email]
        self._by_email.update(dict.fromkeys(after, contact.id))

    def recall(self, contact: Contact, change: PropertyChange) -> None:
        """Append a change to a contact's history; stored changes are loaded oldest first."""
        if len(self._history_contacts) >= self._limit:
            dropped = max(1, self._limit // 10)
            for current_contact, count in _count_contacts(self._history_contacts[:dropped]):
                current_contact.forget(count)
            del self._history_contacts[:dropped]
        contact.history.append(change)
        self._history_contacts.append(contact)

    def archive(self, contact: Contact, now: float) -> None:
        """Archive a contact and release its e-mail addresses."""
        contact.archived_at = iso(now)
        if self._changes is not None:
            self._changes.contacts[contact.id] = contact
        self._archived[contact.id] = self._contacts.pop(contact.id)
        self._by_email = {email: text for email, text in self._by_email.items() if text != contact.id}

    def delete(self, contact: Contact) -> None:
        """Delete a contact and its history permanently, archived or not."""
        self._contacts.pop(contact.id, None)
        self._archived.pop(contact.id, None)
        self._by_email = {email: text for email, text in self._by_email.items() if text != contact.id}
        self._history_contacts = [
            current_contact for current_contact in self._history_contacts if current_contact is not contact
        ]
        if self._changes is not None:
            self._changes.delete_contact(contact.id)


def _addresses(contact: Contact) -> set[str]:
    """Return the e-mail addresses of a contact, in lower case."""
    additional = contact.properties.get("hs_additional_emails", "").split(";")
    return {text.strip() for text in (contact.properties.get("email", ""), *additional) if text.strip()}


def _count_contacts(contacts: list[Contact]) -> list[tuple[Contact, int]]:
    """Return each contact once, with its number of occurrences in the list."""
    by_id = {contact.id: contact for contact in contacts}
    return [
        (by_id[identifier], count)
        for identifier, count in Counter(contact.id for contact in contacts).items()
    ]
