"""A contact as an account keeps it, with the values that its properties had (HubSpot wire facts, section 3)."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Contact", "PropertyChange"]


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A value that a property once had."""

    name: str
    value: str
    at: str


@dataclass(slots=True)
class Contact:
    """A contact, its properties, and the values that they had, oldest first.

    `settled`: so many values at the beginning of the history are no longer counted by the book, because they are the
    newest of their property.
    """

    id: str
    properties: dict[str, str]
    created_at: str
    updated_at: str
    created: float = 0.0
    archived_at: str | None = None
    history: list[PropertyChange] = field(default_factory=list)
    settled: int = 0

    def forget(self, count: int) -> None:
        """Drop this many of the oldest values, but never the newest value of a property."""
        reach = self.settled + count
        newer = {property_change.name for property_change in self.history[reach:]}
        newest = {
            property_change.name: property_change
            for property_change in self.history[:reach]
            if property_change.name not in newer
        }
        settled = [
            property_change
            for property_change in self.history[:reach]
            if newest.get(property_change.name) is property_change
        ]
        self.history[:reach] = settled
        self.settled = len(settled)
