"""The answers of the send endpoints: a 204 without a body, so no schema."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import Schema

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {}
