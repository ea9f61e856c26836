"""Options of enumerations, for contact and event properties alike."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from simulator.hubspot.endpoints.request_bodies import Integer
from simulator.hubspot.state.property_values import AccountPropertyOption

__all__ = ["OptionRequest", "to_options"]


class OptionRequest(msgspec.Struct):
    """One option of an enumeration, as a client sends it."""

    label: str
    value: str
    displayOrder: Integer = 0  # noqa: N815 - HubSpot's name
    hidden: bool = False


def to_options(requested: Sequence[OptionRequest]) -> tuple[AccountPropertyOption, ...]:
    """Convert requested options to options of an account."""
    return tuple(
        AccountPropertyOption(request.label, request.value, request.displayOrder, request.hidden)
        for request in requested
    )
