"""Send each part of a plan to a thread's sandbox only once."""

from __future__ import annotations

import json
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript.codec import decode, encode
from hubspot_dest.mapping.javascript.errors import JavaScriptError, JavaScriptLimitError
from hubspot_dest.mapping.javascript.runtime import Runtime
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign, as_double

__all__ = ["Session"]

# How a value is passed (host.js): as it is, as undefined, as the plan's event, as text with marks.
_GIVEN, _ABSENT, _EVENT, _REVIVE = 0, 1, 2, 3
_NO_MAPPING: Final = -1
_MAX_SHARED: Final = 32
_MAX_MAPPINGS: Final = 4096
_PLANS_BETWEEN_CHECKS: Final = 512
_NOTHING: Final = object()
_LEVELS: Final = frozenset({"error", "warn", "info", "debug"})


class Session:
    """A sandbox, the numbers of its functions, and the current plan.

    Args:
        sandbox: the context of the functions.
        enough: the memory in bytes above which it is replaced between two plans.
        plans: the number of plans before this session.

    Attributes:
        sandbox: the context of the functions.
        scope: the scope of the current plan.
        plans: the number of plans so far.
        tired: whether it should be replaced before the next plan.

    """

    def __init__(self, sandbox: Runtime, enough: int, plans: int = 0) -> None:
        self.sandbox = sandbox
        self._enough = enough
        self._numbers: dict[int, int] = {}
        self._mappings: dict[int, tuple[Any, int]] = {}
        self.plans = plans
        self.scope: object = None
        self.tired = False
        self._forget()

    def _forget(self) -> None:
        self._event: Any = _NOTHING
        self._shared: dict[int, tuple[Any, Any]] = {}
        self._collector: tuple[Any, ...] = ()
        self._consent: Any = _NOTHING

    def _begin(self, context: CallContext) -> None:
        self.scope = context.scope
        self._forget()
        now = context.now_ms
        self.sandbox.begin(None if now is None else float(now))  # the binding cuts ints to 32 bits
        self.plans += 1
        # Functions may keep values in closures: replace a half-full context before another function runs out of memory.
        if self.plans % _PLANS_BETWEEN_CHECKS == 0 and self.sandbox.memory_used() > self._enough:
            self.tired = True

    def call(
        self, source: str, value: Any, context: CallContext, *, number: int, value_only: bool, settle: bool
    ) -> Any:
        """Call function `number` of the engine, and register its `source` on the first call.

        Raises:
            JavaScriptLimitError: the function exceeds a limit.
            JavaScriptError: the function throws.

        """
        sandbox = self.sandbox
        sandbox.calls += 1
        sandbox.busy = True
        try:
            registered = self._numbers.get(number)
            if registered is None:
                registered = self._numbers[number] = sandbox.register(source)
            if context.scope is not self.scope or self.scope is None:
                self._begin(context)
            mapping = _NO_MAPPING if value_only else self._send_context(context)
            mode, given = self._pass(value, context)
            answer, later = sandbox.run(registered, mode, given, settle, mapping)
        except JavaScriptError:
            _forward(sandbox.drain(), context)
            raise
        except sandbox.errors as error:
            _forward(sandbox.drain(), context)
            sandbox.fail(error)
        finally:
            sandbox.busy = False
        if type(answer) is not str:
            _forward(later, context)
            return answer
        try:
            return self._read(answer, source, context)
        finally:
            _forward(later, context)

    def _send_context(self, context: CallContext) -> int:
        """Send the parts of the context that have changed; return the number of the mapping."""
        sandbox = self.sandbox
        self._send_event(context.event)
        around = context.collector
        pieces = (around.consent, around.user, around.globals, around.custom)
        if len(self._collector) != len(pieces) or any(
            [new is not old for new, old in zip(pieces, self._collector, strict=True)]
        ):
            sandbox.set_collector(_tagged(pieces))
            self._collector = pieces
        if context.consent is not self._consent:
            sandbox.set_consent(None if context.consent is None else _tagged(context.consent))
            self._consent = context.consent
        known = self._mappings.get(id(context.mapping))
        if known is None:
            if len(self._mappings) >= _MAX_MAPPINGS:
                self.tired = True  # a configuration has fewer mappings; these were created per event
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
        """Return the mode in which a value is passed, and the argument to pass."""
        if value is None or isinstance(value, (bool, float)):
            return _GIVEN, value
        if isinstance(value, int):
            return _GIVEN, value if -(2**31) <= value < 2**31 else as_double(value)
        if isinstance(value, str):
            return (_GIVEN, value) if _crosses(value) else (_REVIVE, _tagged(value))
        if isinstance(value, (dict, list, tuple)):
            text, marked = encode(value)
            return (_REVIVE, "x" + text) if marked else (_GIVEN, self.sandbox.parse_json(text))
        return _ABSENT, None

    def _read(self, answer: str, source: str, context: CallContext) -> Any:
        """Decode an answer of host.js: return the result, or raise the error that was thrown."""
        tag, body = answer[0], answer[1:]
        if tag == "s":
            return body
        if tag == "l":
            messages, inner = json.loads(body)
            _forward_all(messages, context)
            return self._read(inner, source, context) if isinstance(inner, str) else inner
        if tag == "u":
            return UNDEFINED
        if tag in "jx":
            return decode(body, marked=tag == "x")
        if tag == "f":
            return Foreign(body)
        if tag == "w":
            msg = "the promise never settles: there are no timers and no network here"
            raise JavaScriptError("Error", msg)
        name, message, kind = json.loads(body)
        if kind is None or (kind == "null" and "null" in source):
            raise JavaScriptError(name, message)
        if kind == "stack":
            raise JavaScriptLimitError(kind, message, name)
        self.sandbox.broken = True
        raise JavaScriptLimitError("memory", "out of memory" if kind == "null" else message)


def _crosses(text: str) -> bool:
    """Return whether the binding can pass the text unchanged: it cuts at NUL and rejects lone surrogates."""
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


def _forward(messages: str, context: CallContext) -> None:
    if messages != "[]":
        _forward_all(json.loads(messages), context)


def _forward_all(messages: list[list[Any]], context: CallContext) -> None:
    """Forward the function's log messages to the context's logger."""
    for level, message, extra in messages:
        log = getattr(context.logger, level if level in _LEVELS else "info")
        if extra is None:
            log(message)
        else:
            log(message, decode(extra[1:], marked=extra[0] == "x"))
