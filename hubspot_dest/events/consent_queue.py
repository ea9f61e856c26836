"""Events that wait for consent: bounded, in order, released when consent comes (walkerOS 4.4, sections 4.2 to 4.4).

`ConsentQueue` has three implementations: `MemoryConsentQueue` and `StatelessConsentQueue` here, and
`OutboxConsentQueue` beside the outbox.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.jsvalues import truthy

__all__ = ["ConsentGate", "ConsentQueue", "Denied", "Event", "MemoryConsentQueue", "StatelessConsentQueue"]

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Denied:
    """Why an event may not pass.

    Attributes:
        reason: `consent_missing`: it waits; `consent_refused`: it can never pass and is not kept; or why keeping it
            failed.
        sentence: the reason as a sentence.
        error: what failed when it was to be kept; else None.

    """

    reason: str
    sentence: str
    error: Exception | None = None


class ConsentQueue(Protocol):
    """Lets events pass whose destination has consent, and keeps the others until it has."""

    def __len__(self) -> int:
        """Return how many events wait."""

    def admit(self, event: Event) -> Denied | None:
        """Let an event pass (None; its consent is then the granted names), or keep it and return why."""

    def release(self) -> Sequence[Event]:
        """Take out the events that may pass by now, oldest first."""

    def drop_excess(self) -> list[Event]:
        """Take out the oldest events beyond the limit."""

    def clear(self) -> None:
        """Begin a new run."""


class ConsentGate:
    """Decides whether an event may pass; keeps nothing.

    Args:
        required: the names of which one must be granted; None or empty lets everything pass.
        collector: the collector's state, whose consent applies.
        own_refusal_counts: an event that itself refuses stays, whatever the collector grants later; else the
            collector's consent replaces its own, as upstream does (defect D6).

    """

    def __init__(
        self, required: dict[str, Any] | None, collector: CollectorView, *, own_refusal_counts: bool
    ) -> None:
        self.required = required
        self.collector = collector
        self.own_refusal_counts = own_refusal_counts
        self.names: Final = " or ".join(name for name, flag in (required or {}).items() if flag)

    def own_consent(self, event: Event) -> Any:
        """Return the consent that an event came with; None if `Collector.complete` gave it the collector's."""
        consent = event["consent"]
        return None if consent is self.collector.consent else consent

    def admits(self, event: Event, own: Any) -> bool:
        """Tell whether an event may pass; its consent is then the names that are granted.

        Args:
            event: a complete event.
            own: the consent that the event itself came with.

        """
        consent = self.collector.consent
        individual = own if self.own_refusal_counts else event["consent"]
        if not (self.required or consent or individual):
            event["consent"] = {}
            return True
        granted = granted_consent(self.required, consent, individual)
        if granted is None:
            return False
        event["consent"] = granted
        return True

    def refusal(self, own: Any) -> Denied | None:
        """Return why an event with this consent is not kept: no consent of the collector could ever let it pass."""
        if not (self.own_refusal_counts and isinstance(own, dict)):
            return None
        wanted = [name for name, flag in (self.required or {}).items() if truthy(flag)]
        if not all(name in own and not truthy(own[name]) for name in wanted):
            return None
        return Denied("consent_refused", f"its own consent refuses {self.names}: it is not kept")


class StatelessConsentQueue:
    """Keeps nothing: the caller keeps an event whose consent is missing.

    Args:
        gate: decides which events pass.

    """

    def __init__(self, gate: ConsentGate) -> None:
        self._gate = gate

    def __len__(self) -> int:
        return 0

    def admit(self, event: Event) -> Denied | None:
        """Let an event pass (None), or say why it does not."""
        gate = self._gate
        own = gate.own_consent(event)
        if gate.admits(event, own):
            return None
        return gate.refusal(own) or Denied("consent_missing", f"waits for consent: {gate.names}")

    def release(self) -> Sequence[Event]:
        """Return nothing."""
        return ()

    def drop_excess(self) -> list[Event]:
        """Return nothing."""
        return []

    def clear(self) -> None:
        """Do nothing."""


class MemoryConsentQueue:
    """Keeps events in memory until the destination's consent is granted; an event that refuses it itself is not kept.

    Args:
        gate: decides which events pass.
        limit: how many may wait; the oldest is dropped first.

    """

    def __init__(self, gate: ConsentGate, limit: int) -> None:
        self._gate = gate
        self._limit = max(0, limit)
        self._events: deque[tuple[Event, Any]] = deque()
        self._looked_at: Any = None  # the collector's consent when the waiting events were last checked
        self._new = 0  # how many of the newest events came after that

    def __len__(self) -> int:
        return len(self._events)

    def admit(self, event: Event) -> Denied | None:
        """Let an event pass (None), or keep it and return why."""
        gate = self._gate
        own = gate.own_consent(event)
        if gate.admits(event, own):
            return None
        if (refusal := gate.refusal(own)) is not None:
            return refusal
        self._events.append((event, own))
        self._new += 1
        return Denied("consent_missing", f"waits for consent: {gate.names}")

    def release(self) -> Sequence[Event]:
        """Take out the events that may pass by now, oldest first; the others stay.

        This is called before every event, and a thousand may wait. So only events that may pass now are checked: all of
        them after a change of the collector's consent, else those that came since the last call.
        """
        if not self._events:
            return ()
        gate = self._gate
        consent = gate.collector.consent
        count = len(self._events)
        if consent is self._looked_at:
            count = min(self._new, count)
        self._looked_at, self._new = consent, 0
        if not count:
            return ()
        waiting = [self._events.pop() for _ in range(count)]
        waiting.reverse()
        released = []
        for event, own in waiting:
            if not gate.own_refusal_counts:
                event["consent"] = gate.collector.consent
            if gate.admits(event, own):
                released.append(event)
            else:
                self._events.append((event, own))
        return released

    def drop_excess(self) -> list[Event]:
        """Take out the oldest events beyond the limit."""
        return [self._events.popleft()[0] for _ in range(len(self._events) - self._limit)]

    def clear(self) -> None:
        """Forget everything that waits, as a new run does."""
        self._events.clear()
