"""What the status page and the control routes show of an account; the same data for both, and never a token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from .account import Account, Contact
from .occurrence_state import iso

__all__ = ["ContactPage", "account_view", "contact_view", "contacts_page", "definitions_view"]

_TIMELINE = 500


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Some contacts, newest first, and whether there are more.

    Attributes:
        total: how many contacts there are, the search aside.
        contacts: those of this page, as `contact_row` tells them.
        after: where the next page begins, None at the end.

    """

    total: int
    contacts: list[dict[str, Any]]
    after: int | None


def account_view(number: int, account: Account) -> dict[str, Any]:
    """Return what an account is and how much it holds; `number` is its place in the list of accounts."""
    with account.lock:
        return {
            "account": number,
            "portalId": account.portal_id,
            "tier": account.switches.tier,
            "contacts": len(account.book),
            "definitions": len(account.definitions),
            "occurrences": len(account.log.rows),
            "maxOccurrences": account.log.limit,
            "counters": asdict(account.log.counters),
        }


def contacts_page(account: Account, *, words: str = "", start: int = 0, limit: int = 50) -> ContactPage:
    """Return contacts, newest first; with words those where any property holds them."""
    words = words.strip().lower()
    with account.lock:
        found = (one for one in account.book.newest() if not words or _holds(one, words))
        page = list(islice(found, start, start + limit + 1))
        rows = [_row(one) for one in page[:limit]]
        return ContactPage(len(account.book), rows, start + limit if len(page) > limit else None)


def contact_view(account: Account, identifier: str) -> dict[str, Any] | None:
    """Return a contact with its properties, their history and its timeline, newest first; None for a stranger."""
    with account.lock:
        contact = account.contact(identifier) or account.book.get(identifier, archived=True)
        if contact is None:
            return None
        mine = [one for one in account.log.rows if one.contact == contact.id]
        now = account.clock()
        newest = sorted(mine, key=lambda one: one.occurred_at, reverse=True)[:_TIMELINE]
        return {
            **_row(contact),
            "archivedAt": contact.archived_at,
            "properties": dict(sorted(contact.properties.items())),
            "history": [{"name": one.name, "value": one.value, "at": one.at} for one in contact.history],
            "occurrences": len(mine),
            "timeline": [
                {
                    "occurredAt": iso(one.occurred_at),
                    "eventName": one.event_name,
                    "properties": one.properties,
                    "id": one.id,
                    "visible": one.visible_at <= now,
                }
                for one in newest
            ],
        }


def definitions_view(account: Account) -> list[dict[str, Any]]:
    """Return the definitions with their own properties, and how many occurrences each has."""
    with account.lock:
        counts: dict[str, int] = {}
        for one in account.log.rows:
            counts[one.event_name] = counts.get(one.event_name, 0) + 1
        return [
            {
                "name": one.name,
                "label": one.label or one.short_name,
                "occurrences": counts.get(one.name, 0),
                "properties": [
                    {
                        "name": each.name,
                        "type": each.type,
                        "options": [option.value for option in each.options],
                    }
                    for each in one.properties.values()
                ],
            }
            for one in account.definitions.values()
        ]


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


def _holds(contact: Contact, words: str) -> bool:
    values: Iterable[str] = contact.properties.values()
    return any(words in value.lower() for value in values)
