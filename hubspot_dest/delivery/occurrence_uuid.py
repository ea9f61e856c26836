"""The uuid of an occurrence: the same at every attempt, so that HubSpot counts the occurrence once."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, Final

__all__ = ["UUID_NAMESPACE", "occurrence_uuid"]

# Anybody can make the same uuid: uuid5(uuid5(NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot"), id).
UUID_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot")
_PREFIX: Final = UUID_NAMESPACE.bytes
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def occurrence_uuid(event_id: Any) -> str:
    """Return the uuid5 of the walkerOS event id (HubSpot keeps the first of each uuid for a year; wire facts, 1.2)."""
    name = str(event_id).encode("utf-8", "surrogatepass")
    text = hashlib.sha1(_PREFIX + name, usedforsecurity=False).hexdigest()
    # Version 5 and the RFC's variant, as uuid.uuid5 sets them.
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
