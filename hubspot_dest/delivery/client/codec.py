"""Encode request bodies as JSON, which the outbox keeps as well, and make the uuid of an occurrence."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any, Final

import orjson

from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = ["UUID_NAMESPACE", "decode", "encode", "occurrence_uuid", "trimmed"]

# Reproducible by others: uuid5(uuid5(NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot"), id).
UUID_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot")
_PREFIX: Final = hashlib.sha1(UUID_NAMESPACE.bytes, usedforsecurity=False)
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def encode(body: Any) -> bytes:
    """Return JSON bytes; text that is not valid Unicode is escaped, as JavaScript writes it.

    Raises:
        DeliveryError: of kind `impossible` if it cannot be written as JSON at all.

    """
    try:
        return trimmed(orjson.dumps(body))
    except TypeError:
        pass
    try:
        return json.dumps(body, allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise DeliveryError("impossible", f"it cannot be written as JSON: {error}") from None
    except RecursionError:
        raise DeliveryError("impossible", "it cannot be written as JSON: it is nested too deeply") from None


def trimmed(body: bytes) -> bytes:
    """Return a copy that takes no more memory than its length, for bytes that are kept.

    What orjson returns keeps the whole buffer that it was written in: 4 kB for 300 bytes, 1 MB for 100 kB.
    """
    return b"".join((body, b""))  # two parts: one alone is returned as it is


def decode(payload: bytes | None) -> Any:
    """Return the value of JSON bytes; a lone surrogate, which orjson refuses, is read as `encode` wrote it."""
    try:
        return orjson.loads(payload or b"{}")
    except orjson.JSONDecodeError:
        return json.loads(payload or b"{}")


def occurrence_uuid(event_id: Any) -> str:
    """Return the uuid of an occurrence: the uuid5 of its event id, the same at every attempt.

    HubSpot keeps the first occurrence of each uuid for a year (HubSpot wire facts, section 1.2).
    """
    digest = _PREFIX.copy()  # cheaper than a new one
    digest.update(str(event_id).encode("utf-8", "surrogatepass"))
    text = digest.hexdigest()
    # Version 5 and the RFC's variant, as uuid.uuid5 sets them.
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
