"""The bodies of the contact batches (HubSpot wire facts, sections 3.3 and 3.4)."""

from __future__ import annotations

import msgspec

from simulator.hubspot.endpoints.request_bodies import Scalar

__all__ = ["ContactBatch", "ContactBatchRead", "ContactInput"]


class ContactInput(msgspec.Struct):
    """One contact of a batch; the path determines which fields are used."""

    id: str | None = None
    idProperty: str | None = None  # noqa: N815 - HubSpot's name
    properties: dict[str, Scalar] | None = None
    objectWriteTraceId: str | None = None  # noqa: N815 - HubSpot's name


class ContactBatch(msgspec.Struct):
    """A batch of contacts to write.

    Only `inputs` is read: HubSpot answers 200 to a body without it, and does nothing (section 3.3).
    """

    inputs: list[ContactInput] | None = None


class ContactBatchRead(ContactBatch):
    """A batch of contacts to read."""

    idProperty: str | None = None  # noqa: N815 - HubSpot's name
    properties: list[str] | None = None
    propertiesWithHistory: list[str] | None = None  # noqa: N815 - HubSpot's name
