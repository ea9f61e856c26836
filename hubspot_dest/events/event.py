"""walkerOS events: completion of partial ones, and the limit of their depth (walkerOS 4.4, section 1).

An event that is nested deeper can be neither mapped nor written as JSON safely.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.mapping.process import merge

__all__ = [
    "EVENT_FIELDS",
    "InvalidEventError",
    "MAX_EVENT_DEPTH",
    "NAME_REQUIRED",
    "NullFieldError",
    "TOO_DEEP",
    "complete_event",
    "event_name",
    "has_id",
    "is_too_deep",
    "may_be_too_deep",
    "new_event_id",
    "sentence_of",
    "with_user",
]

Event = dict[str, Any]
EVENT_FIELDS: Final = (
    *("name", "data", "context", "globals", "custom", "user", "nested", "consent", "id", "trigger", "entity"),
    *("action", "timestamp", "timing", "source"),
)
"""The fields that every complete event has (1.1)."""
_FIELDS: Final = frozenset(EVENT_FIELDS)
NAME_REQUIRED: Final = "Event name is required"


class InvalidEventError(ValueError):
    """An event that upstream rejects: `Event name is required`, `Event name is invalid`."""


class NullFieldError(JsTypeError):
    """`globals` or `user` is null, which walkerOS cannot merge: it loses the event (walkerOS 4.4, section 4.2).

    The message is walkerOS' own.

    Attributes:
        sentence: names the field, and what to do.

    """

    def __init__(self, field: str) -> None:
        super().__init__("Cannot convert undefined or null to object")
        todo = "leave the field out, or send an object"
        self.sentence = f"{field} is null ($.{field}), which walkerOS cannot merge; {todo}"


def sentence_of(error: Exception) -> str:
    """Return why an event cannot be pushed, as a sentence for users."""
    return error.sentence if isinstance(error, NullFieldError) else str(error)


def has_id(event: Event) -> bool:
    """Return whether an event has a usable id: a non-empty text (1.2)."""
    own = event.get("id")
    return isinstance(own, str) and own != ""


def new_event_id() -> str:
    """Return a W3C span id: 16 lowercase hexadecimal digits, not all zero (1.1)."""
    return f"{secrets.randbits(64) or 1:016x}"


def event_name(event: Any) -> tuple[str, str, str]:
    """Return (name, entity, action) of an event.

    Raises:
        InvalidEventError: the name is missing, not text, or not two words separated by a space (1.3).

    """
    name: Any = event.get("name", UNDEFINED) if isinstance(event, dict) else UNDEFINED
    if name is UNDEFINED or name == "":
        raise InvalidEventError(NAME_REQUIRED)
    pieces = name.split(" ") if isinstance(name, str) else []
    if len(pieces) < 2 or not pieces[0] or not pieces[1]:
        msg = "Event name is invalid"
        raise InvalidEventError(msg)
    return name, pieces[0], pieces[1]


def complete_event(
    partial: Event,
    collector: CollectorView,
    *,
    now_ms: Callable[[], int],
    new_id: Callable[[], str],
    timing: Callable[[int], float],
    source: Callable[[Any], dict[str, Any]],
) -> Event:
    """Return the complete event: its 15 fields, with defaults for absent ones.

    An explicit null stays; unknown keys are dropped; `partial` is not changed.

    Args:
        partial: the event as received.
        collector: supplies user, consent and globals; the event's own globals take precedence.
        now_ms: the clock, for an event without timestamp or timing, in ms since 1970.
        new_id: returns an id for an event without a usable one.
        timing: returns the seconds since the run began, at a moment of the clock.
        source: returns the event's source, from its own one or None; called only for a valid name.

    Raises:
        InvalidEventError: see `event_name`.
        NullFieldError: `globals` is null.

    """
    name, entity, action = event_name(partial)
    get = partial.get
    if partial.keys() == _FIELDS and has_id(partial):
        # An event from another collector is complete; only the stamps change.
        whole = partial.copy()
        whole["globals"] = _globals(collector.globals, partial["globals"])
        whole["source"] = source(partial["source"])
        return whole
    now = now_ms()
    return {
        "name": name,
        "data": get("data", UNDEFINED) if "data" in partial else {},
        "context": get("context", {}),
        "globals": _globals(collector.globals, get("globals", UNDEFINED)),
        "custom": get("custom", {}),
        "user": get("user", collector.user),
        "nested": get("nested", []),
        "consent": get("consent", collector.consent),
        "id": partial["id"] if has_id(partial) else new_id(),
        "trigger": get("trigger", ""),
        "entity": get("entity", entity),
        "action": get("action", action),
        "timestamp": get("timestamp", now),
        "timing": partial["timing"] if "timing" in partial else timing(now),
        "source": source(get("source")),
    }


def _globals(floor: dict[str, Any], own: Any) -> dict[str, Any]:
    if own is UNDEFINED:
        return floor
    if isinstance(own, dict):
        return merge(floor, own) if floor else own
    if own is None:
        raise NullFieldError("globals")
    return floor


def with_user(event: Event, user: dict[str, Any]) -> Event:
    """Return the event with the collector's user merged under its own (section 4.2, step 7).

    Raises:
        NullFieldError: the event's user is null: the push fails.

    """
    own = event["user"]
    if own is user or (isinstance(own, dict) and not user):
        return event
    if own is None:
        raise NullFieldError("user")
    merged = merge(user, own) if isinstance(own, dict) else dict(user)
    return {**event, "user": merged}


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
