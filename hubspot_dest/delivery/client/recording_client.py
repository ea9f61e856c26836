"""A client that records every call in the documented notation, and passes it on to another client."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubspot_dest.delivery.client.client import Client
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.client.null_client import NullClient

__all__ = ["RecordedCall", "RecordingClient"]

SEND = "events.send.basicApi.send"
SEND_BATCH = "events.send.batchApi.send"
UPDATE = "crm.contacts.basicApi.update"
CREATE = "crm.contacts.basicApi.create"
_SUCCESS = {SEND: 204, SEND_BATCH: 204, UPDATE: 200, CREATE: 201}


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call and its result.

    Attributes:
        call: name and arguments in the documented notation: `["events.send.basicApi.send", {...}]`.
        size: how many occurrences it carried; 0 for a contact.
        started: when it was made, by the recorder's clock.
        ended: when it returned.
        status: HubSpot's status; None without a readable answer.
        error: why it failed; None if it did not.

    """

    call: list[Any]
    size: int
    started: float
    ended: float
    status: int | None
    error: DeliveryError | None = None


class RecordingClient:
    """Records calls and makes them through another client.

    Args:
        client: makes the calls; by default they succeed without any network.
        clock: gives the times of calls; UNIX time by default.
        fail: returns the error to raise instead of making a call, or None, from the call's name and its
            number among the calls of that name, counted from 1.

    """

    def __init__(
        self,
        client: Client | None = None,
        *,
        clock: Callable[[], float] = time.time,
        fail: Callable[[str, int], DeliveryError | None] | None = None,
    ) -> None:
        self._client: Client = NullClient() if client is None else client
        self._clock = clock
        self._fail = fail
        self._counts: dict[str, int] = {}
        self._recorded: list[RecordedCall] = []

    @property
    def calls(self) -> list[list[Any]]:
        """The calls in the documented notation, failed ones included, oldest first."""
        return [recorded.call for recorded in self._recorded]

    def drain(self) -> list[RecordedCall]:
        """Return the calls since the last time, oldest first, and forget them."""
        recorded, self._recorded = self._recorded, []
        return recorded

    def send(self, occurrence: dict[str, Any]) -> None:
        """Record and make `events.send.basicApi.send`. Raises DeliveryError."""
        self._record(1, [SEND, dict(occurrence)], lambda: self._client.send(occurrence))

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Record and make `events.send.batchApi.send`. Raises DeliveryError."""
        call = [SEND_BATCH, {"inputs": [dict(occurrence) for occurrence in inputs]}]
        self._record(len(inputs), call, lambda: self._client.send_batch(inputs))

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Record and make `crm.contacts.basicApi.update`. Raises DeliveryError."""
        call = [UPDATE, contact_id, {"properties": dict(properties)}]
        if id_property is not None:
            call.append(id_property)
        self._record(0, call, lambda: self._client.update_contact(contact_id, properties, id_property))

    def create_contact(self, properties: dict[str, str]) -> None:
        """Record and make `crm.contacts.basicApi.create`. Raises DeliveryError."""
        call = [CREATE, {"properties": dict(properties)}]
        self._record(0, call, lambda: self._client.create_contact(properties))

    def _record(self, size: int, call: list[Any], make: Callable[[], None]) -> None:
        name = call[0]
        number = self._counts[name] = self._counts.get(name, 0) + 1
        started = self._clock()
        status: int | None = None
        failure: DeliveryError | None = None
        try:
            if self._fail is not None and (failure := self._fail(name, number)) is not None:
                raise failure
            make()
            status = _SUCCESS[name]
        except DeliveryError as error:
            status, failure = error.status, error
            raise
        finally:
            self._recorded.append(RecordedCall(call, size, started, self._clock(), status, failure))
