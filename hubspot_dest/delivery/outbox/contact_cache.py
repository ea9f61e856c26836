"""Contact memory that survives a restart: what HubSpot will know once everything in the outbox is delivered."""

from __future__ import annotations

import time
from typing import Final

from hubspot_dest.delivery.outbox.queue import Outbox
from hubspot_dest.planning.plan import ContactUpsert

__all__ = ["OutboxContactCache"]

_CAPACITY: Final = 100_000
_BELIEVED_SECONDS: Final = 7 * 86_400.0  # contacts change in HubSpot too; after a week they are written again


class OutboxContactCache:
    """Remembers the properties of people in memory and in the outbox.

    What it takes in counts from then on, since the upsert is in the outbox in the same transaction; what HubSpot then
    refuses must be forgotten.

    Args:
        outbox: where it lies.

    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        outbox.forget_older(time.time() - _BELIEVED_SECONDS)
        self._people: dict[str, dict[str, str]] = {}

    def knows(self, contact: ContactUpsert, now: float) -> bool:
        """Tell whether every property of the contact was written before, with the same value.

        Raises:
            OutboxError: it could not be read.

        """
        known = self._known(contact.email.lower(), now)
        return known is not None and all(
            known.get(name) == text for name, text in (contact.properties or {}).items()
        )

    def remember(self, contact: ContactUpsert, now: float) -> tuple[str, dict[str, str]]:
        """Add a contact's properties; return the e-mail and all that is known of it, to be written down."""
        email = contact.email.lower()
        known = {**(self._known(email, now) or {}), **(contact.properties or {})}
        self._keep(email, known)
        return email, known

    def _keep(self, email: str, known: dict[str, str]) -> None:
        self._people.pop(
            email, None
        )  # whoever was seen last stands last; another thread may forget meanwhile
        self._people[email] = known
        while len(self._people) > _CAPACITY:
            self._people.pop(next(iter(self._people)), None)

    def forget(self, email: str) -> None:
        """Forget a person in memory; the outbox has its own `forget`."""
        self._people.pop(email, None)

    def _known(self, email: str, now: float) -> dict[str, str] | None:
        known = self._people.get(email)
        if known is None:
            told = self._outbox.remembered(email)
            if told is None or now - told[1] > _BELIEVED_SECONDS:
                return None
            known = told[0]
            self._keep(email, known)
        return known
