"""The bodies of the send endpoints (HubSpot wire facts, section 1.2)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hubspot_dest.checks.limits import MAX_VALUE
from simulator.hubspot.endpoints.request_bodies import Scalar

__all__ = [
    "MAX_VALUE",
    "OccurrenceBatch",
    "OccurrenceRequest",
    "TextOccurrenceBatch",
    "TextOccurrenceRequest",
]


class OccurrenceRequest(msgspec.Struct, gc=False):
    """One occurrence; older clients leave out `properties`."""

    eventName: str  # noqa: N815 - HubSpot's name
    properties: dict[str, Scalar] | None = None
    email: str | None = None
    objectId: str | int | None = None  # noqa: N815 - HubSpot's name
    utk: str | None = None
    uuid: str | None = None
    occurredAt: str | int | None = None  # noqa: N815 - HubSpot's name


class TextOccurrenceRequest(OccurrenceRequest, gc=False):
    """The usual occurrence: only strings of at most `MAX_VALUE` characters, checked while decoding."""

    properties: dict[str, Annotated[str, msgspec.Meta(max_length=MAX_VALUE)]]  # type: ignore[assignment]


class OccurrenceBatch(msgspec.Struct):
    """Up to 500 occurrences."""

    inputs: list[OccurrenceRequest]


class TextOccurrenceBatch(msgspec.Struct):
    """Up to 500 occurrences with string properties only."""

    inputs: list[TextOccurrenceRequest]
