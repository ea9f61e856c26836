"""The answers of the account endpoints, with the fields of the official clients' models."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import WHOLE, Schema

__all__ = ["SHAPES"]

SHAPES: Final[dict[str, Schema]] = {
    "AccountDetails": {"type": "object", "required": ["portalId"], "properties": {"portalId": WHOLE}},
}
