"""JSON of request bodies and of what the outbox keeps: `encode` writes it, `decode` reads it back."""

from __future__ import annotations

import json
from typing import Any

import orjson

from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = ["decode", "encode"]


def encode(body: Any) -> bytes:
    """Return JSON bytes; text that is not valid Unicode is escaped, as JavaScript writes it.

    Raises:
        DeliveryError: of kind `impossible` if it cannot be written as JSON at all.

    """
    try:
        return orjson.dumps(body)
    except TypeError:
        pass
    try:
        return json.dumps(body, allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise DeliveryError("impossible", f"it cannot be written as JSON: {error}") from None
    except RecursionError:
        raise DeliveryError("impossible", "it cannot be written as JSON: it is nested too deeply") from None


def decode(payload: bytes | None) -> Any:
    """Return the value of JSON bytes; a lone surrogate, which orjson refuses, is read as `encode` wrote it."""
    try:
        return orjson.loads(payload or b"{}")
    except orjson.JSONDecodeError:
        return json.loads(payload or b"{}")
