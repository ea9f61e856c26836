"""An account's schema: what events and contacts may have there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from hubspot_dest.checks.properties import Property, PropertyLike
from hubspot_dest.checks.standard_properties import STANDARD_CONTACT_PROPERTIES, STANDARD_EVENT_PROPERTIES

__all__ = ["UNKNOWN_ACCOUNT", "AccountLimits", "AccountSchema", "AccountEvent", "is_account_content"]


def is_account_content(raw: Any) -> bool:
    """Return whether this is the content of an account file rather than of another file."""
    return isinstance(raw, dict) and "version" in raw and "portalId" in raw


@dataclass(frozen=True)
class AccountEvent:
    """A custom event as an account defines it.

    Attributes:
        full_name: `pe12345678_purchase`.
        properties: its own properties by name; every event has the standard ones beside them.

    """

    full_name: str
    properties: Mapping[str, Property] = field(default_factory=lambda: MappingProxyType({}))

    def declared(self, name: str) -> PropertyLike | None:
        """Return a property of this event, custom or standard; None if there is no such property."""
        return self.properties.get(name) or STANDARD_EVENT_PROPERTIES.get(name)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """An account's limits; None where they are not known.

    Attributes:
        calls_a_day: calls to contacts and definitions a day.
        calls_burst: calls in `burst_ms`.
        burst_ms: the interval of the burst limit.

    """

    calls_a_day: int | None = None
    calls_burst: int | None = None
    burst_ms: int | None = None


@dataclass(frozen=True)
class AccountSchema:
    """What an account has: read from a file, or from HubSpot.

    Attributes:
        portal_id: the number in every event name; None for an unknown account.
        definitions: event definitions by full name; None where they are not known.
        own_contact_properties: contact properties beside HubSpot's standard ones, or in their place.
        contacts_complete: whether contacts have no further properties.
        limits: what is known of them.

    """

    portal_id: int | None = None
    definitions: Mapping[str, AccountEvent] | None = None
    own_contact_properties: Mapping[str, Property] = field(default_factory=lambda: MappingProxyType({}))
    contacts_complete: bool = False
    limits: AccountLimits = AccountLimits()

    @cached_property
    def contact_properties(self) -> Mapping[str, Property]:
        """Every known property of contacts, standard ones included."""
        return MappingProxyType({**STANDARD_CONTACT_PROPERTIES, **self.own_contact_properties})

    def contact_property(self, name: str) -> PropertyLike | None:
        """Return a property of contacts."""
        return self.contact_properties.get(name)


UNKNOWN_ACCOUNT: Final = AccountSchema()
"""An unknown account: only what every account has."""
