"""Compare property values by the property's type, not as strings (HubSpot wire facts, section 11)."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from hubspot_dest.checks.moments import moment_of
from simulator.hubspot.state.property_values import AccountProperty

__all__ = ["Comparable", "comparable", "is_moment", "values_of"]

Comparable = float | str

_MOMENTS: Final = frozenset({"date", "datetime"})
_SEVERAL: Final = frozenset({"hs_additional_emails"})


def is_moment(declared: AccountProperty) -> bool:
    """Return whether a property holds dates or date-times."""
    return declared.type in _MOMENTS


def comparable(declared: AccountProperty, value: str) -> Comparable | None:
    """Convert a value to a sort key of the property's type.

    Dates and date-times become UNIX time in seconds, so that milliseconds and ISO 8601 compare equal; without an offset
    they count as UTC. Numbers become floats, everything else lower-case text. Return None for an invalid value.
    """
    if declared.type == "number":
        try:
            return float(value)
        except ValueError:
            return None
    if is_moment(declared):
        moment = moment_of(value)
        if moment is None:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return value.lower()


def values_of(declared: AccountProperty, stored: str) -> list[Comparable]:
    """Return the sort keys of a stored value: one per address of `hs_additional_emails`, otherwise a single one."""
    parts = stored.split(";") if declared.name in _SEVERAL else [stored]
    compared = [comparable(declared, part) for part in parts]
    return [item for item in compared if item is not None]
