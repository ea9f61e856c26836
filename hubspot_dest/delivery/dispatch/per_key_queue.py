"""Which intents may be sent next: in order for each key, in parallel for different keys.

An intent has one key or several (an e-mail, an object id). It may be sent when no earlier intent with any of its keys
is in flight or waiting. Occurrences with the same keys may share a request, since HubSpot takes a batch in its order.

The queue is in memory. `Buffer` keeps it filled from the outbox: with what was just committed, or what is read when
there is room again.

`planned_intents` turns a plan into intents with their keys.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from hubspot_dest.delivery.client.client import encode, occurrence_uuid
from hubspot_dest.delivery.contact_cache import ContactCache
from hubspot_dest.delivery.dispatch.intent_store import IntentStore
from hubspot_dest.delivery.outbox.schema import CONTACT, EVENT, Intent, NewIntent
from hubspot_dest.planning.plan import ContactUpsert, Plan

__all__ = [
    "Buffer",
    "PerKeyQueue",
    "contact_intent",
    "event_intent",
    "identity_keys",
    "planned_intents",
    "storable",
]

_MOST_EVICTED: Final = 100_000  # intents without payload, behind a blocked key; some 20 MB


class _Key:
    """One key: how many intents occupy it (ready or in flight), and which wait behind them."""

    __slots__ = ("active", "waiting")

    def __init__(self) -> None:
        self.active = 1
        self.waiting: deque[Intent] | None = None


class PerKeyQueue:
    """All intents in memory. Single-threaded: hold a lock around it.

    Args:
        keep: how many payloads behind one key stay in memory; later ones are evicted and read when they are due, so
            that one blocked key cannot fill the memory.

    """

    def __init__(self, keep: int = 1000) -> None:
        self._keep = keep
        self._keys: dict[str, _Key] = {}
        self._contacts: deque[Intent] = deque()
        self._events: deque[Intent] = deque()
        self.count = 0
        self.evicted = 0

    def __len__(self) -> int:
        return self.count

    @property
    def contacts(self) -> int:
        """How many contact intents may be sent now."""
        return len(self._contacts)

    def oldest(self) -> float | None:
        """Return when the first event that may be sent came in; None if there is none."""
        return self._events[0].entered if self._events else None

    def enter(self, intent: Intent, now: float) -> None:
        """Add an intent; intents are added in the order of their `seq`."""
        intent.entered = now
        self.count += 1
        states = self._keys
        for key in intent.keys:
            state = states.get(key)
            if state is None:
                states[key] = _Key()
                continue
            if state.waiting is None:
                state.waiting = deque()
            state.waiting.append(intent)
            intent.waits += 1
            if len(state.waiting) > self._keep and intent.payload is not None:
                intent.payload = None
                self.evicted += 1
        if not intent.waits:
            (self._events if intent.kind == EVENT else self._contacts).append(intent)

    def ready_events(self, enough: int) -> int:
        """Count the events that could be sent in one request now, up to `enough`."""
        count = len(self._events)
        if count >= enough:
            return enough
        for intent in self._events:
            count += len(self._followers(intent, enough - count))
            if count >= enough:
                return enough
        return count

    def take_contacts(self, most: int) -> list[Intent]:
        """Take out contact intents with up to `most` keys, and those that follow directly with the same keys."""
        taken: list[Intent] = []
        for _ in range(min(most, len(self._contacts))):
            self._take(self._contacts.popleft(), taken, 1_000_000)
        return taken

    def take_events(self, most: int) -> list[Intent]:
        """Take out events for one request: those that are ready, each with the next events of the same keys."""
        taken: list[Intent] = []
        while self._events and len(taken) < most:
            self._take(self._events.popleft(), taken, most)
        return taken

    def _take(self, intent: Intent, taken: list[Intent], most: int) -> None:
        taken.append(intent)
        states = self._keys
        for follower in self._followers(intent, most - len(taken)):
            taken.append(follower)
            for key in follower.keys:
                state = states[key]
                state.waiting.popleft()  # type: ignore[union-attr]  # a follower waits there
                state.active += 1
            follower.waits = 0

    def _followers(self, intent: Intent, most: int = 1_000_000) -> Sequence[Intent]:
        """Return the intents that follow directly, of the same kind and with exactly the same keys."""
        waiting = self._keys[intent.keys[0]].waiting
        if not waiting or most <= 0:
            return ()
        others = [self._keys[key].waiting for key in intent.keys[1:]]
        found: list[Intent] = []
        for number, follower in enumerate(waiting):
            if number >= most or follower.kind != intent.kind or follower.keys != intent.keys:
                break
            if any(
                other is None or len(other) <= number or other[number] is not follower for other in others
            ):
                break
            found.append(follower)
        return found

    def done(self, intent: Intent) -> None:
        """Release what waits behind an intent that is delivered or given up."""
        self.count -= 1
        states = self._keys
        for key in intent.keys:
            state = states[key]
            state.active -= 1
            if state.active:
                continue
            if not state.waiting:
                del states[key]
                continue
            following = state.waiting.popleft()
            state.active = 1
            following.waits -= 1
            if not following.waits:
                (self._events if following.kind == EVENT else self._contacts).append(following)

    def loaded(self, count: int) -> None:
        """Note that evicted payloads were read again."""
        self.evicted -= count


class Buffer:
    """Keeps the queue filled in the order of the outbox, with a bounded number of intents in memory.

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
        """Queue what was just committed, unless it is full or older intents are on disk only; return whether it did."""
        self._committed = intents[-1].seq
        if self.behind or self._in_memory >= self._size:
            self.behind = True
            return False
        for intent in intents:
            self.queue.enter(intent, now)
        self._cursor = self._committed
        return True

    def begin_refill(self) -> bool:
        """Return whether the caller has to call `refill` now; true for one caller at a time."""
        room = self._in_memory < self._size / 2 and self.queue.evicted < _MOST_EVICTED
        if not self.behind or not room or self._refilling:
            return False
        self._refilling = True
        return True

    def refill(self, now: float) -> None:
        """Read what is on disk only, without holding the lock.

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


def identity_keys(email: str | None, object_id: str | None) -> tuple[str, ...]:
    """Return the keys of an occurrence: its e-mail and its object id."""
    if object_id is None:
        return (_key("e", (email or "").lower()),)
    key = _key("o", object_id)
    return (key,) if email is None else (_key("e", email.lower()), key)


def event_intent(occurrence: dict[str, Any], identity: tuple[str, ...], event_id: str) -> NewIntent:
    """Return an occurrence that is to be sent. Raises DeliveryError if it cannot be written as JSON."""
    return NewIntent(EVENT, identity, storable(event_id), encode(occurrence))


def contact_intent(contact: ContactUpsert, identity: tuple[str, ...], event_id: str) -> NewIntent:
    """Return a contact that is to be written. Raises DeliveryError if it cannot be written as JSON.

    Args:
        contact: the contact.
        identity: the keys of its event.
        event_id: the event that it came from.

    """
    body = encode({"email": contact.email, "properties": contact.properties})
    own = _key("e", contact.email.lower())
    return NewIntent(CONTACT, (own, *(key for key in identity if key != own)), storable(event_id), body)


def storable(text: str) -> str:
    """Return text that SQLite can store, with lone surrogates replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _key(kind: str, identity: str) -> str:
    """Return a key without line breaks, which separate keys; no identity that HubSpot accepts has one."""
    if identity.isascii() and "\n" not in identity:
        return f"{kind}:{identity}"
    return f"{kind}:{storable(identity)}".replace("\n", " ")


def planned_intents(plan: Plan, event_id: str, contacts: ContactCache) -> tuple[list[NewIntent], bool]:
    """Return what is to be delivered, and whether a contact is left out because HubSpot knows it already.

    The occurrence gets its uuid; a contact that is to be written is remembered.

    Raises:
        DeliveryError: it cannot be written as JSON.
        OutboxError: the contact cache cannot be read.

    """
    identity = identity_keys(plan.email, plan.object_id)
    intents: list[NewIntent] = []
    if plan.occurrence is not None:
        plan.occurrence["uuid"] = occurrence_uuid(event_id)
        intents.append(event_intent(plan.occurrence, identity, event_id))
    contact = plan.contact
    if contact is None or contact.properties is None:
        return intents, False
    if contacts.knows(contact):
        return intents, True
    intents.insert(0, contact_intent(contact, identity, event_id))
    contacts.remember(contact)
    return intents, False
