"""The walkerOS collector around one destination: its state, and how it completes events (walkerOS 4.4, section 1).

The state is consent, user, globals, custom, and the run.

An event has the fields of section 1.1 and a depth limit: one that is nested deeper can be neither mapped nor
written as JSON safely.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, Self

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, truthy
from hubspot_dest.mapping.process import merge

__all__ = [
    "COMMANDS",
    "Collector",
    "EVENT_FIELDS",
    "InvalidEventError",
    "MAX_EVENT_DEPTH",
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


Event = dict[str, Any]
_FIELDS: Final = frozenset(EVENT_FIELDS)
NAME_REQUIRED: Final = "Event name is required"
RELEASE = "4.4.0"
COMMANDS = frozenset(
    {"config", "consent", "custom", "destination", "globals", "hook", "on", "ready", "run", "session"}
    | {"shutdown", "user"}
)


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


class Collector:
    """What a walkerOS collector keeps between events, as far as a destination can see it.

    Args:
        now_ms: the clock, in ms since 1970.
        consent: names granted (true) and refused (false).
        user: the default of every event's own user.
        globals_: the defaults of every event's own globals.
        custom: visible to functions only.
        new_id: makes the id of an event without one: 16 hexadecimal digits.

    """

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        consent: dict[str, Any] | None = None,
        user: dict[str, Any] | None = None,
        globals_: dict[str, Any] | None = None,
        custom: dict[str, Any] | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self._now_ms = now_ms
        self._new_id = new_id or new_event_id
        self.view = CollectorView(
            consent=dict(consent or {}),
            user=dict(user or {}),
            globals=dict(globals_ or {}),
            custom=dict(custom or {}),
        )
        self._begin_run()

    @classmethod
    def begun(cls, state: dict[str, Any], **given: Any) -> Self:
        """Return the state of a flow's collector, with what is given over it.

        Args:
            state: `collector` of a flow: consent, user, globals, custom; other keys are ignored, and what is not a map
                counts as empty.
            given: what the constructor takes; likewise.

        """
        for name in ("consent", "user", "globals", "custom"):
            key = "globals_" if name == "globals" else name
            own = state.get(name)
            over = given.get(key)
            given[key] = {
                **(own if isinstance(own, dict) else {}),
                **(over if isinstance(over, dict) else {}),
            }
        return cls(**given)

    def snapshot(self) -> dict[str, Any]:
        """Return consent, user, globals and custom, for `restore`."""
        view = self.view
        return {"consent": view.consent, "user": view.user, "globals": view.globals, "custom": view.custom}

    def restore(self, state: dict[str, Any]) -> None:
        """Set consent, user, globals and custom as they were when `snapshot` returned them."""
        for name in ("consent", "user", "globals", "custom"):
            setattr(self.view, name, state[name])

    def _begin_run(self) -> None:
        self._count = 0
        self._trace = os.urandom(16).hex()
        self._started_ms = self._now_ms()

    def complete(self, partial: Any) -> dict[str, Any]:
        """Return the whole event for a partial one (`complete_event`), stamped with this run's count and trace.

        Raises:
            InvalidEventError: where the name is missing or is not two words.
            JsTypeError: where the event cannot be merged with the collector's globals.

        """
        if not isinstance(partial, dict):
            raise InvalidEventError(NAME_REQUIRED)
        return complete_event(
            partial,
            self.view,
            now_ms=self._now_ms,
            new_id=self._new_id,
            timing=self._timing,
            source=self._stamped,
        )

    def _timing(self, now_ms: int) -> float:
        """Return the seconds since the run began, with two decimals."""
        return round((now_ms - self._started_ms) / 10) / 100

    def _stamped(self, own: Any) -> dict[str, Any]:
        """Return the event's source, completed by count, trace and release (section 1.1)."""
        source = dict(own) if isinstance(own, dict) else {"type": "collector", "schema": "4"}
        if source.get("count") is None:
            self._count += 1
            source["count"] = self._count
        if source.get("trace") is None:
            source["trace"] = self._trace
        platform, release = source.get("platform"), source.get("release")
        own_release = {platform if isinstance(platform, str) else "default": RELEASE}
        source["release"] = {**release, **own_release} if isinstance(release, dict) else own_release
        return source

    def set_consent(self, states: dict[str, Any]) -> None:
        """Merge consent states; every value becomes true or false."""
        self.view.consent = {**self.view.consent, **{name: truthy(flag) for name, flag in states.items()}}

    def merge_user(self, user: dict[str, Any]) -> None:
        """Merge into the user; lists are united."""
        self.view.user = merge(self.view.user, user)

    def merge_globals(self, values: dict[str, Any]) -> None:
        """Merge into the globals; lists are united."""
        self.view.globals = merge(self.view.globals, values)

    def merge_custom(self, values: dict[str, Any]) -> None:
        """Merge into custom; lists are united."""
        self.view.custom = merge(self.view.custom, values)

    def run(self, state: Any = UNDEFINED) -> None:
        """Begin a new run: new trace, count from 0, and the given state merged in (globals: replaced)."""
        self._begin_run()
        if not isinstance(state, dict):
            return
        for name in ("consent", "user", "custom"):
            given = state.get(name)
            if isinstance(given, dict):
                setattr(self.view, name, merge(getattr(self.view, name), given))
        if isinstance(state.get("globals"), dict):
            self.view.globals = dict(state["globals"])


def has_id(event: Event) -> bool:
    """Return whether an event has a usable id: a non-empty text (1.2)."""
    own = event.get("id")
    return isinstance(own, str) and own != ""


def new_event_id() -> str:
    """Return a W3C span id: 16 lowercase hexadecimal digits, not all zero (1.1)."""
    return f"{int.from_bytes(os.urandom(8), 'big') or 1:016x}"


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
