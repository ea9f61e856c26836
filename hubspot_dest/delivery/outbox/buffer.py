"""The part of an outbox that is in memory: what was just committed, or read back when there is room again."""

from __future__ import annotations

import threading
from typing import Final

from hubspot_dest.delivery.dispatch.per_key_queue import Intent, PerKeyQueue
from hubspot_dest.delivery.outbox.queue import Outbox

__all__ = ["Window"]

_MOST_LIGHT: Final = 100_000  # intents without payload, behind somebody who cannot go; some 20 MB


class Window:
    """Keeps the lanes filled in the order of the outbox, and small however much lies on disk.

    Args:
        outbox: where everything lies.
        size: how many intents with their payloads are in memory at most.
        lock: held while the window or its lanes change; `refill` takes it itself.

    """

    def __init__(self, outbox: Outbox, size: int, lock: threading.RLock) -> None:
        self.lanes = PerKeyQueue()
        self._outbox = outbox
        self._size = size
        self._lock = lock
        self._committed = outbox.last
        self.behind = outbox.pending > 0
        self._cursor = 0 if self.behind else self._committed
        self._refilling = False

    @property
    def _in_memory(self) -> int:
        return self.lanes.count - self.lanes.light

    def accept(self, intents: list[Intent], now: float) -> bool:
        """Take what was just committed, if there is room and nothing older lies on disk; tell whether it did."""
        self._committed = intents[-1].seq
        if self.behind or self._in_memory >= self._size:
            self.behind = True
            return False
        for intent in intents:
            self.lanes.enter(intent, now)
        self._cursor = self._committed
        return True

    def begin_refill(self) -> bool:
        """Tell whether it is time to read, and that the caller is the one to do it."""
        room = self._in_memory < self._size / 2 and self.lanes.light < _MOST_LIGHT
        if not self.behind or not room or self._refilling:
            return False
        self._refilling = True
        return True

    def refill(self, now: float) -> None:
        """Read what lies on disk only; the lock is not held meanwhile.

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
                    self.lanes.enter(intent, now)
                newest = found[-1].seq if found else after
                self._cursor = newest if len(found) == room else max(committed, newest)
                self.behind = self._cursor < self._committed
        finally:
            with self._lock:
                self._refilling = False
