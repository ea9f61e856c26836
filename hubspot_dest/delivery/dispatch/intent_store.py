"""`IntentStore`: where the dispatcher's intents are kept. The outbox keeps them on disk, a `MemoryStore` in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.schema import Intent

__all__ = ["IntentStore"]


class IntentStore(Protocol):
    """Keeps intents until they are delivered or given up. Safe to use from several threads.

    Attributes:
        on_commit: called with intents once they are accepted, in order.

    """

    on_commit: Callable[[list[Intent]], None] | None

    @property
    def closed(self) -> bool:
        """Whether it is closed."""

    @property
    def last(self) -> int:
        """The number of the newest intent."""

    @property
    def pending(self) -> int:
        """How many intents are accepted and not yet delivered."""

    def read(self, after: int, most: int) -> list[Intent]:
        """Return the next intents, in order. Raises OutboxError."""

    def load(self, intents: Sequence[Intent]) -> None:
        """Give intents their payloads back. Raises OutboxError."""

    def finished(self, intents: Iterable[Intent]) -> int:
        """Note what HubSpot took; return how much is noted and not yet written down."""

    def died(self, intent: Intent, reason: str, error: DeliveryError) -> None:
        """Note what is given up."""

    def failed(self, intents: Iterable[Intent]) -> None:
        """Note how often intents failed."""

    def forget(self, email: str | None = None) -> None:
        """Forget what HubSpot knows of a contact, or of all. Raises OutboxError."""

    def flush(self) -> None:
        """Write down what is noted. Raises OutboxError."""
