"""The changes of an account that a store has yet to commit."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.hubspot.state.contacts import Contact, PropertyChange
from simulator.hubspot.state.definitions import EventDefinition
from simulator.hubspot.state.occurrences import Occurrence
from simulator.hubspot.state.property_values import AccountProperty, PropertyGroup

__all__ = ["Changes"]


@dataclass(slots=True)
class Changes:
    """The objects changed since the last commit, in their current state. Hold the account's lock.

    Attributes:
        account: the account's number in the store.
        reset: whether the account was emptied before the other changes.
        contacts: by id, including archived ones.
        history: pairs of contact id and property change, oldest first.
        definitions: by full name; deleted ones are in `deleted_definitions`.
        contact_properties: by name, including archived ones.
        property_groups: by name, including archived ones.
        occurrences: new ones, as (number, occurrence, UNIX time received in seconds, whether its id is the client's
            uuid).
        forgotten: how many of the oldest occurrences to delete after the new ones were inserted.
        counted: whether counters changed without another change.
        deleted_contacts: ids of contacts that were deleted permanently.

    """

    account: int
    reset: bool = False
    contacts: dict[str, Contact] = field(default_factory=dict)
    history: list[tuple[str, PropertyChange]] = field(default_factory=list)
    definitions: dict[str, EventDefinition] = field(default_factory=dict)
    deleted_definitions: set[str] = field(default_factory=set)
    contact_properties: dict[str, AccountProperty] = field(default_factory=dict)
    property_groups: dict[str, PropertyGroup] = field(default_factory=dict)
    occurrences: list[tuple[int, Occurrence, float, bool]] = field(default_factory=list)
    forgotten: int = 0
    counted: bool = False
    deleted_contacts: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(
            self.reset
            or self.counted
            or self.contacts
            or self.deleted_contacts
            or self.definitions
            or self.deleted_definitions
            or self.contact_properties
            or self.property_groups
            or self.occurrences
            or self.forgotten
        )

    def clear(self) -> None:
        """Discard all changes, after a commit."""
        self.__init__(self.account)  # type: ignore[misc]

    def begin_anew(self) -> None:
        """Record that the account was emptied."""
        self.clear()
        self.reset = True

    def delete_definition(self, name: str) -> None:
        """Record that a definition was deleted with its occurrences."""
        self.definitions.pop(name, None)
        self.deleted_definitions.add(name)
        self.occurrences = [occurrence for occurrence in self.occurrences if occurrence[1].event_name != name]

    def delete_contact(self, identifier: str) -> None:
        """Record that a contact was deleted with its history and occurrences."""
        self.contacts.pop(identifier, None)
        self.history = [pair for pair in self.history if pair[0] != identifier]
        self.occurrences = [
            occurrence for occurrence in self.occurrences if occurrence[1].contact != identifier
        ]
        self.deleted_contacts.add(identifier)
