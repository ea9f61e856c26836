"""Notes of what crosses the wire, on the sender's side and on HubSpot's side; reconciliation compares the two."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from simulator.engine.rows import ObservedCall
from simulator.hubspot.faults.fault_board import FaultBoard
from simulator.hubspot.messages import Answer, Request
from simulator.hubspot.service import HubSpot

__all__ = ["BY_HAND", "Handled", "ClientProbe", "HubSpotProbe"]

BY_HAND: Final = "pat-na1-00000000-0000-0000-0000-0000000000b1"
"""The token of copied commands, which distinguishes what is sent by hand from what the sender sends."""
_SENDS = {"/events/v3/send": False, "/events/v3/send/batch": True}


class ClientProbe:
    """The official client with a note of every call. Each call raises DeliveryError as the client does.

    Args:
        client: makes the calls.
        clock: the fake HubSpot's clock, so that both sides' times can be compared.
        faults: tells whether a fault struck a call.
        tick: called before and after every call; moves a simulated clock, so that no two calls share a moment.

    Attributes:
        on_headers: is called with the headers of every answer; None if nothing listens.

    """

    def __init__(
        self,
        client: HubSpotClient,
        clock: Callable[[], float],
        faults: FaultBoard,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._faults = faults
        self._tick = tick
        self._noted: list[ObservedCall] = []
        self.base_url = client.base_url

    @property
    def on_headers(self) -> Callable[[Any], None] | None:
        """Called with the headers of every answer."""
        return self._client.on_headers

    @on_headers.setter
    def on_headers(self, listener: Callable[[Any], None] | None) -> None:
        self._client.on_headers = listener

    def drain(self) -> list[ObservedCall]:
        """Return the calls since the last time, oldest first."""
        noted, self._noted = self._noted, []
        return noted

    def send(self, occurrence: dict[str, Any]) -> None:
        """Make `events.send.basicApi.send`."""
        self._note("events.send.basicApi.send", 1, lambda: self._client.send(occurrence), 204)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Make `events.send.batchApi.send`."""
        self._note("events.send.batchApi.send", len(inputs), lambda: self._client.send_batch(inputs), 204)

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> Any:
        """Make `crm.contacts.basicApi.update`."""
        return self._note(
            "crm.contacts.basicApi.update",
            0,
            lambda: self._client.update_contact(contact_id, properties, id_property),
            200,
        )

    def create_contact(self, properties: dict[str, str]) -> Any:
        """Make `crm.contacts.basicApi.create`."""
        return self._note(
            "crm.contacts.basicApi.create", 0, lambda: self._client.create_contact(properties), 201
        )

    # ---- for the outbox: encoded JSON, and contacts in batches

    def send_encoded(self, occurrence: bytes) -> Any:
        """Make `events.send.basicApi.send` with bytes."""
        return self._note("events.send.basicApi.send", 1, lambda: self._client.send_encoded(occurrence), 204)

    def send_batch_encoded(self, occurrences: Sequence[bytes]) -> Any:
        """Make `events.send.batchApi.send` with bytes."""
        size = len(occurrences)
        return self._note(
            "events.send.batchApi.send", size, lambda: self._client.send_batch_encoded(occurrences), 204
        )

    def upsert_contacts(self, inputs: list[dict[str, Any]]) -> Any:
        """Make `crm.contacts.batchApi.upsert`."""
        return self._note(
            "crm.contacts.batchApi.upsert", 0, lambda: self._client.upsert_contacts(inputs), 200
        )

    def _note(self, call: str, size: int, make: Callable[[], Any], good: int) -> Any:
        self._tick()
        noted = ObservedCall(call, self._clock(), 0.0, None, size)
        struck = self._struck()
        try:
            answer = make()
            noted.status = getattr(answer, "status", None) or good
            return answer
        except DeliveryError as error:
            noted.status, noted.error, noted.failure = error.status, error.describe(), error
            raise
        finally:
            noted.fault = next(
                (
                    label
                    for number, (label, count) in self._struck().items()
                    if struck.get(number) != (label, count)
                ),
                "",
            )
            self._tick()
            noted.ended = self._clock()
            self._noted.append(noted)

    def _struck(self) -> dict[int, tuple[str, int]]:
        """Return how often each fault struck; a call is made by one thread, so the difference is its own."""
        return {
            active_fault.number: (active_fault.fault.label, active_fault.struck)
            for active_fault in self._faults.active()
        }


@dataclass(frozen=True, slots=True)
class Handled:
    """One request that HubSpot's rules took, whether or not the sender received the answer.

    Attributes:
        received_at: UNIX time in seconds.
        inputs: how many occurrences it brought; 0 for anything but a send.

    """

    received_at: float
    inputs: int


class HubSpotProbe(HubSpot):
    """HubSpot's rules with a note of every request that they took, apart from any fault on the way back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._noting = threading.Lock()
        self.by_hand = 0
        self._handled: deque[Handled] = deque(maxlen=10_000)

    def handle(self, request: Request) -> Answer:
        """Apply the rules, and note what was taken."""
        answer = super().handle(request)
        if request.method == "POST" and request.path in _SENDS and 200 <= answer.status < 300:
            body = orjson.loads(request.body)
            count = len(body["inputs"]) if _SENDS[request.path] else 1
            with self._noting:
                if request.headers.get("authorization") == f"Bearer {BY_HAND}":
                    self.by_hand += count
                    return answer
                self._handled.append(Handled(request.received_at, count))
        return answer

    def taken_between(self, started: float, ended: float) -> int:
        """Return how many occurrences were taken from requests that arrived in a span of time."""
        with self._noting:
            found = 0
            for handled in reversed(self._handled):
                if handled.received_at < started:
                    break
                if handled.received_at <= ended:
                    found += handled.inputs
            return found

    def forget(self) -> None:
        """Count from zero."""
        with self._noting:
            self.by_hand = 0
            self._handled.clear()
