"""Gather occurrences and send them in batches of at most 500 (walkerOS 4.4, section 5.3; wire facts, 1.5)."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from hubspot_dest.delivery.client.client import Client

__all__ = ["MAX_BATCH", "BatchQueue", "Queued"]

MAX_BATCH = 500


class Queued(NamedTuple):
    """An occurrence that waits for its batch, and the id of its event."""

    event_id: str
    occurrence: dict[str, Any]


class BatchQueue:
    """Occurrences that wait to be sent together.

    Args:
        size: how many occurrences trigger a flush.
        chunk: how many are sent at once; `size` if not given.
        lossy: take a batch out of the queue before it is sent, as upstream does: what fails is lost (defect D1).
            Otherwise nothing leaves the queue before HubSpot has it.

    """

    def __init__(self, size: int, *, chunk: int | None = None, lossy: bool = False) -> None:
        self.size = size
        self._chunk = chunk or size
        self._lossy = lossy
        self._waiting: deque[Queued] = deque()
        self._due = size

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, queued: Queued) -> bool:
        """Add an occurrence; tell whether it is time to flush."""
        self._waiting.append(queued)
        return len(self._waiting) >= self._due

    def next_batch(self) -> list[Queued]:
        """Return the batch that is sent next."""
        return [self._waiting[index] for index in range(min(self._chunk, len(self._waiting)))]

    def send(self, batch: list[Queued], client: Client) -> None:
        """Send the next batch.

        Raises:
            DeliveryError: HubSpot did not accept it; unless lossy, it is still in the queue, and the next
                attempt is due one batch later, not at the very next event.

        """
        if self._lossy:
            self._drop(len(batch))
        try:
            client.send_batch([queued.occurrence for queued in batch])
        except Exception:
            if not self._lossy:
                self._due = len(self._waiting) + self.size
            raise
        if not self._lossy:
            self._drop(len(batch))
            self._due = self.size

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
