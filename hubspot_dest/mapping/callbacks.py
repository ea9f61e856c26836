"""Functions in a configuration: Python callables, or `$code:` JavaScript (walkerOS 4.4 mapping, section 7)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hubspot_dest.mapping.jsvalues import Foreign, JsTypeError

if TYPE_CHECKING:
    from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptFunction

__all__ = ["Callback", "Callbacks", "code_source", "may_return_promise"]

Callback = Callable[[Any, Any], Any]

_PREFIX = "$code:"
# An async function, or one that creates a promise; not the word inside a string, as in `v.mode === "async"`.
_MAY_PROMISE = re.compile(r"\s*\(*\s*async\b|.*\bPromise\s*\.|.*\bnew\s+Promise\b", re.DOTALL)


def code_source(value: Any) -> str | None:
    """Return the JavaScript of `"$code:…"` or `{"$code": "…"}`, and None for anything else."""
    if isinstance(value, str) and value.startswith(_PREFIX):
        return value[len(_PREFIX) :]
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("$code"), str):
        return str(value["$code"])
    return None


def may_return_promise(source: Any) -> bool:
    """Return whether a function of the configuration returns a promise, judged by its source or its Python type."""
    code = code_source(source)
    if code is not None:
        return _MAY_PROMISE.match(code) is not None
    return inspect.iscoroutinefunction(source)


class Callbacks:
    """Turn the `fn`, `condition` and `validate` sources of a configuration into callables.

    Args:
        engine: runs the `$code:` functions, one engine per configuration; created for the first function by default.
        code_overruns: after how many calls over the time limit a `$code:` function is switched off; 0 means never,
            None the engine's default.
        reuse: compile each source once, so that all places with the same source share its closures.

    """

    def __init__(
        self,
        engine: JavaScriptEngine | None = None,
        *,
        code_overruns: int | None = None,
        reuse: bool = False,
    ) -> None:
        self._engine = engine
        self._code_overruns = code_overruns
        self._compiled: dict[str, JavaScriptFunction] | None = {} if reuse else None

    def callable(self, source: Any) -> Callback:
        """Return a function of (value, context) for a mapping value's callback; promises are awaited.

        If the source is not a function, the call raises `JsTypeError`, as upstream does.

        Raises:
            JavaScriptSyntaxError: for `$code:` that does not parse.

        """
        return self._awaited(source)

    def rule_condition(self, source: Any, *, awaited: bool = True) -> Callback:
        """Return a function of (event, context) for a rule's condition.

        Args:
            source: the configuration's `condition`.
            awaited: whether to await a promise. walkerOS 4.4 does not, so a promise counts as true (section 3.1).

        """
        if awaited:
            return self._awaited(source)
        code = code_source(source)
        if code is not None:
            function = self._javascript(code)
            return lambda event, context: function(event, context, settle=False)
        if callable(source):
            return lambda event, context: _unsettled(source(event, context))
        return _no_function

    def _awaited(self, source: Any) -> Callback:
        code = code_source(source)
        if code is not None:
            return self._javascript(code)
        if callable(source):
            return lambda value, context: _settle(source(value, context))
        return _no_function

    def _javascript(self, code: str) -> JavaScriptFunction:
        if self._engine is None:
            from hubspot_dest.mapping.javascript import (  # only configurations with code pay for it
                JavaScriptEngine,
                Limits,
            )

            overruns = self._code_overruns
            self._engine = JavaScriptEngine(Limits() if overruns is None else Limits(overruns=overruns))
        if self._compiled is None:
            return self._engine.function(code)
        function = self._compiled.get(code)
        if function is None:
            function = self._compiled[code] = self._engine.function(code)
        return function


def _no_function(value: Any, context: Any) -> Any:  # noqa: ARG001 - the signature of a callback
    msg = "fn is not a function"
    raise JsTypeError(msg)


def _settle(result: Any) -> Any:
    """Run an `async def` callback to its end and return its result.

    Raises:
        RuntimeError: the callback waits for something; planning has no event loop.
    """
    if not inspect.iscoroutine(result):
        return result
    try:
        result.send(None)
    except StopIteration as done:
        return done.value
    result.close()
    msg = "an async mapping function must not wait for anything: planning has no event loop"
    raise RuntimeError(msg)


def _unsettled(result: Any) -> Any:
    if inspect.iscoroutine(result):
        result.close()
        return Foreign("Promise")
    return result
