"""What one thread's sandbox has received already, so that each part of a plan is sent once."""

from __future__ import annotations

import json
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript.codec import decode, encode
from hubspot_dest.mapping.javascript.errors import JavaScriptError, JavaScriptLimitError
from hubspot_dest.mapping.javascript.runtime import Runtime
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign, as_double

__all__ = ["Session"]

# The ways in which a value crosses (host.js): as it is, as undefined, as the plan's event, as text with marks.
_GIVEN, _ABSENT, _EVENT, _REVIVE = 0, 1, 2, 3
_NO_MAPPING: Final = -1
_MAX_SHARED: Final = 32
_MAX_MAPPINGS: Final = 4096
_PLANS_BETWEEN_CHECKS: Final = 512
_NOTHING: Final = object()
_LEVELS: Final = frozenset({"error", "warn", "info", "debug"})


class Session:
    """A sandbox, the numbers of its functions, and the plan that is being made.

    Args:
        sandbox: where the functions run.
        enough: how many bytes it may hold before it is replaced between two plans.
        plans: how many plans there were before it.

    Attributes:
        sandbox: where the functions run.
        scope: of the plan that is being made.
        plans: how many plans there were.
        tired: better replaced before the next plan.

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
        # Functions may keep things in closures: what is half full goes before it hurts a neighbour.
        if self.plans % _PLANS_BETWEEN_CHECKS == 0 and self.sandbox.memory_used() > self._enough:
            self.tired = True

    def call(
        self, source: str, value: Any, context: CallContext, *, number: int, value_only: bool, settle: bool
    ) -> Any:
        """Call the function `number` of the engine, whose text is `source`; registered where it is not yet.

        Raises:
            JavaScriptLimitError: where it takes too much.
            JavaScriptError: for what it throws.

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
            mapping = _NO_MAPPING if value_only else self._introduce(context)
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

    def _introduce(self, context: CallContext) -> int:
        """Tell the sandbox what is new around the value; return the number of the mapping."""
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
                self.tired = True  # mappings belong to the configuration; these do not
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
            return _GIVEN, value if -(2**31) <= value < 2**31 else as_double(value)
        if isinstance(value, str):
            return (_GIVEN, value) if _crosses(value) else (_REVIVE, _tagged(value))
        if isinstance(value, (dict, list, tuple)):
            text, marked = encode(value)
            return (_REVIVE, "x" + text) if marked else (_GIVEN, self.sandbox.parse_json(text))
        return _ABSENT, None

    def _read(self, answer: str, source: str, context: CallContext) -> Any:
        """Decode an answer of host.js: return the result, or raise what was thrown."""
        tag, rest = answer[0], answer[1:]
        if tag == "s":
            return rest
        if tag == "l":
            said, inner = json.loads(rest)
            _forward_all(said, context)
            return self._read(inner, source, context) if isinstance(inner, str) else inner
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
        if kind is None or (kind == "null" and "null" in source):
            raise JavaScriptError(name, message)
        if kind == "stack":
            raise JavaScriptLimitError(kind, message, name)
        self.sandbox.broken = True
        raise JavaScriptLimitError("memory", "out of memory" if kind == "null" else message)


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
