"""The collector's state around one destination: consent, user, globals, custom, and the run (walkerOS 4.4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Self

from hubspot_dest.events.event import NAME_REQUIRED, InvalidEventError, complete_event, new_event_id
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.jsvalues import UNDEFINED, truthy
from hubspot_dest.mapping.process import merge

__all__ = ["COMMANDS", "Collector"]

RELEASE = "4.4.0"
COMMANDS = frozenset(
    {"config", "consent", "custom", "destination", "globals", "hook", "on", "ready", "run", "session"}
    | {"shutdown", "user"}
)


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
            state: `collector` of a flow: consent, user, globals, custom; the rest is not looked at, and what is not
                a map
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
        self._trace = secrets.token_hex(16)
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
