"""What a walkerOS event is, and how a partial one becomes whole (walkerOS 4.4, section 1)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from hubspot_dest.mapping.context import Collector
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.mapping.process import merge

__all__ = [
    "NAME_REQUIRED",
    "InvalidEventError",
    "complete_event",
    "event_name",
    "has_id",
    "new_event_id",
    "with_user",
]

Event = dict[str, Any]
_FIELDS: Final = frozenset(
    """
    name data context globals custom user nested consent id trigger entity action timestamp timing source
    """.split()  # noqa: SIM905 - fifteen names read better as words
)
NAME_REQUIRED: Final = "Event name is required"


class InvalidEventError(ValueError):
    """An event that upstream rejects at the door: `Event name is required`, `Event name is invalid`."""


def has_id(event: Event) -> bool:
    """Tell whether an event has a usable id of its own: a text that is not empty (1.2)."""
    own = event.get("id")
    return isinstance(own, str) and own != ""


def new_event_id() -> str:
    """Return 16 lowercase hexadecimal digits, never all zero: a span id of W3C's (1.1)."""
    return f"{secrets.randbits(64) or 1:016x}"


def event_name(event: Any) -> tuple[str, str, str]:
    """Return (name, entity, action) of an event.

    Raises:
        InvalidEventError: where the name is missing, is no text, or has no two words split by single spaces (1.3).

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
    collector: Collector,
    *,
    now_ms: int,
    new_id: Callable[[], str],
    timing: Callable[[], float],
    source: Callable[[], dict[str, Any]],
) -> Event:
    """Return the whole event: the 15 known fields, each with its default where it is absent.

    An explicit null stays; unknown keys are dropped; `partial` is not changed.

    Args:
        partial: the event as it came.
        collector: gives user, consent and globals where the event has none; its globals lie under the event's.
        now_ms: the timestamp of an event without one, in ms since 1970.
        new_id: makes the id of an event without a usable one.
        timing: gives the seconds since the run began, for an event without them.
        source: gives the event's source, stamped; asked for only if the name is one.

    Raises:
        InvalidEventError: see `event_name`.
        JsTypeError: where `globals` is null, which upstream cannot merge.

    """
    name, entity, action = event_name(partial)
    get = partial.get
    if partial.keys() == _FIELDS and has_id(partial):
        # What comes from another collector is whole already; only the stamps are new.
        whole = partial.copy()
        whole["globals"] = _globals(collector.globals, partial["globals"])
        whole["source"] = source()
        return whole
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
        "timestamp": get("timestamp", now_ms),
        "timing": partial["timing"] if "timing" in partial else timing(),
        "source": source(),
    }


def _globals(floor: dict[str, Any], own: Any) -> dict[str, Any]:
    if own is UNDEFINED:
        return floor
    if isinstance(own, dict):
        return merge(floor, own) if floor else own
    if own is None:
        msg = "Cannot convert undefined or null to object"
        raise JsTypeError(msg)
    return floor


def with_user(event: Event, user: dict[str, Any]) -> Event:
    """Return the event with the collector's user under its own (section 4.2, step 7).

    Raises:
        JsTypeError: where the event's user is null, which upstream cannot merge: the push fails.

    """
    own = event["user"]
    if own is user or (isinstance(own, dict) and not user):
        return event
    if own is None:
        msg = "Cannot convert undefined or null to object"
        raise JsTypeError(msg)
    merged = merge(user, own) if isinstance(own, dict) else dict(user)
    return {**event, "user": merged}
