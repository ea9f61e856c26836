"""HubSpot's documented limits (HubSpot wire facts, sections 1.5, 2.2, 3.6 and 6)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = [
    "CONTACT_CALLS_A_DAY",
    "MAX_BATCH",
    "MAX_CONTACT_BATCH",
    "MAX_DEFINITIONS",
    "MAX_LABEL",
    "MAX_LONG_VALUE",
    "MAX_NAME",
    "MAX_PROPERTIES",
    "MAX_VALUE",
    "OCCURRENCES_A_MONTH",
    "value_limit",
]

MAX_PROPERTIES: Final = 50
"""Properties with data per occurrence, and custom properties per definition."""
MAX_NAME: Final = 50
"""Characters in an event's name without its prefix, and in a property's name."""
MAX_LABEL: Final = 100
"""Characters in a definition's label."""
MAX_VALUE: Final = 256
"""Characters in a property's value."""
MAX_LONG_VALUE: Final = 1_024
"""Characters in a value whose property's name contains `url`, `referrer` or `link`."""
MAX_BATCH: Final = 500
"""Occurrences per batch."""
MAX_CONTACT_BATCH: Final = 100
"""Contacts per batch."""
MAX_DEFINITIONS: Final = 500
"""Event definitions per account."""
OCCURRENCES_A_MONTH: Final = 30_000_000
CONTACT_CALLS_A_DAY: Final = MappingProxyType(
    {"starter": 250_000, "professional": 625_000, "enterprise": 1_000_000}
)
"""Calls per account and day, by tier; sending events does not count."""

_LONG_NAMES: Final = ("url", "referrer", "link")


def value_limit(name: str) -> int:
    """Return the maximum number of characters in a property's value."""
    lower = name.lower()
    return MAX_LONG_VALUE if any(word in lower for word in _LONG_NAMES) else MAX_VALUE
