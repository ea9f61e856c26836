"""An account's schema: its events, the properties of events and contacts, and its limits."""

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
    """A custom event defined in an account.

    Attributes:
        full_name: the name with its prefix: `pe12345678_purchase`.
        properties: the event's own properties by name; every event has the standard ones in addition.

    """

    full_name: str
    properties: Mapping[str, Property] = field(default_factory=lambda: MappingProxyType({}))

    def declared(self, name: str) -> PropertyLike | None:
        """Return a property of this event, custom or standard, or None."""
        return self.properties.get(name) or STANDARD_EVENT_PROPERTIES.get(name)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """An account's limits; None if unknown.

    Attributes:
        calls_a_day: maximum calls to contacts and definitions per day.
        calls_burst: maximum calls in `burst_ms`.
        burst_ms: the interval of the burst limit, in milliseconds.

    """

    calls_a_day: int | None = None
    calls_burst: int | None = None
    burst_ms: int | None = None


@dataclass(frozen=True)
class AccountSchema:
    """The schema of an account, read from a file or from HubSpot.

    Attributes:
        portal_id: the number in every event name; None for an unknown account.
        definitions: event definitions by full name; None if unknown.
        own_contact_properties: contact properties that extend or override HubSpot's standard ones.
        contacts_complete: whether all contact properties are known.
        limits: the known limits.

    """

    portal_id: int | None = None
    definitions: Mapping[str, AccountEvent] | None = None
    own_contact_properties: Mapping[str, Property] = field(default_factory=lambda: MappingProxyType({}))
    contacts_complete: bool = False
    limits: AccountLimits = AccountLimits()

    @cached_property
    def contact_properties(self) -> Mapping[str, Property]:
        """All known contact properties, including the standard ones."""
        return MappingProxyType({**STANDARD_CONTACT_PROPERTIES, **self.own_contact_properties})

    def contact_property(self, name: str) -> PropertyLike | None:
        """Return a contact property, or None if it is not known."""
        return self.contact_properties.get(name)


UNKNOWN_ACCOUNT: Final = AccountSchema()
"""An unknown account: only what every account has."""
