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
"""Properties with data of one occurrence, and custom properties of one definition."""
MAX_NAME: Final = 50
"""Characters of an event's name without its prefix, and of a property's name."""
MAX_LABEL: Final = 100
"""Characters of a definition's label."""
MAX_VALUE: Final = 256
"""Characters of a property's value."""
MAX_LONG_VALUE: Final = 1_024
"""Characters of a value whose property's name contains `url`, `referrer` or `link`."""
MAX_BATCH: Final = 500
"""Occurrences of one batch."""
MAX_CONTACT_BATCH: Final = 100
"""Contacts of one batch."""
MAX_DEFINITIONS: Final = 500
"""Event definitions of one account."""
OCCURRENCES_A_MONTH: Final = 30_000_000
CONTACT_CALLS_A_DAY: Final = MappingProxyType(
    {"starter": 250_000, "professional": 625_000, "enterprise": 1_000_000}
)
"""Calls of one account a day, by its tier; sending events does not count."""

_LONG_NAMES: Final = ("url", "referrer", "link")


def value_limit(name: str) -> int:
    """Return how many characters the value of a property may have."""
    lower = name.lower()
    return MAX_LONG_VALUE if any(word in lower for word in _LONG_NAMES) else MAX_VALUE
