"""The answers of the token endpoints, with the fields of the official clients' models."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import Schema

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {}
