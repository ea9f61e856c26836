"""The validated initial content of an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

import msgspec

from simulator.hubspot.state.property_values import AccountProperty, AccountPropertyOption

__all__ = ["Seed", "SeedContact", "SeedDefinition", "SeedProperty"]

_Kind = Literal["string", "number", "enumeration", "datetime", "date", "bool"]
_FIELD: Final = re.compile(r"(?:unknown|required) field `([^`]*)`")
_INDEX: Final = re.compile(r"\[(\d+)\]")


class SeedProperty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A property with its type; `options` are the values of an enumeration."""

    name: str
    type: _Kind = "string"
    options: list[str] = []
    readOnly: bool = False  # noqa: N815 - HubSpot's name

    def to_account_property(self, group: str) -> AccountProperty:
        """Return the account property."""
        options = tuple(
            AccountPropertyOption(value, value, order) for order, value in enumerate(self.options)
        )
        return AccountProperty(
            self.name, type=self.type, options=options, group=group, read_only=self.readOnly
        )


class SeedContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contact, identified by its e-mail address."""

    email: str
    properties: dict[str, str] = {}


class SeedDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event definition with its full name; a property given as a name only has the type string."""

    name: str
    properties: list[str | SeedProperty] = []


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The initial content of an account. `occurrences` are request bodies of `/events/v3/send`."""

    contacts: list[SeedContact] = []
    definitions: list[SeedDefinition] = []
    contactProperties: list[str | SeedProperty] = []  # noqa: N815 - HubSpot's name
    occurrences: list[dict[str, Any]] = []

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Validate a seed.

        Raises:
            ValueError: the data is invalid; the message begins with its path, `seed.contacts.0.email: …`.

        """
        try:
            return msgspec.convert(dict(data), cls)
        except msgspec.ValidationError as error:
            message, _, place = str(error).partition(" - at `$")
            field = _FIELD.search(message)
            path = _INDEX.sub(r".\1", place.rstrip("`")) + (f".{field[1]}" if field is not None else "")
            msg = f"seed{path}: {message}"
            raise ValueError(msg) from None


def to_account_property(entry: str | SeedProperty, group: str) -> AccountProperty:
    """Return the account property of a seed entry."""
    return AccountProperty(entry, group=group) if isinstance(entry, str) else entry.to_account_property(group)
