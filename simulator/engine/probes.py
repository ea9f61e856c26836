"""Who sees what crosses the wire: the sender's side, and HubSpot's side. The engine's books compare the two."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hubspot_dest.delivery.client.client import Client
from hubspot_dest.delivery.client.errors import DeliveryError
from simulator.engine.rows import Exchange
from simulator.hubspot.http.messages import Answer, Request
from simulator.hubspot.service import HubSpot

__all__ = ["BY_HAND", "Handled", "WatchedClient", "WatchedHubSpot"]

BY_HAND: Final = "pat-na1-00000000-0000-0000-0000-0000000000b1"
"""The token of copied commands, so that what somebody sends by hand is told apart from what the sender sends."""
_SENDS = {"/events/v3/send": False, "/events/v3/send/batch": True}


class WatchedClient:
    """The official client with a note of every call.

    Args:
        client: makes the calls.
        clock: the fake HubSpot's clock, so that both sides' times can be compared.

    """

    def __init__(self, client: Client, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._noted: list[Exchange] = []

    def drain(self) -> list[Exchange]:
        """Return the calls since the last time, oldest first."""
        noted, self._noted = self._noted, []
        return noted

    def send(self, occurrence: dict[str, Any]) -> None:
        """Make `events.send.basicApi.send`. Raises DeliveryError."""
        self._note("events.send.basicApi.send", 1, lambda: self._client.send(occurrence), 204)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Make `events.send.batchApi.send`. Raises DeliveryError."""
        self._note("events.send.batchApi.send", len(inputs), lambda: self._client.send_batch(inputs), 204)

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Make `crm.contacts.basicApi.update`. Raises DeliveryError."""
        self._note(
            "crm.contacts.basicApi.update",
            0,
            lambda: self._client.update_contact(contact_id, properties, id_property),
            200,
        )

    def create_contact(self, properties: dict[str, str]) -> None:
        """Make `crm.contacts.basicApi.create`. Raises DeliveryError."""
        self._note("crm.contacts.basicApi.create", 0, lambda: self._client.create_contact(properties), 201)

    def _note(self, call: str, size: int, make: Callable[[], None], good: int) -> None:
        exchange = Exchange(call, self._clock(), 0.0, None, size)
        try:
            make()
            exchange.status = good
        except DeliveryError as error:
            exchange.status, exchange.error = error.status, error.describe()
            raise
        finally:
            exchange.ended = self._clock()
            self._noted.append(exchange)


@dataclass(frozen=True, slots=True)
class Handled:
    """One request that HubSpot's rules took, whether or not the sender was told.

    Attributes:
        received_at: UNIX time in seconds.
        inputs: how many occurrences it brought; 0 for anything but a send.

    """

    received_at: float
    inputs: int


class WatchedHubSpot(HubSpot):
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
            for one in reversed(self._handled):
                if one.received_at < started:
                    break
                if one.received_at <= ended:
                    found += one.inputs
            return found

    def forget(self) -> None:
        """Count from zero."""
        with self._noting:
            self.by_hand = 0
            self._handled.clear()
