"""The fields of a walkerOS event (walkerOS 4.4, section 1), and the limit of its depth.

An event that is nested deeper can be neither mapped nor written as JSON safely.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["EVENT_FIELDS", "MAX_EVENT_DEPTH", "TOO_DEEP", "is_too_deep", "may_be_too_deep"]

EVENT_FIELDS: Final = (
    *("name", "data", "context", "globals", "custom", "user", "nested", "consent", "id", "trigger", "entity"),
    *("action", "timestamp", "timing", "source"),
)
"""The fields that every complete event has (1.1)."""

MAX_EVENT_DEPTH: Final = 200
TOO_DEEP: Final = f"the event is nested more than {MAX_EVENT_DEPTH} levels deep"


_NOT_OPENING: Final = bytes(byte for byte in range(256) if byte not in b"[{")


def may_be_too_deep(raw: bytes) -> bool:
    """Tell whether JSON has enough brackets to be too deep; the cheap question before `is_too_deep`."""
    # Deleting all other bytes takes two thirds of the time of counting twice.
    return len(raw) > 2 * MAX_EVENT_DEPTH and len(raw.translate(None, _NOT_OPENING)) > MAX_EVENT_DEPTH


def is_too_deep(value: Any) -> bool:
    """Tell whether a JSON value is nested more than `MAX_EVENT_DEPTH` levels deep; without recursion."""
    level = [value] if type(value) in (dict, list) else []
    for _ in range(MAX_EVENT_DEPTH):
        if not level:
            return False
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) in (dict, list)
        ]
    return bool(level)
