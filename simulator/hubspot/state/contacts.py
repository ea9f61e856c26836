"""A contact and the history of its properties (HubSpot wire facts, section 3)."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Contact", "PropertyChange"]


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A value written to a property; `at` is ISO 8601 in UTC."""

    name: str
    value: str
    at: str


@dataclass(slots=True)
class Contact:
    """A contact, its properties and their history, oldest first.

    The first `settled` entries of the history no longer count towards the limit of the `ContactBook`: each is the
    newest value of its property, which is never dropped.
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
        """Drop the `count` oldest values, except the newest value of each property."""
        end = self.settled + count
        newer = {property_change.name for property_change in self.history[end:]}
        newest = {
            property_change.name: property_change
            for property_change in self.history[:end]
            if property_change.name not in newer
        }
        settled = [
            property_change
            for property_change in self.history[:end]
            if newest.get(property_change.name) is property_change
        ]
        self.history[:end] = settled
        self.settled = len(settled)
