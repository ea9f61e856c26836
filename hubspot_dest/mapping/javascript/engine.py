"""Run the JavaScript functions of one configuration (walkerOS 4.4 mapping, section 7)."""

from __future__ import annotations

import itertools
import re
import threading
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError
from hubspot_dest.mapping.javascript.sandbox import Limits
from hubspot_dest.mapping.javascript.session import Session
from hubspot_dest.mapping.javascript.watchdog import Watchdog

__all__ = ["JavaScriptEngine", "JavaScriptFunction"]

# An arrow function with at most one plain parameter cannot see the context, so nothing of it need be passed.
_VALUE_ONLY: Final = re.compile(r"\s*(?:async\s+)?(?:\(\s*[\w$]*\s*\)|[\w$]+)\s*=>")


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
        self._numbers = itertools.count()
        self._watchdog = Watchdog(limits.seconds)

    def function(self, source: str) -> JavaScriptFunction:
        """Compile `source`, the text after `$code:`: one expression, whose value should be a function.

        Raises:
            JavaScriptSyntaxError: where it is not one expression.
            JavaScriptLimitError: where it is nested too deeply to be read.

        """
        session = self._session(None)
        try:
            session.sandbox.check(source)
        except JavaScriptLimitError:
            # Far deeper in the thread's stack than where the context was made, or a source nested without end.
            self._new_session().sandbox.check(source)
        return JavaScriptFunction(self, source, next(self._numbers))

    def close(self) -> None:
        """Give back the memory of all threads; the next call begins afresh."""
        self._threads = threading.local()

    def call(self, function: JavaScriptFunction, value: Any, context: CallContext, *, settle: bool) -> Any:
        """Call a function; `JavaScriptFunction.__call__` says how."""
        session = self._session(context)
        self._watchdog.wake()
        try:
            return self._call(session, function, value, context, settle)
        except JavaScriptLimitError as error:
            if error.kind != "stack" or not session.sandbox.misplaced():
                raise
        # The thread's stack is used far deeper here than where the context was made: make it here.
        return self._call(self._new_session(), function, value, context, settle)

    @staticmethod
    def _call(
        session: Session, function: JavaScriptFunction, value: Any, context: CallContext, settle: bool
    ) -> Any:
        return session.call(
            function.source,
            value,
            context,
            number=function.number,
            value_only=function.value_only,
            settle=settle,
        )

    def _session(self, context: CallContext | None) -> Session:
        session: Session | None = getattr(self._threads, "session", None)
        if session is None or session.sandbox.broken:
            return self._new_session()
        if session.tired and context is not None and context.scope is not session.scope:
            return self._new_session()
        return session

    def _new_session(self) -> Session:
        session = Session(self._limits)
        self._threads.session = session
        self._watchdog.add(session.sandbox)
        return session


class JavaScriptFunction:
    """One function of a configuration.

    Attributes:
        source: its text, without `$code:`.
        number: which function of its engine it is.
        value_only: it cannot see the context.

    """

    __slots__ = ("_engine", "number", "source", "value_only")

    def __init__(self, engine: JavaScriptEngine, source: str, number: int) -> None:
        self._engine = engine
        self.source = source
        self.number = number
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
