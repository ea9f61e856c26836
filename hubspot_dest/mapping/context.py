"""The second argument of a configuration's functions (walkerOS 4.4 mapping, sections 2.3 and 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

__all__ = ["SILENT", "CallContext", "CollectorView", "Logger", "SilentLogger"]


class Logger(Protocol):
    """The logger that functions receive: four levels, each with a message and optional data."""

    def error(self, message: Any, extra: Any = None, /) -> None:
        """Log an error."""

    def warn(self, message: Any, extra: Any = None, /) -> None:
        """Log a warning."""

    def info(self, message: Any, extra: Any = None, /) -> None:
        """Log an informational message."""

    def debug(self, message: Any, extra: Any = None, /) -> None:
        """Log a debug message."""


class SilentLogger:
    """A logger that drops every message."""

    __slots__ = ()

    def error(self, message: Any, extra: Any = None, /) -> None:
        """Drop an error."""

    def warn(self, message: Any, extra: Any = None, /) -> None:
        """Drop a warning."""

    def info(self, message: Any, extra: Any = None, /) -> None:
        """Drop an informational message."""

    def debug(self, message: Any, extra: Any = None, /) -> None:
        """Drop a debug message."""


SILENT: Final = SilentLogger()


@dataclass(slots=True)
class CollectorView:
    """The collector's state, as far as functions and mappings see it.

    Attributes:
        consent: consent names with true or false.
        user: the user that every event inherits.
        globals: properties that every event inherits.
        custom: whatever the collector was given as `custom`.

    """

    consent: dict[str, Any] = field(default_factory=dict)
    user: dict[str, Any] = field(default_factory=dict)
    globals: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class CallContext:
    """The second argument of `fn`, `condition` and `validate`.

    Attributes:
        event: the complete event, even if the input value is only a part of it.
        mapping: the mapping value or rule that contains the function.
        consent: the effective consent; None if there is no consent.
        collector: the collector's state.
        logger: receives the messages that the function logs.
        scope: identifies the plan. Functions of the same plan see each other's changes to the event; functions of
            other plans do not.
        now_ms: the current time as the function sees it, in ms since 1970; None to read the clock.

    """

    event: Any = field(default_factory=dict)
    mapping: Any = field(default_factory=dict)
    consent: dict[str, Any] | None = None
    collector: CollectorView = field(default_factory=CollectorView)
    logger: Logger = SILENT
    scope: object = None
    now_ms: int | None = None
