"""Read accounts for the status pages and the control routes, without tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from simulator.hubspot.journal.inbox import Names
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.contacts import Contact
from simulator.hubspot.state.standard_properties import DEFAULT_EVENT_PROPERTIES
from simulator.hubspot.state.timestamps import iso

__all__ = ["ContactPage", "account_view", "contact_view", "contacts_page", "definitions_view", "names_of"]

_TIMELINE = 500
_SEARCHED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page of contacts, newest first.

    Attributes:
        total: number of contacts of the account.
        matched: number of contacts that match the search.
        contacts: the contacts of this page, each as a dictionary of its main fields.
        after: position of the next page, or None on the last page.

    """

    total: int
    matched: int
    contacts: list[dict[str, Any]]
    after: int | None


def account_view(number: int, account: SimulatedAccount) -> dict[str, Any]:
    """Return the portal, tier, counts and quotas of an account; `number` is its index in the list of accounts."""
    with account.lock:
        return {
            "account": number,
            "portalId": account.portal_id,
            "tier": account.behaviours.tier,
            "contacts": len(account.book),
            "definitions": len(account.definitions),
            "occurrences": len(account.log.rows),
            "maxOccurrences": account.log.limit,
            "counters": asdict(account.log.counters),
            "quotas": account.quotas(),
        }


def contacts_page(
    account: SimulatedAccount, *, words: str = "", start: int = 0, limit: int = 50
) -> ContactPage:
    """Return a page of contacts, newest first; `words` keeps those with a property that contains the text."""
    words = words.strip().lower()
    with account.lock:
        newest_first = account.book.newest()
        if not words:
            page = list(islice(newest_first, start, start + limit + 1))
            total = matched = len(account.book)
            rows = [_row(contact) for contact in page[:limit]]
            return ContactPage(total, matched, rows, start + limit if len(page) > limit else None)
        snapshot = list(newest_first)
    found: list[Contact] = []
    for first in range(0, len(snapshot), _SEARCHED_AT_ONCE):  # release the lock between chunks, for senders
        with account.lock:
            chunk = snapshot[first : first + _SEARCHED_AT_ONCE]
            found += [contact for contact in chunk if _has_text(contact, words)]
    with account.lock:
        rows = [_row(contact) for contact in found[start : start + limit]]
    after = start + limit if len(found) > start + limit else None
    return ContactPage(len(snapshot), len(found), rows, after)


def contact_view(account: SimulatedAccount, identifier: str) -> dict[str, Any] | None:
    """Return a contact with its properties, history and timeline, or None if it is unknown.

    The history (oldest first) and the timeline (newest first) are cut to the newest 500 entries; `changes` and
    `occurrences` are the full counts.
    """
    with account.lock:
        contact = account.contact(identifier) or account.book.get(identifier, archived=True)
        if contact is None:
            return None
        occurrences = list(account.log.rows)
        shown = {
            **_row(contact),
            "archivedAt": contact.archived_at,
            "properties": dict(sorted(contact.properties.items())),
            "changes": len(contact.history),
            "history": [
                {"name": property_change.name, "value": property_change.value, "at": property_change.at}
                for property_change in contact.history[-_TIMELINE:]
            ],
        }
        now = account.clock()
    of_contact = [
        current_occurrence for current_occurrence in occurrences if current_occurrence.contact == contact.id
    ]
    newest = sorted(of_contact, key=lambda occurrence: occurrence.occurred_at, reverse=True)[:_TIMELINE]
    timeline = [
        {
            "occurredAt": iso(current_occurrence.occurred_at),
            "eventName": current_occurrence.event_name,
            "properties": current_occurrence.properties,
            "id": current_occurrence.id,
            "visible": current_occurrence.visible_at <= now,
        }
        for current_occurrence in newest
    ]
    return {**shown, "occurrences": len(of_contact), "timeline": timeline}


def definitions_view(account: SimulatedAccount) -> list[dict[str, Any]]:
    """Return the definitions with their custom properties and numbers of occurrences."""
    with account.lock:
        occurrences = list(account.log.rows)
    counts = Counter(occurrence.event_name for occurrence in occurrences)
    with account.lock:
        return [
            {
                "name": definition.name,
                "label": definition.label or definition.short_name,
                "occurrences": counts[definition.name],
                "properties": [
                    {
                        "name": each.name,
                        "type": each.type,
                        "options": [option.value for option in each.options],
                    }
                    for each in definition.properties.values()
                ],
            }
            for definition in account.definitions.values()
        ]


def names_of(accounts: Iterable[SimulatedAccount]) -> Names:
    """Return the names that senders can use in these accounts: events with their properties, contact properties."""
    events: dict[str, frozenset[str]] = {}
    contacts: set[str] = set()
    for account in accounts:
        with account.lock:
            contacts.update(account.contact_properties)
            for definition in account.definitions.values():
                known = events.get(definition.name, frozenset())
                events[definition.name] = known.union(definition.properties, DEFAULT_EVENT_PROPERTIES)
    return Names(events, frozenset(contacts))


def _row(contact: Contact) -> dict[str, Any]:
    get = contact.properties.get
    name = " ".join(filter(None, (get("firstname"), get("lastname"))))
    return {
        "id": contact.id,
        "email": get("email", ""),
        "name": name,
        "lifecyclestage": get("lifecyclestage", ""),
        "createdAt": contact.created_at,
        "updatedAt": contact.updated_at,
    }


def _has_text(contact: Contact, words: str) -> bool:
    values: Iterable[str] = contact.properties.values()
    return any(words in value.lower() for value in values)
