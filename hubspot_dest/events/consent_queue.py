"""Events that wait for consent: bounded, in order, released when consent comes (walkerOS 4.4, sections 4.2 to 4.4)."""

from __future__ import annotations

from collections import deque
from typing import Any

from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.outcome import Outcome

__all__ = ["ConsentQueue"]

Event = dict[str, Any]


class ConsentQueue:
    """Where an event stays, in memory, until its destination's consent is granted.

    Args:
        required: the names of which one must be granted; None or empty lets everything through.
        limit: how many may wait; the oldest goes first.
        own_refusal_counts: an event that itself refuses stays, whatever the collector grants later; else the
            collector's consent replaces its own, as upstream does (defect D6).

    """

    def __init__(self, required: dict[str, Any] | None, limit: int, *, own_refusal_counts: bool) -> None:
        self._required = required
        self._limit = max(0, limit)
        self._own_refusal_counts = own_refusal_counts
        self._events: deque[tuple[Event, Any]] = deque()

    def __len__(self) -> int:
        return len(self._events)

    @property
    def needs(self) -> str:
        """What an event waits for, in words."""
        return " or ".join(name for name, flag in (self._required or {}).items() if flag)

    def admits(self, event: Event, own: Any, state: dict[str, Any]) -> bool:
        """Tell whether an event may pass; its consent is then the names that are granted.

        Args:
            event: a whole event.
            own: the consent that the event itself came with.
            state: the collector's consent.

        """
        granted = granted_consent(
            self._required, state, own if self._own_refusal_counts else event["consent"]
        )
        if granted is None:
            return False
        event["consent"] = granted
        return True

    def keep(self, event: Event, own: Any, outcome: Outcome) -> None:  # noqa: ARG002 - the durable one tells how it went
        """Keep an event that may not pass."""
        self._events.append((event, own))

    def release(self, state: dict[str, Any]) -> list[Event]:
        """Return the events that may go by now, oldest first; the others go on waiting."""
        if not self._events:
            return []
        waiting = list(self._events)
        self._events.clear()
        released = []
        for event, own in waiting:
            if not self._own_refusal_counts:
                event["consent"] = state
            if self.admits(event, own, state):
                released.append(event)
            else:
                self._events.append((event, own))
        return released

    def drop_excess(self) -> list[Event]:
        """Take out the oldest events beyond the limit and return them."""
        return [self._events.popleft()[0] for _ in range(len(self._events) - self._limit)]

    def clear(self) -> None:
        """Forget everything that waits, as a new run does."""
        self._events.clear()
