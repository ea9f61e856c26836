"""Events that wait for consent in the outbox: they are there after every kind of end, and go out once consent comes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from hubspot_dest.delivery.client.client import encode
from hubspot_dest.delivery.client.codec import decode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.schema import OutboxError
from hubspot_dest.events.consent_queue import ConsentQueue, Event
from hubspot_dest.events.event import NullFieldError
from hubspot_dest.mapping.jsvalues import truthy
from hubspot_dest.outcome import Outcome

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox_sink import OutboxSink

__all__ = ["OutboxConsentQueue"]

_log: Final = logging.getLogger("hubspot_dest")


class OutboxConsentQueue(ConsentQueue):
    """Where an event stays, on disk, until its destination's consent is granted.

    Nothing of it lies in memory, so it is looked through only when the collector's consent has changed. An event that
    itself refuses all that would do can never go, and is not kept at all.

    Args:
        required: the names of which one must be granted; None or empty lets everything through.
        limit: how many may wait, the oldest goes first; None for as many as the disk holds.
        carrier: takes them into the outbox, and their release in the transaction of what becomes of them.

    """

    def __init__(self, required: dict[str, Any] | None, limit: int | None, carrier: OutboxSink) -> None:
        super().__init__(required, limit or 0, own_refusal_counts=True)
        self._bounded = limit is not None
        self._carrier = carrier
        self._seen: dict[str, Any] | None = None
        self._dropped_through = 0

    def __len__(self) -> int:
        return self._carrier.held

    def keep(self, event: Event, own: Any, outcome: Outcome) -> None:
        """Keep an event that may not pass; the outcome says if that cannot be."""
        if self._refuses(own):
            outcome.reason = "consent_refused"
            outcome.sentence = f"its own consent refuses {self.needs}: it is not kept"
            return
        if event.get("user") is None:  # it could never be sent
            self._carrier.refuse(outcome, DeliveryError("impossible", NullFieldError("user").sentence))
            return
        try:
            self._carrier.hold(outcome, encode({"event": event, "own": own}))
        except (DeliveryError, OutboxError) as error:
            self._carrier.refuse(outcome, error)

    def _refuses(self, own: Any) -> bool:
        """Tell whether no consent of the collector could ever let an event with this consent pass."""
        if not isinstance(own, dict):
            return False
        wanted = [name for name, flag in (self._required or {}).items() if truthy(flag)]
        return all(name in own and not truthy(own[name]) for name in wanted)

    def release(self, state: dict[str, Any]) -> list[Event]:
        """Return the events that may go by now, oldest first; the others go on waiting, as all do if it goes wrong."""
        if state is self._seen and not self._carrier.held_again:
            return []
        try:
            released, numbers = self._passing(state) if len(self) else ([], [])
        except OutboxError as error:
            _log.error("%s; events that wait for consent go on waiting", error)
            return []
        for number in numbers:
            self._carrier.let_go(number)
        self._seen, self._carrier.held_again = state, False
        return released

    def _passing(self, state: dict[str, Any]) -> tuple[list[Event], list[int]]:
        released, numbers = [], []
        for held in self._carrier.held_events():
            kept = decode(held.event)
            event: Event = kept["event"]
            if self.admits(event, kept["own"], state):
                released.append(event)
                numbers.append(held.number)
        return released, numbers

    def drop_excess(self) -> list[Event]:
        """Take out the oldest events beyond the configuration's own `queueMax` and return them."""
        excess = len(self) - self._limit if self._bounded else 0
        if excess <= 0:
            return []
        dropped: list[Event] = []
        for held in self._carrier.held_events(self._dropped_through):
            if len(dropped) == excess:
                break
            self._carrier.let_go(held.number)
            self._dropped_through = held.number
            dropped.append(decode(held.event)["event"])
        return dropped + [decode(one)["event"] for one in self._carrier.take_back(excess - len(dropped))]

    def clear(self) -> None:
        """Forget nothing: what is in the outbox was accepted, whatever run it came from."""
