"""What a function of a configuration gets beside its value (walkerOS 4.4 mapping, sections 2.3 and 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

__all__ = ["SILENT", "CallContext", "CollectorView", "Logger", "SilentLogger"]


class Logger(Protocol):
    """Where functions say something: four levels, each with a message and anything beside it."""

    def error(self, message: Any, extra: Any = None, /) -> None:
        """Say that something failed."""

    def warn(self, message: Any, extra: Any = None, /) -> None:
        """Say that something looks wrong."""

    def info(self, message: Any, extra: Any = None, /) -> None:
        """Say what happens."""

    def debug(self, message: Any, extra: Any = None, /) -> None:
        """Say what only its author wants to know."""


class SilentLogger:
    """Keep nothing of what is said."""

    __slots__ = ()

    def error(self, message: Any, extra: Any = None, /) -> None:
        """Drop an error."""

    def warn(self, message: Any, extra: Any = None, /) -> None:
        """Drop a warning."""

    def info(self, message: Any, extra: Any = None, /) -> None:
        """Drop an information."""

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
        event: the whole event, also where the value is only an item of it.
        mapping: the mapping item, or the rule, that the function stands in.
        consent: the consent in effect; None where there is none.
        collector: the collector's state.
        logger: where the function may say something.
        scope: an object that is new for every plan: what one function changes in the event, the next one of
            the same plan sees, and no other plan does.
        now_ms: the time that stands for now, in ms since 1970; None for the clock's.

    """

    event: Any = field(default_factory=dict)
    mapping: Any = field(default_factory=dict)
    consent: dict[str, Any] | None = None
    collector: CollectorView = field(default_factory=CollectorView)
    logger: Logger = SILENT
    scope: object = None
    now_ms: int | None = None
