"""Events that wait for consent in the outbox: they survive the end of the process, and are sent once consent comes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from hubspot_dest.delivery.client.client import decode, encode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.schema import OutboxError, ParkedEvent
from hubspot_dest.events.collector import NullFieldError
from hubspot_dest.events.consent_queue import ConsentGate, Denied, Event

__all__ = ["OutboxConsentQueue", "Parking"]

_log: Final = logging.getLogger("hubspot_dest")


class Parking(Protocol):
    """Where events are parked: the outbox, with what this process has not committed yet.

    Attributes:
        restored: a commit failed, and events that it released wait again.

    """

    restored: bool

    @property
    def parked(self) -> int:
        """How many events are parked."""

    def park(self, event_id: str, event: bytes) -> None:
        """Park an event with the next commit. Raises OutboxError."""

    def parked_events(self, after: int = 0) -> Iterator[ParkedEvent]:
        """Yield parked events with a greater number, oldest first. Raises OutboxError."""

    def release(self, number: int) -> None:
        """Remove a parked event with the next commit."""

    def unstage(self, count: int) -> list[bytes]:
        """Take out the oldest events that are parked and not committed yet."""


class OutboxConsentQueue:
    """Keeps events on disk until their destination's consent is granted.

    Nothing of it is in memory, so it is read only when the collector's consent has changed. An event that refuses all
    required consent itself can never pass, and is not kept.

    Args:
        gate: decides which events pass.
        limit: how many may wait, the oldest is dropped first; None for as many as the disk holds.
        parking: keeps them, and commits their release together with what became of them.

    """

    def __init__(self, gate: ConsentGate, limit: int | None, parking: Parking) -> None:
        self._gate = gate
        self._limit = limit
        self._parking = parking
        self._checked: dict[str, Any] | None = None  # the consent that all parked events were checked against
        self._dropped_through = 0

    def __len__(self) -> int:
        return self._parking.parked

    def admit(self, event: Event) -> Denied | None:
        """Let an event pass (None), or park it and return why."""
        gate = self._gate
        own = gate.own_consent(event)
        if gate.admits(event, own):
            return None
        if (refusal := gate.refusal(own)) is not None:
            return refusal
        if event.get("user") is None:  # it could never be sent
            sentence = NullFieldError("user").sentence
            return Denied("impossible", sentence, DeliveryError("impossible", sentence))
        event_id = event.get("id")
        try:
            self._parking.park(
                event_id if isinstance(event_id, str) else "", encode({"event": event, "own": own})
            )
        except DeliveryError as error:
            return Denied("impossible", error.describe(), error)
        except OutboxError as error:
            return Denied("outbox", str(error), DeliveryError("impossible", str(error)))
        return Denied("consent_missing", f"waits for consent: {gate.names}; safe in the outbox")

    def release(self) -> Sequence[Event]:
        """Take out the events that may pass by now, oldest first; all stay if the outbox cannot be read."""
        consent = self._gate.collector.consent
        if consent is self._checked and not self._parking.restored:
            return ()
        try:
            released, numbers = self._passing() if len(self) else ([], [])
        except OutboxError as error:
            _log.error("%s; events that wait for consent stay in the outbox", error)
            return ()
        for number in numbers:
            self._parking.release(number)
        self._checked, self._parking.restored = consent, False
        return released

    def _passing(self) -> tuple[list[Event], list[int]]:
        released, numbers = [], []
        for parked in self._parking.parked_events():
            kept = decode(parked.event)
            event: Event = kept["event"]
            if self._gate.admits(event, kept["own"]):
                released.append(event)
                numbers.append(parked.number)
        return released, numbers

    def drop_excess(self) -> list[Event]:
        """Take out the oldest events beyond the configuration's own `queueMax`."""
        excess = len(self) - self._limit if self._limit is not None else 0
        if excess <= 0:
            return []
        dropped: list[Event] = []
        for parked in self._parking.parked_events(self._dropped_through):
            if len(dropped) == excess:
                break
            self._parking.release(parked.number)
            self._dropped_through = parked.number
            dropped.append(decode(parked.event)["event"])
        return dropped + [decode(event)["event"] for event in self._parking.unstage(excess - len(dropped))]

    def clear(self) -> None:
        """Forget nothing: what is in the outbox was accepted, whichever run it came from."""
