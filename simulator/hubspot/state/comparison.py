"""How values of a property compare: by its type, not as texts (HubSpot wire facts, section 11)."""

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
    """Tell whether the values of a property are moments."""
    return declared.type in _MOMENTS


def comparable(declared: AccountProperty, value: str) -> Comparable | None:
    """Return the form of a value that sorts and compares as the property's type does.

    Moments become UNIX seconds, so milliseconds and ISO 8601 of one moment are equal; a naive moment counts as UTC.
    Numbers become floats, everything else lower-case text. None means that the value is not of the type.
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
    """Return the values of a property to compare with: each address of `hs_additional_emails`, else the one value."""
    parts = stored.split(";") if declared.name in _SEVERAL else [stored]
    compared = [comparable(declared, part) for part in parts]
    return [item for item in compared if item is not None]
