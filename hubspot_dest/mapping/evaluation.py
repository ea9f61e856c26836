"""One planning of one event: what mapping values may look at, and what they leave behind.

Evaluating a mapping value is pure but for this object, which lives as long as one plan: it collects the issues
that upstream would log, counts mapping errors as upstream does, and, when asked, the trace of every value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from hubspot_dest.mapping.context import CallContext, CollectorView
from hubspot_dest.mapping.jsvalues import UNDEFINED

__all__ = ["Evaluation", "Issue", "Trace", "error_detail"]

Level = Literal["ERROR", "WARN", "INFO", "DEBUG"]


@dataclass(frozen=True, slots=True)
class Issue:
    """Something to tell the user: what upstream would log, or a warning of our own.

    Attributes:
        level: upstream's level.
        message: upstream's message where it has one.
        detail: what it is about; never a secret.
        scope: `hubspot` for the destination's own, empty for the collector's.

    """

    level: Level
    message: str
    detail: dict[str, Any] = field(default_factory=dict)
    scope: str = ""


@dataclass(slots=True)
class Trace:
    """Where one value came from: a step, what it gave, and the steps below it.

    Attributes:
        step: what was done, in the words of the mapping language: `key data.total`, `map`, `loop nested`, `fn`.
        result: what came out; `UNDEFINED` where nothing did.
        name: the property or position that the result is for, where it has one.
        notes: what decided: `condition is false`, `consent missing: marketing`.
        steps: the steps that this one is made of.

    """

    step: str
    result: Any = UNDEFINED
    name: str = ""
    notes: list[str] = field(default_factory=list)
    steps: list[Trace] = field(default_factory=list)


class _IssueLogger:
    """The `logger` that callbacks see: what they say becomes an issue of this plan."""

    __slots__ = ("_issues",)

    def __init__(self, issues: list[Issue]) -> None:
        self._issues = issues

    def _say(self, level: Level, message: Any, extra: Any) -> None:
        detail = {} if extra is None or extra is UNDEFINED else {"extra": extra}
        self._issues.append(Issue(level, str(message), detail))

    def error(self, message: Any, extra: Any = None, /) -> None:
        """Record an error."""
        self._say("ERROR", message, extra)

    def warn(self, message: Any, extra: Any = None, /) -> None:
        """Record a warning."""
        self._say("WARN", message, extra)

    def info(self, message: Any, extra: Any = None, /) -> None:
        """Record an information."""
        self._say("INFO", message, extra)

    def debug(self, message: Any, extra: Any = None, /) -> None:
        """Record a debug message."""
        self._say("DEBUG", message, extra)


class Evaluation:
    """The state of one planning.

    Attributes:
        event: the event as callbacks see it; policies replace it.
        collector: consent, user, globals and custom of the collector.
        issues: what was logged, in order.
        hints: what upstream does not say, but a user would like to know.
        failed: upstream's count of mapping errors (`status.failed`).
        now_ms: the time that stands for now, in ms since 1970.

    """

    __slots__ = ("_logger", "_open", "collector", "event", "failed", "hints", "issues", "now_ms", "traces")

    def __init__(self, event: Any, collector: CollectorView, now_ms: int | None = None) -> None:
        self.event = event
        self.collector = collector
        self.now_ms = now_ms
        self.issues: list[Issue] = []
        self.hints: list[str] = []
        self.failed = 0
        self.traces: list[Trace] = []
        self._open: list[Trace] = []
        self._logger: _IssueLogger | None = None

    def context(self, item: Any, consent: Any) -> CallContext:
        """Return what a callback gets as its second argument."""
        if self._logger is None:
            self._logger = _IssueLogger(self.issues)
        return CallContext(
            event=self.event,
            mapping=item,
            consent=consent,
            collector=self.collector,
            logger=self._logger,
            scope=self,
            now_ms=self.now_ms,
        )

    def log_error(self, message: str, error: BaseException, **detail: Any) -> None:
        """Record that a callback or a mapping failed, as upstream logs it."""
        self.issues.append(Issue("ERROR", message, {**detail, "error": error_detail(error)}))

    def open(self, step: str, name: str = "") -> None:
        """Begin a step of the trace."""
        trace = Trace(step, name=name)
        (self._open[-1].steps if self._open else self.traces).append(trace)
        self._open.append(trace)

    def note(self, text: str) -> None:
        """Say what decided the step that is open."""
        if self._open:
            self._open[-1].notes.append(text)

    def close(self, result: Any) -> None:
        """End the step that is open."""
        self._open.pop().result = result

    def name_last(self, name: str) -> None:
        """Say what the step that just ended was for."""
        (self._open[-1].steps if self._open else self.traces)[-1].name = name


def error_detail(error: BaseException) -> dict[str, str]:
    """Return name and message of an error as JavaScript has them."""
    name = getattr(error, "name", None)
    message = getattr(error, "message", None)
    known = {"JsTypeError": "TypeError", "RecursionError": "RangeError"}
    kind = type(error).__name__
    return {
        "name": name if isinstance(name, str) and name else known.get(kind, kind),
        "message": message if isinstance(message, str) else str(error),
    }
