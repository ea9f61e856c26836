"""Contact cache that survives a restart: what HubSpot will know once everything in the outbox is delivered."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from hubspot_dest.delivery.outbox.queue import Outbox
from hubspot_dest.planning.plan import ContactUpsert

__all__ = ["OutboxContactCache"]

_CAPACITY: Final = 100_000
_VALID_SECONDS: Final = 7 * 86_400.0  # contacts change in HubSpot too; after a week they are written again


class OutboxContactCache:
    """Remembers the properties of contacts in memory and in the outbox.

    What is remembered counts at once, since the upsert is committed in the same transaction; what HubSpot then refuses
    must be forgotten.

    Args:
        outbox: keeps what is remembered.
        wall: UNIX time in seconds.

    Attributes:
        staged: what was remembered and is not in a transaction yet: properties by e-mail.

    """

    def __init__(self, outbox: Outbox, wall: Callable[[], float] = time.time) -> None:
        self._outbox = outbox
        self._wall = wall
        outbox.forget_older(wall() - _VALID_SECONDS)
        self._contacts: dict[str, dict[str, str]] = {}
        self.staged: dict[str, dict[str, str]] = {}

    def knows(self, contact: ContactUpsert) -> bool:
        """Tell whether every property of the contact was written before, with the same value.

        Raises:
            OutboxError: the outbox cannot be read.

        """
        known = self._known(contact.email.lower())
        return known is not None and all(
            known.get(name) == text for name, text in (contact.properties or {}).items()
        )

    def remember(self, contact: ContactUpsert) -> None:
        """Add a contact's properties to what is known of it, and stage all of it for the outbox."""
        email = contact.email.lower()
        known = {**(self._known(email) or {}), **(contact.properties or {})}
        self._keep(email, known)
        self.staged[email] = known

    def unstage(self) -> dict[str, dict[str, str]]:
        """Take out what was remembered since the last call: properties by e-mail, for the transaction."""
        staged, self.staged = self.staged, {}
        return staged

    def forget(self, email: str) -> None:
        """Forget a contact in memory; the outbox has its own `forget`."""
        self._contacts.pop(email, None)

    def _keep(self, email: str, known: dict[str, str]) -> None:
        # The contact seen last is last in order; another thread may forget meanwhile.
        self._contacts.pop(email, None)
        self._contacts[email] = known
        while len(self._contacts) > _CAPACITY:
            self._contacts.pop(next(iter(self._contacts)), None)

    def _known(self, email: str) -> dict[str, str] | None:
        known = self._contacts.get(email)
        if known is None:
            stored = self._outbox.remembered(email)
            if stored is None or self._wall() - stored[1] > _VALID_SECONDS:
                return None
            known = stored[0]
            self._keep(email, known)
        return known
