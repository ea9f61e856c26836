"""Run the JavaScript functions of one configuration (walkerOS 4.4 mapping, section 7)."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript.codec import decode, encode
from hubspot_dest.mapping.javascript.errors import JavaScriptError, JavaScriptLimitError
from hubspot_dest.mapping.javascript.sandbox import Limits, Sandbox
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign

__all__ = ["JavaScriptEngine", "JavaScriptFunction"]

# An arrow function with at most one plain parameter cannot see the context, so nothing of it need be passed.
_VALUE_ONLY: Final = re.compile(r"\s*(?:async\s+)?(?:\(\s*[\w$]*\s*\)|[\w$]+)\s*=>")

_GIVEN, _ABSENT, _EVENT, _REVIVE = 0, 1, 2, 3
_NO_MAPPING: Final = -1
_MAX_SHARED: Final = 32
_MAX_MAPPINGS: Final = 4096
_PLANS_BETWEEN_CHECKS: Final = 512
_LEVELS: Final = frozenset({"error", "warn", "info", "debug"})


class JavaScriptEngine:
    """The functions of one configuration, in one sandboxed context per thread.

    Safe to use from any number of threads; what a function keeps to itself between calls (a counter in a closure) is
    per thread, and gone after a limit was hit. Determinism: time is the plan's `now_ms` where it has one, and
    `Math.random` begins anew with every plan, so that the same event gives the same plan.

    Args:
        limits: what one call may use.

    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._limits = limits
        self._threads = threading.local()

    def function(self, source: str) -> JavaScriptFunction:
        """Compile `source`, the text after `$code:`: one expression, whose value should be a function.

        Raises:
            JavaScriptSyntaxError: where it is not one expression.

        """
        self._session().sandbox.check(source)
        return JavaScriptFunction(self, source)

    def close(self) -> None:
        """Give back the memory of all threads; the next call begins afresh."""
        self._threads = threading.local()

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._threads, "session", None)
        if session is None or session.sandbox.broken:
            session = self._threads.session = _Session(self._limits)
        return session

    def call(self, function: JavaScriptFunction, value: Any, context: CallContext, *, settle: bool) -> Any:
        """Call a function; `JavaScriptFunction.__call__` says how."""
        session = self._session()
        try:
            return session.call(function, value, context, settle=settle)
        except JavaScriptLimitError as error:
            if error.kind != "stack" or not session.sandbox.misplaced():
                raise
        # The thread's stack is used far deeper here than where the context was made: make it here.
        session = self._threads.session = _Session(self._limits)
        return session.call(function, value, context, settle=settle)


class JavaScriptFunction:
    """One function of a configuration.

    Attributes:
        source: its text, without `$code:`.

    """

    __slots__ = ("_engine", "source", "value_only")

    def __init__(self, engine: JavaScriptEngine, source: str) -> None:
        self._engine = engine
        self.source = source
        self.value_only = _VALUE_ONLY.match(source) is not None

    def __call__(self, value: Any, context: CallContext, *, settle: bool = True) -> Any:
        """Call it with `(value, context)` and return the result as Python has it.

        None is `null`; lists and maps are copies with JavaScript's key order; what JSON cannot say is `UNDEFINED`, a
        float (NaN, -0.0 …) or `Foreign(kind)`, at any depth.

        Args:
            value: the mapping's input; Python values that JavaScript does not know become `undefined`.
            context: the rest; its logger is told in order what the function logs, also when it throws.
            settle: await a promise; otherwise a promise is `Foreign("Promise")`, as for rule conditions (3.1).

        Raises:
            JavaScriptLimitError: where it takes too much time, memory or stack.
            JavaScriptError: for what it throws.

        """
        return self._engine.call(self, value, context, settle=settle)

    def __repr__(self) -> str:
        return f"JavaScriptFunction({self.source!r})"


class _Session:
    """A sandbox, and what it has been told already: each piece of a plan crosses once."""

    def __init__(self, limits: Limits) -> None:
        self.sandbox = Sandbox(limits)
        self._enough = limits.memory_bytes // 2
        self._numbers: dict[JavaScriptFunction, int] = {}
        self._mappings: dict[int, tuple[Any, int]] = {}
        self._plans = 0
        self._scope: object = None
        self._forget()

    def _forget(self) -> None:
        self._event: Any = self
        self._shared: dict[int, tuple[Any, Any]] = {}
        self._collector: tuple[Any, ...] = ()
        self._consent: Any = self

    def _begin(self, context: CallContext) -> None:
        self._scope = context.scope
        self._forget()
        self.sandbox.begin(
            None if context.now_ms is None else float(context.now_ms)
        )  # ints are cut to 32 bits
        self._plans += 1
        # Functions may keep things in closures: what is half full goes before it hurts a neighbour.
        if self._plans % _PLANS_BETWEEN_CHECKS == 0 and self.sandbox.memory_used() > self._enough:
            self.sandbox.broken = True

    def call(self, function: JavaScriptFunction, value: Any, context: CallContext, *, settle: bool) -> Any:
        sandbox = self.sandbox
        started = time.thread_time()
        try:
            number = self._numbers.get(function)
            if number is None:
                number = self._numbers[function] = sandbox.register(function.source)
            if context.scope is not self._scope or self._scope is None:
                self._begin(context)
            mapping = _NO_MAPPING if function.value_only else self._introduce(context)
            mode, given = self._pass(value, context)
            answer = sandbox.call(number, mode, given, settle, mapping)
            worked = sandbox.run_jobs(started)
            if answer == "p":
                answer = sandbox.settled()
            later = sandbox.drain() if worked else "[]"
        except sandbox.errors as error:
            _forward(sandbox.drain(), context)
            sandbox.fail(error)
        except JavaScriptLimitError:
            _forward(sandbox.drain(), context)
            raise
        if type(answer) is not str:
            _forward(later, context)
            return answer
        try:
            return self._read(answer, function, context)
        finally:
            _forward(later, context)

    def _introduce(self, context: CallContext) -> int:
        """Tell the sandbox what is new around the value; return the number of the mapping."""
        sandbox = self.sandbox
        self._send_event(context.event)
        around = context.collector
        pieces = (around.consent, around.user, around.globals, around.custom)
        if len(self._collector) != len(pieces) or any(
            [new is not old for new, old in zip(pieces, self._collector, strict=True)]
        ):
            self._collector = pieces
            sandbox.set_collector(_tagged(pieces))
        if context.consent is not self._consent:
            self._consent = context.consent
            sandbox.set_consent(None if context.consent is None else _tagged(context.consent))
        known = self._mappings.get(id(context.mapping))
        if known is None:
            if len(self._mappings) >= _MAX_MAPPINGS:
                sandbox.broken = True  # mappings belong to the configuration; these do not
            known = (context.mapping, sandbox.add_mapping(_tagged(context.mapping)))
            self._mappings[id(context.mapping)] = known
        return known[1]

    def _send_event(self, event: Any) -> None:
        if event is self._event:
            return
        mode, given = self._shape(event)
        self.sandbox.set_event(mode, given)
        self._event = event

    def _pass(self, value: Any, context: CallContext) -> tuple[int, Any]:
        if value is context.event and isinstance(value, (dict, list)):
            self._send_event(value)
            return _EVENT, None
        if not isinstance(value, (dict, list)):
            return self._shape(value)
        known = self._shared.get(id(value))
        if known is None:
            mode, given = self._shape(value)
            if mode != _GIVEN:
                return mode, given
            if len(self._shared) >= _MAX_SHARED:
                self._shared.clear()
            known = self._shared[id(value)] = (value, given)
        return _GIVEN, known[1]

    def _shape(self, value: Any) -> tuple[int, Any]:
        """Return how a value crosses, and what crosses."""
        if value is None or isinstance(value, (bool, float)):
            return _GIVEN, value
        if isinstance(value, int):
            return _GIVEN, value if -(2**31) <= value < 2**31 else _double(value)
        if isinstance(value, str):
            return (_GIVEN, value) if _crosses(value) else (_REVIVE, _tagged(value))
        if isinstance(value, (dict, list, tuple)):
            text, marked = encode(value)
            return (_REVIVE, "x" + text) if marked else (_GIVEN, self.sandbox.parse_json(text))
        return _ABSENT, None

    def _read(self, answer: str, function: JavaScriptFunction, context: CallContext) -> Any:
        """Return the result that an answer of host.js stands for, or raise what was thrown."""
        tag, rest = answer[0], answer[1:]
        if tag == "s":
            return rest
        if tag == "l":
            said, inner = json.loads(rest)
            _forward_all(said, context)
            return self._read(inner, function, context) if isinstance(inner, str) else inner
        if tag == "u":
            return UNDEFINED
        if tag in "jx":
            return decode(rest, marked=tag == "x")
        if tag == "f":
            return Foreign(rest)
        if tag == "w":
            msg = "the promise never settles: nothing here would wake it (no timers, no network)"
            raise JavaScriptError("Error", msg)
        name, message, kind = json.loads(rest)
        if kind is None or (kind == "null" and "null" in function.source):
            raise JavaScriptError(name, message)
        if kind == "stack":
            raise JavaScriptLimitError(kind, message, name)
        self.sandbox.broken = True
        raise JavaScriptLimitError("memory", "out of memory" if kind == "null" else message)


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _crosses(text: str) -> bool:
    """Tell whether the binding takes the text as it is: it cuts at NUL and refuses lone surrogates."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tagged(value: Any) -> str:
    text, marked = encode(value)
    return ("x" if marked else "j") + text


def _forward(said: str, context: CallContext) -> None:
    if said != "[]":
        _forward_all(json.loads(said), context)


def _forward_all(said: list[list[Any]], context: CallContext) -> None:
    """Tell the context's logger what the function logged."""
    for level, message, extra in said:
        log = getattr(context.logger, level if level in _LEVELS else "info")
        if extra is None:
            log(message)
        else:
            log(message, decode(extra[1:], marked=extra[0] == "x"))
