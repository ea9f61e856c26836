"""Who may go next: each person's intents in the order in which they came, different people side by side.

An intent has one key or several (an e-mail, an object id). It may go when no earlier intent with any of its keys is
under way or waiting. Occurrences of one person may share a request, since HubSpot takes a batch in its order.
Everything here is in memory and single-threaded: hold a lock around it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

__all__ = ["CONTACT", "EVENT", "Intent", "PerKeyQueue"]

CONTACT: Final = 0
EVENT: Final = 1


class Intent:
    """Something that was accepted and is to reach HubSpot.

    Attributes:
        seq: its place among all that was accepted.
        kind: CONTACT or EVENT.
        keys: whose it is; intents that share a key keep their order.
        event_id: the walkerOS event it came from.
        accepted_at: UNIX time.
        payload: the JSON that goes to HubSpot; None while it lies on disk only.
        attempts: how often it failed.
        waits: for how many of its keys an earlier intent comes first.
        entered: monotonic time at which it came into memory.

    """

    __slots__ = ("accepted_at", "attempts", "entered", "event_id", "keys", "kind", "payload", "seq", "waits")

    def __init__(
        self,
        seq: int,
        kind: int,
        keys: tuple[str, ...],
        event_id: str,
        accepted_at: float,
        payload: bytes | None,
        attempts: int = 0,
    ) -> None:
        self.seq = seq
        self.kind = kind
        self.keys = keys
        self.event_id = event_id
        self.accepted_at = accepted_at
        self.payload = payload
        self.attempts = attempts
        self.waits = 0
        self.entered = 0.0

    def __repr__(self) -> str:
        return f"Intent({self.seq}, {'contact' if self.kind == CONTACT else 'event'}, {self.event_id!r})"


class _Lane:
    """One key: how many intents hold it (runnable or under way), and who waits behind them."""

    __slots__ = ("held", "waiting")

    def __init__(self) -> None:
        self.held = 1
        self.waiting: deque[Intent] | None = None


class PerKeyQueue:
    """All intents in memory.

    Args:
        keep: how many payloads a lane keeps in memory behind the one in front; later ones are read when they are due,
            so that one person's trouble cannot fill the memory.

    """

    def __init__(self, keep: int = 1000) -> None:
        self._keep = keep
        self._lanes: dict[str, _Lane] = {}
        self._contacts: deque[Intent] = deque()
        self._events: deque[Intent] = deque()
        self.count = 0
        self.light = 0

    def __len__(self) -> int:
        return self.count

    @property
    def contacts(self) -> int:
        """How many contact intents may go now."""
        return len(self._contacts)

    def oldest(self) -> float | None:
        """Return when the first of the events that may go came in; None where there is none."""
        return self._events[0].entered if self._events else None

    def enter(self, intent: Intent, now: float) -> None:
        """Take in an intent; they come in the order of their `seq`."""
        intent.entered = now
        self.count += 1
        lanes = self._lanes
        for key in intent.keys:
            lane = lanes.get(key)
            if lane is None:
                lanes[key] = _Lane()
                continue
            if lane.waiting is None:
                lane.waiting = deque()
            lane.waiting.append(intent)
            intent.waits += 1
            if len(lane.waiting) > self._keep and intent.payload is not None:
                intent.payload = None
                self.light += 1
        if not intent.waits:
            (self._events if intent.kind == EVENT else self._contacts).append(intent)

    def events_at_hand(self, enough: int) -> int:
        """Count the events that could go in one request now, up to `enough`."""
        count = len(self._events)
        if count >= enough:
            return enough
        for intent in self._events:
            count += len(self._riders(intent, enough - count))
            if count >= enough:
                return enough
        return count

    def take_contacts(self, most: int) -> list[Intent]:
        """Take out contact intents of up to `most` people, with those that follow directly for the same person."""
        taken: list[Intent] = []
        for _ in range(min(most, len(self._contacts))):
            self._take(self._contacts.popleft(), taken, 1_000_000)
        return taken

    def take_events(self, most: int) -> list[Intent]:
        """Take out events for one request: whoever may go, and right behind each the next events of the same person."""
        taken: list[Intent] = []
        while self._events and len(taken) < most:
            self._take(self._events.popleft(), taken, most)
        return taken

    def _take(self, intent: Intent, taken: list[Intent], most: int) -> None:
        taken.append(intent)
        lanes = self._lanes
        for rider in self._riders(intent, most - len(taken)):
            taken.append(rider)
            for key in rider.keys:
                lane = lanes[key]
                lane.waiting.popleft()  # type: ignore[union-attr]  # it is a rider because it waits there
                lane.held += 1
            rider.waits = 0

    def _riders(self, intent: Intent, most: int = 1_000_000) -> Sequence[Intent]:
        """Return what follows directly, is of the same kind and belongs to exactly the same person."""
        waiting = self._lanes[intent.keys[0]].waiting
        if not waiting or most <= 0:
            return ()
        others = [self._lanes[key].waiting for key in intent.keys[1:]]
        found: list[Intent] = []
        for number, rider in enumerate(waiting):
            if number >= most or rider.kind != intent.kind or rider.keys != intent.keys:
                break
            if any(other is None or len(other) <= number or other[number] is not rider for other in others):
                break
            found.append(rider)
        return found

    def done(self, intent: Intent) -> None:
        """Let whoever waits behind an intent come forward; it is delivered, or given up."""
        self.count -= 1
        lanes = self._lanes
        for key in intent.keys:
            lane = lanes[key]
            lane.held -= 1
            if lane.held:
                continue
            if not lane.waiting:
                del lanes[key]
                continue
            following = lane.waiting.popleft()
            lane.held = 1
            following.waits -= 1
            if not following.waits:
                (self._events if following.kind == EVENT else self._contacts).append(following)

    def loaded(self, count: int) -> None:
        """Note that payloads came back from disk."""
        self.light -= count
