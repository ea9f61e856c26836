"""A client that records calls in the documented notation and fails where it is told to."""

from __future__ import annotations

from typing import Any

from hubspot_dest.delivery.client.errors import DeliveryError


class RecordingClient:
    """Stands in for HubSpot where a test is about the sender's decisions, not about the wire."""

    def __init__(self, *failures: tuple[str, int, DeliveryError]) -> None:
        self.calls: list[list[Any]] = []
        self._failures = {(method, number): error for method, number, error in failures}
        self._counts: dict[str, int] = {}

    def _record(self, method: str, *arguments: Any) -> None:
        self.calls.append([method, *arguments])
        number = self._counts[method] = self._counts.get(method, 0) + 1
        error = self._failures.get((method, number))
        if error is not None:
            raise error

    def send(self, occurrence: dict[str, Any]) -> None:
        self._record("send", occurrence)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        self._record("batch", list(inputs))

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        self._record("update", contact_id, properties, id_property)

    def create_contact(self, properties: dict[str, str]) -> None:
        self._record("create", properties)


def refused(status: int, message: str = "no") -> DeliveryError:
    return DeliveryError("refused", message, status=status)


UNAVAILABLE = DeliveryError("unavailable", "internal error", status=500)
