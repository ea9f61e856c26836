"""The answer of a search (HubSpot wire facts, section 3.5)."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import Schema, page_of

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {"ContactsFound": page_of("Contact", total=True)}
