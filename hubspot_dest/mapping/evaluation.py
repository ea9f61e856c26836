"""The state of planning one event: inputs of mapping values, collected issues, and the trace.

Evaluating a mapping value is pure except for this object, which exists for one plan. It collects the issues that
upstream would log, counts mapping errors as upstream does, and records the trace of every value on request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from hubspot_dest.mapping.context import CallContext, CollectorView
from hubspot_dest.mapping.dialect import Divergence
from hubspot_dest.mapping.jsvalues import UNDEFINED

__all__ = ["Evaluation", "Issue", "Trace", "error_detail"]

Level = Literal["ERROR", "WARN", "INFO", "DEBUG"]


@dataclass(frozen=True, slots=True)
class Issue:
    """A log entry of one plan: what upstream would log, or a warning of this project.

    Attributes:
        level: upstream's level.
        message: upstream's message where upstream has one.
        detail: structured data; never a secret.
        scope: `hubspot` for entries of the destination, empty for entries of the collector.
        code: a stable code for what happened, such as `rule_condition_failed` or `function_failed`; may be empty.
        sentence: where and what happened and its consequence, for people; empty if the message says it all.

    """

    level: Level
    message: str
    detail: dict[str, Any] = field(default_factory=dict)
    scope: str = ""
    code: str = ""
    sentence: str = ""

    @property
    def text(self) -> str:
        """The sentence if there is one, else the message."""
        return self.sentence or self.message


@dataclass(slots=True)
class Trace:
    """Where one value came from: a step, its result, and its inner steps.

    Attributes:
        step: the step in terms of the mapping language: `key data.total`, `map`, `loop nested`, `fn`.
        result: the result; `UNDEFINED` if there is none.
        name: the property or position that the result belongs to; may be empty.
        notes: reasons for the result: `condition is false`, `consent missing: marketing`.
        steps: the inner steps.

    """

    step: str
    result: Any = UNDEFINED
    name: str = ""
    notes: list[str] = field(default_factory=list)
    steps: list[Trace] = field(default_factory=list)


class _IssueLogger:
    """The `logger` of callbacks: each message becomes an issue of this plan."""

    __slots__ = ("_issues",)

    def __init__(self, issues: list[Issue]) -> None:
        self._issues = issues

    def _add(self, level: Level, message: Any, extra: Any) -> None:
        detail = {} if extra is None or extra is UNDEFINED else {"extra": extra}
        self._issues.append(Issue(level, str(message), detail))

    def error(self, message: Any, extra: Any = None, /) -> None:
        """Record an error."""
        self._add("ERROR", message, extra)

    def warn(self, message: Any, extra: Any = None, /) -> None:
        """Record a warning."""
        self._add("WARN", message, extra)

    def info(self, message: Any, extra: Any = None, /) -> None:
        """Record an informational message."""
        self._add("INFO", message, extra)

    def debug(self, message: Any, extra: Any = None, /) -> None:
        """Record a debug message."""
        self._add("DEBUG", message, extra)


class Evaluation:
    """The state of planning one event.

    Attributes:
        event: the event as callbacks see it; policies replace it.
        collector: consent, user, globals and custom of the collector.
        issues: log entries, in order.
        failed: upstream's count of mapping errors (`status.failed`).
        now_ms: the current time for functions, in ms since 1970.
        mapped: the number of issues from policies, rules and `data`; None until they have run.
        item_consent: the own consent of the innermost loop item that has one, which walkerOS 4.4 would apply.
        not_numbers: the places in the configuration whose function returned NaN, and which therefore have no value.

    """

    # Class attributes, not slots: most events need none of these, and setting each would cost every event.
    failed: int = 0
    not_numbers: tuple[str, ...] = ()
    item_consent: Any = None
    mapped: int | None = None
    _divergences: dict[tuple[str, int], Divergence] | None = None
    _logger: _IssueLogger | None = None

    def __init__(self, event: Any, collector: CollectorView, now_ms: int | None = None) -> None:
        self.event = event
        self.collector = collector
        self.now_ms = now_ms
        self.issues: list[Issue] = []

    @cached_property
    def traces(self) -> list[Trace]:
        """The outermost steps of the trace so far."""
        return []

    @cached_property
    def _open(self) -> list[Trace]:
        return []

    def context(self, item: Any, consent: Any) -> CallContext:
        """Return the second argument of a callback."""
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

    def log_error(
        self, message: str, error: BaseException, *, code: str, sentence: str = "", **detail: Any
    ) -> None:
        """Add the issue that upstream logs when a callback or a mapping fails."""
        described = error_detail(error)
        sentence = sentence or f"{message}: {described['name']}: {described['message']}"
        self.issues.append(
            Issue("ERROR", message, {**detail, "error": described}, code=code, sentence=sentence)
        )

    def note_not_number(self, place: str) -> None:
        """Record that a function returned NaN, which is not a property; upstream leaves it out silently."""
        if place not in self.not_numbers:
            self.not_numbers = (*self.not_numbers, place)

    @property
    def divergences(self) -> tuple[Divergence, ...]:
        """What walkerOS 4.4 would have done differently, one entry per place of the configuration."""
        return () if self._divergences is None else tuple(self._divergences.values())

    def diverge(self, code: str, place: object, sentence: str) -> None:
        """Record once what walkerOS 4.4 would do at `place`, an object of the configuration."""
        if self._divergences is None:
            self._divergences = {}
        self._divergences.setdefault((code, id(place)), Divergence(code, sentence))

    def open(self, step: str, name: str = "") -> None:
        """Begin a step of the trace."""
        trace = Trace(step, name=name)
        (self._open[-1].steps if self._open else self.traces).append(trace)
        self._open.append(trace)

    def note(self, text: str) -> None:
        """Add a reason to the open step."""
        if self._open:
            self._open[-1].notes.append(text)

    @property
    def noted(self) -> int:
        """How many reasons the open step has."""
        return len(self._open[-1].notes) if self._open else 0

    def drop_notes(self, after: int) -> None:
        """Drop the reasons of the open step after the first `after`: their result is not used."""
        if self._open:
            del self._open[-1].notes[after:]

    def close(self, result: Any) -> None:
        """End the open step."""
        self._open.pop().result = result

    def name_last(self, name: str) -> None:
        """Name the step that ended last."""
        (self._open[-1].steps if self._open else self.traces)[-1].name = name


def error_detail(error: BaseException) -> dict[str, str]:
    """Return `{"name", "message"}` of an error, with JavaScript's name for it."""
    name = getattr(error, "name", None)
    message = getattr(error, "message", None)
    known = {"JsTypeError": "TypeError", "RecursionError": "RangeError"}
    kind = type(error).__name__
    return {
        "name": name if isinstance(name, str) and name else known.get(kind, kind),
        "message": message if isinstance(message, str) else str(error),
    }
