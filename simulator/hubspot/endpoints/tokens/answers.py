"""The answers of the token endpoints: objects whose fields the official clients' models name."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import Schema

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {}
