"""A client for dry runs: it accepts every call and sends nothing."""

from __future__ import annotations

from typing import Any

__all__ = ["NullClient"]


class NullClient:
    """Accepts every call without any network."""

    def send(self, occurrence: dict[str, Any]) -> None:
        """Accept an occurrence."""

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Accept a batch."""

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Accept an update."""

    def create_contact(self, properties: dict[str, str]) -> None:
        """Accept a new contact."""
