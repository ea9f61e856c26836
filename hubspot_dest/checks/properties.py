"""What is known of a property: its type, options and rights (HubSpot wire facts, sections 2.2, 2.3 and 3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

__all__ = ["FIELD_TYPES", "Option", "OptionLike", "Property", "PropertyLike"]

FIELD_TYPES: Final = MappingProxyType(
    {
        "string": "text",
        "number": "number",
        # What an enumeration without a known field takes: several options, separated by semicolons.
        "enumeration": "checkbox",
        "datetime": "date",
        "date": "date",
        "bool": "booleancheckbox",
    }
)
"""Every type of a property, with its default form field."""


class OptionLike(Protocol):
    """One choice of an enumeration."""

    @property
    def label(self) -> str:
        """What people see."""
        ...

    @property
    def value(self) -> str:
        """What the API takes."""
        ...

    @property
    def display_order(self) -> int:
        """Its position."""
        ...


class PropertyLike(Protocol):
    """As much of a property as the checks look at."""

    @property
    def name(self) -> str:
        """The internal name."""
        ...

    @property
    def type(self) -> str:
        """One of `FIELD_TYPES`."""
        ...

    @property
    def field_type(self) -> str:
        """The form field: `checkbox` takes several options, `select` and `radio` one; empty where unknown."""
        ...

    @property
    def options(self) -> Sequence[OptionLike]:
        """The choices of an enumeration; empty where they are unknown."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether HubSpot fills it in itself."""
        ...

    @property
    def unique(self) -> bool:
        """Whether no two records may have the same value."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration; see `OptionLike`."""

    value: str
    label: str = ""
    display_order: int = 0


@dataclass(frozen=True, slots=True)
class Property:
    """A property of contacts or of an event definition; see `PropertyLike`."""

    name: str
    type: str = "string"
    field_type: str = ""
    options: tuple[Option, ...] = ()
    read_only: bool = False
    unique: bool = False
    label: str = ""
