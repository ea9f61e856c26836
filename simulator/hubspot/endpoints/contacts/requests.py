"""The bodies of the contact endpoints (HubSpot wire facts, sections 3.1 and 3.2)."""

from __future__ import annotations

import msgspec

from simulator.hubspot.endpoints.request_bodies import Scalar

__all__ = ["ContactRequest", "GdprDeleteRequest"]


class ContactRequest(msgspec.Struct):
    """The properties to create or update a contact with."""

    properties: dict[str, Scalar] | None = None


class GdprDeleteRequest(msgspec.Struct):
    """The contact to delete permanently."""

    objectId: str  # noqa: N815 - HubSpot's name
    idProperty: str | None = None  # noqa: N815 - HubSpot's name
