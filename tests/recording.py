"""Clients whose calls fail as a test wants, and the errors for that."""

from __future__ import annotations

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.client.recording_client import RecordingClient

SEND = "events.send.basicApi.send"
BATCH = "events.send.batchApi.send"
UPDATE = "crm.contacts.basicApi.update"
CREATE = "crm.contacts.basicApi.create"


def failing(*failures: tuple[str, int, DeliveryError]) -> RecordingClient:
    """Return a client whose calls fail: (name, number among the calls of that name, error)."""
    errors = {(name, number): error for name, number, error in failures}
    return RecordingClient(fail=lambda name, number: errors.get((name, number)))


def refused(status: int, message: str = "no") -> DeliveryError:
    return DeliveryError("refused", message, status=status)


UNAVAILABLE = DeliveryError("unavailable", "internal error", status=500)
