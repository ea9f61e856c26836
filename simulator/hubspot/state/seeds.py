"""The initial content of an account, validated."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.hubspot.state.property_values import AccountProperty, AccountPropertyOption

__all__ = ["Seed", "SeedContact", "SeedDefinition", "SeedProperty"]

_Kind = Literal["string", "number", "enumeration", "datetime", "date", "bool"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class SeedProperty(_Strict):
    """A property with its type; `options` are the values of an enumeration."""

    name: str
    type: _Kind = "string"
    options: list[str] = Field(default_factory=list)
    readOnly: bool = False  # noqa: N815 - as HubSpot writes names

    def made(self, group: str) -> AccountProperty:
        """Return the property as the account keeps it."""
        options = tuple(
            AccountPropertyOption(value, value, order) for order, value in enumerate(self.options)
        )
        return AccountProperty(
            self.name, type=self.type, options=options, group=group, read_only=self.readOnly
        )


class SeedContact(_Strict):
    """A contact by its e-mail."""

    email: str
    properties: dict[str, str] = Field(default_factory=dict)


class SeedDefinition(_Strict):
    """An event definition by its full name; a property that is only a name is a text."""

    name: str
    properties: list[str | SeedProperty] = Field(default_factory=list)


class Seed(_Strict):
    """The initial content of an account. `occurrences` are bodies of `/events/v3/send`."""

    contacts: list[SeedContact] = Field(default_factory=list)
    definitions: list[SeedDefinition] = Field(default_factory=list)
    contactProperties: list[str | SeedProperty] = Field(default_factory=list)  # noqa: N815 - as HubSpot
    occurrences: list[dict[str, Any]] = Field(default_factory=list)


def made_property(wanted: str | SeedProperty, group: str) -> AccountProperty:
    """Return the property that a seed names."""
    return AccountProperty(wanted, group=group) if isinstance(wanted, str) else wanted.made(group)
