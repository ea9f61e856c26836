"""Properties of contacts and events: type, options and access (HubSpot wire facts, sections 2.2, 2.3 and 3.7)."""

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
        # The default for an enumeration whose field type is unknown: several options, separated by semicolons.
        "enumeration": "checkbox",
        "datetime": "date",
        "date": "date",
        "bool": "booleancheckbox",
    }
)
"""Every type of a property, with its default form field."""


class OptionLike(Protocol):
    """An option of an enumeration."""

    @property
    def label(self) -> str:
        """The label shown to people."""
        ...

    @property
    def value(self) -> str:
        """The internal value used by the API."""
        ...

    @property
    def display_order(self) -> int:
        """The position among the options."""
        ...


class PropertyLike(Protocol):
    """The part of a property that the checks use."""

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
        """The form field: `checkbox` accepts several options, `select` and `radio` one; empty if unknown."""
        ...

    @property
    def options(self) -> Sequence[OptionLike]:
        """The options of an enumeration; empty if they are unknown."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether only HubSpot itself can set the property."""
        ...

    @property
    def unique(self) -> bool:
        """Whether no two records may have the same value."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """An option of an enumeration; see `OptionLike`."""

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
