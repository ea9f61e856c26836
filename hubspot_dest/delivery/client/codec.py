"""Read back what `client.encode` wrote."""

from __future__ import annotations

import json
from typing import Any

import orjson

__all__ = ["decode"]


def decode(payload: bytes | None) -> Any:
    """Return the JSON of an intent; half a surrogate pair, which orjson refuses, is read as it was written."""
    try:
        return orjson.loads(payload or b"{}")
    except orjson.JSONDecodeError:
        return json.loads(payload or b"{}")
