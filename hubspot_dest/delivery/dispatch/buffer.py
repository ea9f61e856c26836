"""The part of an outbox that is in memory: what was just committed, or read when there is room again."""

from __future__ import annotations

import threading
from typing import Final

from hubspot_dest.delivery.dispatch.intent_store import IntentStore
from hubspot_dest.delivery.dispatch.per_key_queue import PerKeyQueue
from hubspot_dest.delivery.outbox.schema import Intent

__all__ = ["Buffer"]

_MOST_EVICTED: Final = 100_000  # intents without payload, behind a blocked key; some 20 MB


class Buffer:
    """Keeps the queue filled in the order of the outbox, and small however much is on disk.

    Args:
        outbox: what to read from.
        size: how many intents with their payloads are in memory at most.
        lock: held while the buffer or its queue changes; `refill` takes it itself.

    """

    def __init__(self, outbox: IntentStore, size: int, lock: threading.RLock) -> None:
        self.queue = PerKeyQueue()
        self._outbox = outbox
        self._size = size
        self._lock = lock
        self._committed = outbox.last
        self.behind = outbox.pending > 0
        self._cursor = 0 if self.behind else self._committed
        self._refilling = False

    @property
    def _in_memory(self) -> int:
        return self.queue.count - self.queue.evicted

    def accept(self, intents: list[Intent], now: float) -> bool:
        """Take what was just committed, if there is room and nothing older is on disk only; tell whether it did."""
        self._committed = intents[-1].seq
        if self.behind or self._in_memory >= self._size:
            self.behind = True
            return False
        for intent in intents:
            self.queue.enter(intent, now)
        self._cursor = self._committed
        return True

    def begin_refill(self) -> bool:
        """Tell whether it is time to read, and that the caller is the one to do it."""
        room = self._in_memory < self._size / 2 and self.queue.evicted < _MOST_EVICTED
        if not self.behind or not room or self._refilling:
            return False
        self._refilling = True
        return True

    def refill(self, now: float) -> None:
        """Read what is on disk only; the lock is not held meanwhile.

        Raises:
            OutboxError: it could not be read.

        """
        try:
            with self._lock:
                after, committed = self._cursor, self._committed
                room = max(1, self._size - self._in_memory)
            found = self._outbox.read(after, room)
            with self._lock:
                for intent in found:
                    self.queue.enter(intent, now)
                newest = found[-1].seq if found else after
                self._cursor = newest if len(found) == room else max(committed, newest)
                self.behind = self._cursor < self._committed
        finally:
            with self._lock:
                self._refilling = False
