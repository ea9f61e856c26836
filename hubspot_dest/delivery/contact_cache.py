"""Contact cache: what HubSpot already knows, so that unchanged contacts cost no call."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol

from hubspot_dest.mapping.jsvalues import json_text
from hubspot_dest.planning.plan import ContactUpsert

__all__ = ["ContactCache", "LastContact", "ManyContacts", "SharedContactCache"]


class ContactCache(Protocol):
    """Knows which contact upserts would change nothing."""

    def knows(self, contact: ContactUpsert) -> bool:
        """Tell whether HubSpot has all of this already."""

    def remember(self, contact: ContactUpsert) -> None:
        """Note what HubSpot has accepted."""


class SharedContactCache(ContactCache, Protocol):
    """A contact cache whose entries become valid once HubSpot has accepted them; e-mails are compared without case."""

    def forget(self, email: str) -> None:
        """Forget one person: HubSpot did not take the contact."""

    def known_elsewhere(self, contacts: Sequence[ContactUpsert]) -> set[str]:
        """Return the e-mails, lower case, of contacts that another process has written with the same values."""

    def clear(self) -> None:
        """Forget what is remembered in this process: others may write these contacts from now on."""

    def confirm(self, emails: Iterable[str]) -> None:
        """Note that HubSpot took everything that is remembered of these people."""


class LastContact:
    """Upstream's cache: the last contact and nothing before it (walkerOS 4.4, section 5.4).

    The properties are compared as JSON text, so their order counts, and so does the case of the e-mail.
    """

    def __init__(self) -> None:
        self._email: str | None = None
        self._hash = ""

    def knows(self, contact: ContactUpsert) -> bool:
        """Tell whether it is the very contact that was written last, with the same text."""
        return contact.email == self._email and _hash(contact) == self._hash

    def remember(self, contact: ContactUpsert) -> None:
        """Remember this contact instead of the one before."""
        self._email, self._hash = contact.email, _hash(contact)


class ManyContacts:
    """Remembers the properties of many people, the least recently seen forgotten first.

    E-mails are compared without case, as HubSpot does. A contact counts as known if HubSpot has accepted every
    one of its properties before, in any order.

    Args:
        capacity: how many people at most.

    """

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._people: OrderedDict[str, dict[str, str]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, email: str) -> bool:
        """Tell whether anything is known of a person."""
        return email.lower() in self._people

    def knows(self, contact: ContactUpsert) -> bool:
        """Tell whether every property of the contact was written before, with the same value."""
        email = contact.email.lower()
        known = self._people.get(email)
        if known is None:
            return False
        with contextlib.suppress(KeyError):  # another thread may forget meanwhile
            self._people.move_to_end(email)
        return all(known.get(name) == value for name, value in (contact.properties or {}).items())

    def remember(self, contact: ContactUpsert) -> None:
        """Add what HubSpot accepted to what it knows of this person."""
        email = contact.email.lower()
        self._people[email] = {**self._people.get(email, {}), **(contact.properties or {})}
        self._people.move_to_end(email)
        while len(self._people) > self._capacity:
            self._people.popitem(last=False)

    def forget(self, email: str) -> None:
        """Forget one person: HubSpot did not take the contact."""
        self._people.pop(email.lower(), None)

    def known_elsewhere(self, contacts: Sequence[ContactUpsert]) -> set[str]:  # noqa: ARG002 - the Protocol's shape
        """Return nothing: this cache is one process' own."""
        return set()

    def clear(self) -> None:
        """Forget all contacts."""
        self._people.clear()

    def confirm(self, emails: Iterable[str]) -> None:
        """Do nothing: what is remembered counts at once."""


def _hash(contact: ContactUpsert) -> str:
    return "" if contact.properties is None else json_text(contact.properties)
