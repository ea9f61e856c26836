"""The uuid of an occurrence: the same at every attempt, so that HubSpot counts the occurrence once."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, Final

__all__ = ["UUID_NAMESPACE", "occurrence_uuid"]

# Anybody can make the same uuid: uuid5(uuid5(NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot"), id).
UUID_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot")


def occurrence_uuid(event_id: Any) -> str:
    """Return the uuid5 of the walkerOS event id (HubSpot keeps the first of each uuid for a year; wire facts, 1.2)."""
    name = str(event_id).encode("utf-8", "surrogatepass")
    digest = bytearray(hashlib.sha1(UUID_NAMESPACE.bytes + name, usedforsecurity=False).digest())
    digest[6] = (digest[6] & 0x0F) | 0x50
    digest[8] = (digest[8] & 0x3F) | 0x80
    text = digest[:16].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
