"""A client that takes everything and goes nowhere: HubSpot as it is on its best day."""

from __future__ import annotations

from typing import Any

__all__ = ["NullClient"]


class NullClient:
    """Takes every call of a client, without any network."""

    def send(self, occurrence: dict[str, Any]) -> None:
        """Take an occurrence."""

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Take a batch."""

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Take an update."""

    def create_contact(self, properties: dict[str, str]) -> None:
        """Take a new contact."""
