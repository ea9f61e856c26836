"""What one request changed in an account, for a store to keep; in memory nobody keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.hubspot.state.property_values import Property

if TYPE_CHECKING:
    from simulator.hubspot.state.contacts import Change, Contact
    from simulator.hubspot.state.definitions import Definition
    from simulator.hubspot.state.occurrences import Occurrence

__all__ = ["Changes"]


@dataclass(slots=True)
class Changes:
    """The objects that were touched since the last commit, as they are now; hold the account's lock.

    Attributes:
        account: the account's number in the store.
        reset: everything before the other changes is gone.
        contacts: by id, archived ones too.
        history: values that properties took, in order, with the contact's id.
        definitions: by full name; a deleted one stands in `deleted_definitions`.
        contact_properties: by name.
        occurrences: new ones, with the moment they came and whether their id was the sender's uuid.
        forgotten: how many of the oldest occurrences made room, counted after the new ones came.
        counted: counters changed and nothing else.

    """

    account: int
    reset: bool = False
    contacts: dict[str, Contact] = field(default_factory=dict)
    history: list[tuple[str, Change]] = field(default_factory=list)
    definitions: dict[str, Definition] = field(default_factory=dict)
    deleted_definitions: set[str] = field(default_factory=set)
    contact_properties: dict[str, Property] = field(default_factory=dict)
    occurrences: list[tuple[int, Occurrence, float, bool]] = field(default_factory=list)
    forgotten: int = 0
    counted: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.reset
            or self.counted
            or self.contacts
            or self.definitions
            or self.deleted_definitions
            or self.contact_properties
            or self.occurrences
            or self.forgotten
        )

    def clear(self) -> None:
        """Begin again, after a commit."""
        self.__init__(self.account)  # type: ignore[misc]

    def begin_anew(self) -> None:
        """Note that everything was emptied."""
        self.clear()
        self.reset = True

    def delete_definition(self, name: str) -> None:
        """Note that a definition went with its occurrences."""
        self.definitions.pop(name, None)
        self.deleted_definitions.add(name)
        self.occurrences = [one for one in self.occurrences if one[1].event_name != name]
