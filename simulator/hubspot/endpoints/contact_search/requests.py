"""The body of a search (HubSpot wire facts, section 3.5)."""

from __future__ import annotations

import msgspec

from simulator.hubspot.endpoints.request_bodies import Integer, Scalar

__all__ = ["ContactSearch", "FilterGroup", "SearchFilter", "SearchSort"]


class SearchFilter(msgspec.Struct):
    """A condition on one property."""

    propertyName: str  # noqa: N815 - HubSpot's name
    operator: str
    value: Scalar = None
    highValue: Scalar = None  # noqa: N815 - HubSpot's name
    values: list[Scalar] | None = None


class FilterGroup(msgspec.Struct):
    """Filters combined with AND; the groups of a search are combined with OR."""

    filters: list[SearchFilter]


class SearchSort(msgspec.Struct):
    """A sort by one property."""

    propertyName: str  # noqa: N815 - HubSpot's name
    direction: str = "ASCENDING"


class ContactSearch(msgspec.Struct):
    """A search. Null counts as absent: the official Node client sends it."""

    filterGroups: list[FilterGroup] | None = None  # noqa: N815 - HubSpot's name
    properties: list[str] | None = None
    sorts: list[SearchSort | str] | None = None
    query: str | None = None
    limit: Integer | None = None
    after: str | int | None = None
