"""Intents in memory: the events they come from stay in their stream until they are acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.schema import Intent, NewIntent

__all__ = ["GivenUpIntent", "MemoryStore"]


@dataclass(frozen=True, slots=True)
class GivenUpIntent:
    """An intent that was given up.

    Attributes:
        intent: what was to reach HubSpot.
        payload: its JSON for HubSpot.
        reason: a stable code.
        error: HubSpot's error.

    """

    intent: Intent
    payload: bytes
    reason: str
    error: DeliveryError


class MemoryStore:
    """Keeps intents until they are delivered or given up, in memory only. Safe to use from several threads.

    Args:
        after: the number behind which intents are numbered.
        wall: UNIX time in seconds.

    """

    def __init__(self, after: int = 0, wall: Callable[[], float] = time.time) -> None:
        self.on_commit: Callable[[list[Intent]], None] | None = None
        self.closed = False
        self._wall = wall
        self._lock = threading.Lock()
        self._last = after
        self._payloads: dict[int, bytes] = {}
        self._intents: dict[int, Intent] = {}
        self._given_up: list[GivenUpIntent] = []

    @property
    def last(self) -> int:
        """The number of the newest intent."""
        return self._last

    @property
    def pending(self) -> int:
        """How many intents are not yet delivered or given up. Takes no lock."""
        return len(self._intents)

    def add(self, new: Iterable[NewIntent]) -> list[Intent]:
        """Keep intents, each with a number; they are delivered after `submit`."""
        now = self._wall()
        added = []
        with self._lock:
            for kind, keys, event_id, payload in new:
                self._last += 1
                intent = Intent(self._last, kind, keys, event_id, now, payload)
                self._intents[intent.seq] = intent
                self._payloads[intent.seq] = payload
                added.append(intent)
        return added

    def submit(self, intents: list[Intent]) -> None:
        """Let intents be delivered."""
        if intents and self.on_commit is not None:
            self.on_commit(intents)

    def drop(self, intents: Iterable[Intent]) -> None:
        """Forget intents that were not submitted and are not needed."""
        self.finished(intents)

    def holds_any(self, first: int, last: int) -> bool:
        """Tell whether any intent with a number from `first` to `last` is not yet delivered or given up."""
        return any(seq in self._intents for seq in range(first, last + 1))

    def take_given_up(self) -> list[GivenUpIntent]:
        """Take out what was given up since the last call."""
        with self._lock:
            taken, self._given_up = self._given_up, []
        return taken

    # ---- what the dispatcher calls

    def read(self, after: int, most: int) -> list[Intent]:
        """Return the next intents, in order."""
        with self._lock:
            return list(islice((intent for seq, intent in self._intents.items() if seq > after), most))

    def load(self, intents: Sequence[Intent]) -> None:
        """Give intents their payloads back."""
        with self._lock:
            for intent in intents:
                intent.payload = self._payloads[intent.seq]

    def finished(self, intents: Iterable[Intent]) -> int:
        """Forget what HubSpot took; nothing has to be written down."""
        with self._lock:
            for intent in intents:
                self._intents.pop(intent.seq, None)
                self._payloads.pop(intent.seq, None)
        return 0

    def died(self, intent: Intent, reason: str, error: DeliveryError) -> None:
        """Move an intent to what was given up."""
        with self._lock:
            payload = self._payloads.pop(intent.seq, b"{}")
            self._given_up.append(GivenUpIntent(intent, payload, reason, error))
            self._intents.pop(intent.seq, None)

    def failed(self, intents: Iterable[Intent]) -> None:
        """Do nothing: the intents themselves count their attempts."""

    def forget(self, email: str | None = None) -> None:
        """Do nothing: the contact cache is the sink's."""

    def flush(self) -> None:
        """Do nothing: nothing is written down."""
