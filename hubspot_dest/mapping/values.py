"""Compile a mapping value into a closure (walkerOS 4.4 mapping, section 2; walkerOS since 4.4, sections 1.4 to 1.6).

A mapping value is a path, a map of `condition, consent, fn, key, loop, map, set, validate, value`, or a list of
alternatives. The configuration is read once, at compile time; an event pays only for what its values need. The same
code compiles the traced form, which returns the same results and records each step.

The entries of a `{map: …}` whose values become texts (section 5.6) are compiled to code that produces these texts
directly.

The functions at `fn`, `condition` and `validate` are Python callables, or `$code:` JavaScript (section 7).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.mapping.consent import is_granted, required_names
from hubspot_dest.mapping.dialect import WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation, error_detail
from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    EmptiedList,
    Foreign,
    JsTypeError,
    cast_to_property,
    entries,
    has_own_keys,
    number_to_string,
    to_string,
    truthy,
)
from hubspot_dest.mapping.paths import compile_path, get_by_path

if TYPE_CHECKING:
    from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptFunction

__all__ = [
    "CONSTANT",
    "Callback",
    "Callbacks",
    "PRODUCERS",
    "Resolve",
    "TextEntry",
    "TextMap",
    "Unprintable",
    "ValueCompiler",
    "code_source",
    "may_return_promise",
]

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


Resolve = Callable[[Any, Evaluation, Any], Any]
"""(input value, evaluation, effective consent) → property, or `UNDEFINED`."""

PRODUCERS = ("loop", "map", "set", "key", "fn")
"""The keys of a mapping value that produce its result; the first one present, in this order, wins."""

CONSTANT: Final = "constant"
"""The note of a trace on a value that comes from the configuration, not from the event."""
_DEFAULT: Final = "default value"

_NAN_DEPTH: Final = 20
_SIMPLE = frozenset({str, int, bool})
_SIMPLE_KEYS = frozenset({"key", "value"})


class ValueCompiler:
    """Compile the mapping values of one configuration.

    Args:
        callbacks: turns `fn`, `condition` and `validate` sources into callables.
        traced: compile the form that records a trace; the results are the same.
        dialect: the version of the mapping language to compile.

    Attributes:
        dialect: the version of the mapping language.

    """

    def __init__(
        self, callbacks: Callbacks, *, traced: bool = False, dialect: Dialect = WALKEROS_4_7
    ) -> None:
        self.dialect = dialect
        self._callbacks = callbacks
        self._traced = traced
        # The path to the value that is being compiled: `properties`, `total`.
        self._place: tuple[str, ...] = ()

    def compile(self, mapping: Any) -> Resolve:
        """Return upstream's `getMappingValue` for `mapping` (section 2.2).

        The returned function never raises: an error inside an alternative is recorded as upstream logs it, and the
        next alternative is tried. The first result other than `UNDEFINED` wins. If the input has a consent of its own,
        it replaces the effective consent.
        """
        return self._value(mapping, own_consent=True)

    def _nested(self, mapping: Any) -> Resolve:
        """Compile a mapping value inside another one: its input may be an item of a loop."""
        return self._value(mapping, own_consent=self.dialect.item_consent_grants)

    def _value(self, mapping: Any, *, own_consent: bool) -> Resolve:
        if not self._traced and (simple := _simple(mapping)) is not None:
            return simple
        if mapping is UNDEFINED:
            mapping = {}
        items = mapping if isinstance(mapping, list) else [mapping]
        alternatives = [self._item(item) for item in items]
        report = self._reporter("mapping processing failed", "mapping_failed", "it has no result")
        traced = self._traced
        if not traced and len(alternatives) == 1:
            return _guarded(alternatives[0], report, own_consent=own_consent)

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            if value is UNDEFINED:
                return UNDEFINED
            if own_consent and isinstance(value, dict) and truthy(own := value.get("consent", UNDEFINED)):
                consent = own
            for number, alternative in enumerate(alternatives, 1):
                try:
                    result = alternative(value, ev, consent)
                except (JsTypeError, RecursionError) as error:
                    ev.failed += 1
                    report(ev, error)
                    result = UNDEFINED
                    if traced:
                        ev.note(f"failed: {error}")
                if result is not UNDEFINED:
                    if traced and len(alternatives) > 1:
                        ev.note(f"alternative {number} of {len(alternatives)}")
                    return result
            return UNDEFINED

        return self._step(_describe(mapping), resolve) if traced else resolve

    def compile_named(self, name: str, mapping: Any) -> Resolve:
        """Return `compile(mapping)`, named `name` in a trace."""
        with self._inside(name):
            return self._named(name, self.compile(mapping))

    def needs_evaluation(self, mapping: Any) -> bool:
        """Return whether a compiled mapping value uses its evaluation, to call functions or to report a failure."""
        return self._traced or _simple(mapping) is None

    def compile_texts(self, name: str, mapping: Any, *, keep_emptied: bool) -> TextMap | None:
        """Compile `{map: …}` into a `TextMap`, which writes texts without an intermediate map of values.

        Args:
            name: the name of the value in messages.
            mapping: the mapping value.
            keep_emptied: whether a list that a loop emptied becomes the empty text; otherwise the entry is left out.

        Returns:
            The text map. None for any other mapping value, with a trace, and if an entry's result may not be a
            property, which would make the whole map `UNDEFINED`.

        """
        inner = mapping.get("map") if isinstance(mapping, dict) and len(mapping) == 1 else None
        if self._traced or not isinstance(inner, dict) or not inner:
            return None
        if not all(map(_is_property_mapping, inner.values())):
            return None
        with self._inside(name):
            return TextMap([self._text_entry(*entry) for entry in entries(inner)], keep_emptied=keep_emptied)

    def _text_entry(self, name: str, item: Any) -> TextEntry:
        plain = TextEntry.plain(name, item)
        if plain is not None:
            return plain
        with self._inside(name):
            return TextEntry(name, self._nested(item), needs_evaluation=self.needs_evaluation(item))

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        outer, self._place = self._place, (*self._place, name)
        try:
            yield
        finally:
            self._place = outer

    def _reporter(self, message: str, code: str, consequence: str) -> Callable[[Evaluation, Exception], None]:
        """Return a function that adds an issue for a failure of the value that is being compiled."""
        place = ".".join(self._place)

        def report(ev: Evaluation, error: Exception) -> None:
            detail = error_detail(error)
            what = message.removeprefix("mapping ")
            sentence = f"{what}: {detail['name']}: {detail['message']}; {consequence}"
            if not place:
                ev.log_error(message, error, code=code, sentence=sentence)
            else:
                ev.log_error(message, error, code=code, sentence=f"{place}: {sentence}", place=place)

        return report

    def _item(self, item: Any, depth: int = 0) -> Resolve:
        """Compile upstream's `processMappingValue` for one alternative (section 2.3)."""
        if isinstance(item, list) and depth == 0:
            return self._first_true([self._item(candidate, 1) for candidate in item])
        if not self._traced and (simple := _simple(item)) is not None:
            return simple
        if isinstance(item, str):
            return self._form(item, {"key": item})
        if item is None or item is UNDEFINED:
            return _impossible
        if not has_own_keys(item):
            return _nothing
        if isinstance(item, list):
            # Upstream finds `map` in a list inside a list: JavaScript's own method, which has no entries.
            return lambda value, ev, consent: {}  # noqa: ARG005 - one signature for all
        return self._form(item, item)

    def _first_true(self, items: list[Resolve]) -> Resolve:
        traced = self._traced

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            result: Any = UNDEFINED
            for number, item in enumerate(items, 1):
                result = item(value, ev, consent)
                if truthy(result):
                    if traced and len(items) > 1:
                        ev.note(f"inner alternative {number} of {len(items)}")
                    break
            return result

        return resolve

    def _form(self, item: Any, form: dict[str, Any]) -> Resolve:
        static = form.get("value", UNDEFINED)
        fallback = cast_to_property(static)
        condition = self._gate(form.get("condition", UNDEFINED), item, "condition")
        required = form.get("consent", UNDEFINED)
        required = required_names(required) if truthy(required) else None
        produce = self._producer(item, form, static)
        validate = self._gate(form.get("validate", UNDEFINED), item, "validate")
        record_item_consent = not self.dialect.item_consent_grants
        traced = self._traced
        calculated = ".".join(self._place) if "fn" in form and fallback is UNDEFINED else ""
        if not traced and condition is None and required is None and validate is None:
            return _unguarded(produce, fallback, certain=self._produces_property(form), place=calculated)

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            if condition is not None and not condition(value, ev, consent):
                if traced:
                    ev.note("condition is false")
                return UNDEFINED
            if required is not None and not is_granted(required, consent):
                if traced:
                    ev.note(f"consent missing: {', '.join(required) or 'no name is true'}")
                if record_item_consent and ev.item_consent is not None:
                    _record_item_consent(form, required, ev, granted=False)
                if traced and static is not UNDEFINED:
                    ev.note(_DEFAULT)
                return static
            if record_item_consent and required is not None and ev.item_consent is not None:
                _record_item_consent(form, required, ev, granted=True)
            current = produce(value, ev, consent)
            if validate is not None and not validate(current, ev, consent):
                if traced:
                    ev.note("validate is false")
                current = UNDEFINED
            result = current if type(current) in _SIMPLE else cast_to_property(current)
            if calculated and result is UNDEFINED and _holds_nan(current):
                ev.note_not_number(calculated)
            if traced and result is UNDEFINED and current is not UNDEFINED:
                ev.note(f"{_type_name(current)} is not a property, or holds null")
            if traced and result is UNDEFINED and fallback is not UNDEFINED:
                ev.note(_DEFAULT)
            return fallback if result is UNDEFINED else result

        return resolve

    def _producer(self, item: Any, form: dict[str, Any], static: Any) -> Resolve:
        """Compile steps 5 to 8 (section 2.3): the result of a producer, else the static value, else the input."""
        present = [name for name in PRODUCERS if truthy(form.get(name, UNDEFINED))]
        if not self.dialect.one_producer:
            return self._layered(item, form, static, present)
        if not present:
            return self._static_or_input(static)
        name = present[0]
        if name == "loop":
            return self._loop(form, static, None)
        return self._build(name, item, form, static)

    def _produces_property(self, form: dict[str, Any]) -> bool:
        """Return whether the producer's result is certain to be a property, because all its parts are."""
        present = [name for name in PRODUCERS if truthy(form.get(name, UNDEFINED))]
        if not present or not self.dialect.one_producer:
            return False
        part = form[present[0]]
        if present[0] == "map" and isinstance(part, dict):
            return all(map(_is_property_mapping, part.values()))
        if isinstance(part, list):
            return all(map(_is_property_mapping, part[1:2] if present[0] == "loop" else part))
        return False

    def _layered(self, item: Any, form: dict[str, Any], static: Any, present: list[str]) -> Resolve:
        """Compile all producers: `fn` runs first, `key` replaces its result, `loop`, `map` or `set` replaces that."""
        base = self._static_or_input(static)
        if "fn" in present:
            base = self._fn(form["fn"], item)
        if "key" in present:
            key = self._key(form["key"], static)
            base = self._in_turn(base, key) if "fn" in present else key
        if not present or present[0] in ("key", "fn"):
            return base
        if present[0] == "loop":
            return self._loop(form, static, base)
        produce = self._build(present[0], item, form, static)
        # A replaced producer still runs: a function may log or throw, and a key that is not a path fails.
        return self._in_turn(base, produce) if "fn" in present or "key" in present else produce

    def _build(self, name: str, item: Any, form: dict[str, Any], static: Any) -> Resolve:
        if name == "map":
            return self._map(form["map"])
        if name == "set":
            return self._set(form["set"])
        return self._key(form["key"], static) if name == "key" else self._fn(form["fn"], item)

    def _key(self, path: Any, static: Any) -> Resolve:
        getter = compile_path(path, static) if isinstance(path, str) else _no_path
        if self._traced and isinstance(path, str) and static is not UNDEFINED:
            return _traced_path(getter, compile_path(path))
        return lambda value, ev, consent: getter(value)  # noqa: ARG005 - one signature for all

    def _static_or_input(self, static: Any) -> Resolve:
        if static is UNDEFINED:
            return lambda value, ev, consent: value  # noqa: ARG005 - one signature for all
        if not self._traced:
            return lambda value, ev, consent: static  # noqa: ARG005 - one signature for all

        def constant(value: Any, ev: Evaluation, consent: Any) -> Any:  # noqa: ARG001 - one signature for all
            ev.note(CONSTANT)
            return static

        return constant

    def _in_turn(self, first: Resolve, second: Resolve) -> Resolve:
        """Return `second`, run after `first`, whose result and notes are dropped."""
        traced = self._traced

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            before = ev.noted if traced else 0
            first(value, ev, consent)
            if traced:
                ev.drop_notes(before)
            return second(value, ev, consent)

        return resolve

    def _fn(self, source: Any, item: Any) -> Resolve:
        function = self._callbacks.callable(source)
        report = self._reporter("mapping fn failed", "function_failed", "it has no result")

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            try:
                return function(value, ev.context(item, consent))
            except Exception as error:  # whatever a user's function raises is upstream's `mapping fn failed`
                report(ev, error)
                return UNDEFINED

        return resolve

    def _gate(self, source: Any, item: Any, what: str) -> Callable[[Any, Evaluation, Any], bool] | None:
        """Compile `condition` or `validate`; an exception is logged and counts as false."""
        if not truthy(source):
            return None
        function = self._callbacks.callable(source)
        report = self._reporter(f"mapping {what} failed", f"{what}_failed", "it counts as false")

        def gate(value: Any, ev: Evaluation, consent: Any) -> bool:
            try:
                return truthy(function(value, ev.context(item, consent)))
            except Exception as error:  # whatever a user's function raises is upstream's `mapping … failed`
                report(ev, error)
                return False

        return gate

    def _loop(self, form: dict[str, Any], static: Any, base: Resolve | None) -> Resolve:
        """Compile a loop. If its scope is not a list, its result is that of `base`, or nothing without a base."""
        part = form["loop"]
        if not isinstance(part, (list, str)):
            return _impossible
        scope = part[0] if len(part) > 0 else UNDEFINED
        # Upstream has a default parameter here: an absent item mapping is the empty mapping.
        with self._inside("*"):
            each = self._nested(part[1] if len(part) > 1 else UNDEFINED)
        if not self.dialect.item_consent_grants and _requires_consent(part[1:2]):
            each = _aware_of_item_consent(each)
        source = None if scope == "this" else self._nested(scope)
        record = _record_missing_list(form, static) if base is None else None
        traced = self._traced

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            noted = ev.noted if traced else 0
            before = base(value, ev, consent) if base is not None else UNDEFINED
            items = [value] if source is None else source(value, ev, consent)
            if not isinstance(items, list):
                return before if record is None else record(value, ev)
            if traced:
                ev.drop_notes(noted)
            results = [each(item, ev, consent) for item in items]
            defined = [result for result in results if result is not UNDEFINED]
            return defined if defined or not items else EmptiedList()

        return resolve

    def _map(self, part: Any) -> Resolve:
        compiled = []
        for name, item in entries(part):
            with self._inside(name):
                compiled.append((name, self._named(name, self._nested(item))))

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            properties: dict[str, Any] = {}
            for name, entry in compiled:
                result = entry(value, ev, consent)
                if result is not UNDEFINED:
                    properties[name] = result
            return properties

        return resolve

    def _set(self, part: Any) -> Resolve:
        if not isinstance(part, list):
            return _impossible
        compiled = [self._item(item) for item in part]
        if self._traced:
            compiled = [
                self._step(_describe(item), function) for item, function in zip(part, compiled, strict=True)
            ]

        def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
            return [item(value, ev, consent) for item in compiled]

        return resolve

    def _named(self, name: str, resolve: Resolve) -> Resolve:
        if not self._traced:
            return resolve

        def named(value: Any, ev: Evaluation, consent: Any) -> Any:
            result = resolve(value, ev, consent)
            ev.name_last(name)
            return result

        return named

    def _step(self, step: str, resolve: Resolve) -> Resolve:
        def traced(value: Any, ev: Evaluation, consent: Any) -> Any:
            ev.open(step)
            result: Any = UNDEFINED
            try:
                result = resolve(value, ev, consent)
            finally:
                ev.close(result)
            return result

        return traced


def _simple(item: Any) -> Resolve | None:
    """Return the cheapest form of a path, `{key}`, `{key, value}` or `{value}`; None for any other mapping value."""
    if isinstance(item, str):
        return _path(item) if item else None
    if not isinstance(item, dict) or not item or not item.keys() <= _SIMPLE_KEYS:
        return None
    if "key" not in item:
        fallback = cast_to_property(item["value"])
        return lambda value, ev, consent: UNDEFINED if value is UNDEFINED else fallback  # noqa: ARG005
    path = item["key"]
    return _path(path, item.get("value", UNDEFINED)) if isinstance(path, str) and path else None


def _path(path: str, static: Any = UNDEFINED) -> Resolve:
    getter = compile_path(path, static)
    fallback = cast_to_property(static)

    def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:  # noqa: ARG001 - one signature for all
        if value is UNDEFINED:
            return UNDEFINED
        result = getter(value)
        if type(result) in _SIMPLE:
            return result
        return fallback if (result := cast_to_property(result)) is UNDEFINED else result

    steps = _two_steps(path)
    if steps is None:
        return resolve
    first, second = steps

    def resolve_two_steps(value: Any, ev: Evaluation, consent: Any) -> Any:
        """Read what nearly all paths are without a further call; anything unusual is left to `resolve`."""
        if type(value) is dict:
            section = value.get(first)
            if type(section) is dict:
                found = section.get(second)
                if type(found) in _SIMPLE:
                    return found
        return resolve(value, ev, consent)

    return resolve_two_steps


def _guarded(
    alternative: Resolve, report: Callable[[Evaluation, Exception], None], *, own_consent: bool
) -> Resolve:
    """Return a mapping value with a single alternative, whose errors are reported."""

    def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
        if value is UNDEFINED:
            return UNDEFINED
        if own_consent and isinstance(value, dict) and truthy(own := value.get("consent", UNDEFINED)):
            consent = own
        try:
            return alternative(value, ev, consent)
        except (JsTypeError, RecursionError) as error:
            ev.failed += 1
            report(ev, error)
            return UNDEFINED

    return resolve


def _is_property_mapping(mapping: Any) -> bool:
    """Return whether a mapping value can only be a property or `UNDEFINED`.

    The exception is a static value that is not a property, which is used as it is when consent is missing.
    """
    if isinstance(mapping, list):
        return all(map(_is_property_mapping, mapping))
    if not isinstance(mapping, dict) or not truthy(mapping.get("consent", UNDEFINED)):
        return True
    static = mapping.get("value", UNDEFINED)
    return static is UNDEFINED or cast_to_property(static) is not UNDEFINED


def _holds_nan(value: Any, depth: int = 0) -> bool:
    """Return whether a value is NaN or contains one, so that it is not a property as a whole."""
    if type(value) is float:
        return value != value  # only NaN differs from itself
    if depth > _NAN_DEPTH or not isinstance(value, (dict, list)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return any(_holds_nan(item, depth + 1) for item in items)


def _unguarded(produce: Resolve, fallback: Any, *, certain: bool, place: str = "") -> Resolve:
    """Return a mapping value without conditions: the result of `produce` if it is a property, else the fallback.

    Args:
        produce: computes the value.
        fallback: the result if the value is not a property.
        certain: whether the value is certain to be a property.
        place: the place for which a NaN that makes the value unusable is recorded; empty for none.

    """
    if certain and fallback is UNDEFINED:
        return produce

    def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:
        made = result = produce(value, ev, consent)
        if type(result) not in _SIMPLE:
            result = cast_to_property(result)
            if place and result is UNDEFINED and _holds_nan(made):
                ev.note_not_number(place)
        return fallback if result is UNDEFINED else result

    return resolve


def _requires_consent(mapping: Any) -> bool:
    """Return whether a mapping value, or one inside it, requires consent."""
    if isinstance(mapping, dict):
        return "consent" in mapping or any(map(_requires_consent, mapping.values()))
    return isinstance(mapping, list) and any(map(_requires_consent, mapping))


def _aware_of_item_consent(each: Resolve) -> Resolve:
    """Return `each`, with `Evaluation.item_consent` set while it processes an item with its own consent."""

    def resolve(item: Any, ev: Evaluation, consent: Any) -> Any:
        own = item.get("consent", UNDEFINED) if isinstance(item, dict) else UNDEFINED
        if not truthy(own):
            return each(item, ev, consent)
        outer, ev.item_consent = ev.item_consent, own
        try:
            return each(item, ev, consent)
        finally:
            ev.item_consent = outer

    return resolve


def _traced_path(with_default: Callable[[Any], Any], without: Callable[[Any], Any]) -> Resolve:
    """Return a path with a default value that notes each use of the default."""

    def resolve(value: Any, ev: Evaluation, consent: Any) -> Any:  # noqa: ARG001 - one signature for all
        result = without(value)
        if result is UNDEFINED:
            ev.note(_DEFAULT)
        elif isinstance(result, list) and (missing := _missing(result)):
            ev.note(f"{_DEFAULT} for {amount(missing, 'item')}")
        return with_default(value)

    return resolve


def _missing(result: Any) -> int:
    """Return how many items of a path with `*` are missing."""
    return sum(map(_missing, result)) if isinstance(result, list) else int(result is UNDEFINED)


def _record_item_consent(
    form: dict[str, Any], required: tuple[str, ...], ev: Evaluation, *, granted: bool
) -> None:
    """Record a divergence if the consent of the loop item would have led walkerOS 4.4 to another decision."""
    if is_granted(required, ev.item_consent) == granted:
        return
    would = "leave out" if granted else "send"
    ev.diverge(
        "walkeros_item_consent",
        form,
        f"walkerOS 4.4 would {would} the value of a loop item ({_describe(form)}): the item's own consent key decides "
        "there; since 4.7.1 it is plain data",
    )


def _record_missing_list(form: dict[str, Any], static: Any) -> Callable[[Any, Evaluation], Any]:
    """Return the function for a loop whose scope is not a list: it records the result of walkerOS 4.4."""
    key = form.get("key", UNDEFINED)
    getter = compile_path(key, static) if truthy(key) and isinstance(key, str) else None
    by_function = getter is None and truthy(form.get("fn", UNDEFINED))

    def record(value: Any, ev: Evaluation) -> Any:
        before = getter(value) if getter is not None else value if static is UNDEFINED else static
        if by_function:
            would = "use the result of fn"
        elif before is static or cast_to_property(before) is UNDEFINED:
            return UNDEFINED
        elif getter is not None:
            would = f"use the value at {key}"
        else:
            as_text = ', as text "[object Object]"' if isinstance(before, dict) else ""
            would = f"use the whole input{as_text}"
        ev.diverge(
            "walkeros_loop_without_list",
            form,
            f"walkerOS 4.4 would {would} ({_describe(form)} found no list); since 4.7.0 the result is undefined",
        )
        return UNDEFINED

    return record


def _nothing(value: Any, ev: Evaluation, consent: Any) -> Any:  # noqa: ARG001 - one signature for all
    return UNDEFINED


def _impossible(value: Any, ev: Evaluation, consent: Any) -> Any:  # noqa: ARG001 - one signature for all
    msg = "Cannot convert undefined or null to object"
    raise JsTypeError(msg)


def _no_path(value: Any) -> Any:  # noqa: ARG001 - the signature of a getter
    msg = "key.split is not a function"
    raise JsTypeError(msg)


def _type_name(value: Any) -> str:
    return {dict: "a map", list: "a list", type(None): "null"}.get(type(value), repr(value))


def _describe(mapping: Any) -> str:
    """Describe a mapping value in terms of the mapping language."""
    if isinstance(mapping, str):
        return f"key {mapping}" if mapping else "the whole input"
    if isinstance(mapping, list):
        return "first of " + " | ".join(_describe(item) for item in mapping)
    if not isinstance(mapping, dict):
        return "no mapping"
    parts = [name for name in ("condition", "consent", "validate") if truthy(mapping.get(name, UNDEFINED))]
    parts += _describe_source(mapping)
    return " ".join(parts) if parts else "nothing"


def _describe_source(mapping: dict[str, Any]) -> list[str]:
    if truthy(mapping.get("loop", UNDEFINED)):
        loop = mapping["loop"]
        scope = loop[0] if isinstance(loop, list) and loop else "?"
        return [f"loop {scope if isinstance(scope, str) else _describe(scope)}"]
    for name in ("map", "set"):
        if truthy(mapping.get(name, UNDEFINED)):
            return [name]
    if truthy(mapping.get("key", UNDEFINED)):
        return [f"key {mapping['key']}"]
    if truthy(mapping.get("fn", UNDEFINED)):
        return ["fn"]
    return ["value"] if "value" in mapping else []


def _two_steps(path: Any) -> tuple[str, str] | None:
    """Return the steps of a path of two steps without `*`, what nearly all paths are; None for any other value."""
    steps = path.split(".") if isinstance(path, str) else []
    return (steps[0], steps[1]) if len(steps) == 2 and "*" not in steps else None


Unprintable = tuple[str, JsTypeError]
"""A name whose value JavaScript cannot convert to a text, and why not."""


@dataclass(frozen=True, slots=True)
class TextEntry:
    """One entry of a map.

    Attributes:
        name: the property.
        resolve: gives its value; None for a path of two steps.
        steps: that path.
        default: the text where that path has no value; None to leave the property out.
        needs_evaluation: whether `resolve` may use its evaluation: it may call functions, or report what fails.

    """

    name: str
    resolve: Resolve | None
    steps: tuple[str, str] = ("", "")
    default: str | None = None
    needs_evaluation: bool = False

    @classmethod
    def plain(cls, name: str, item: Any) -> TextEntry | None:
        """Return the entry of a path of two steps, with or without a default; None for any other mapping value."""
        form = item if isinstance(item, dict) else {"key": item}
        steps = _two_steps(form.get("key", UNDEFINED))
        if steps is None or not form.keys() <= _SIMPLE_KEYS:
            return None
        default = cast_to_property(form.get("value", UNDEFINED))
        if isinstance(default, (dict, list)):
            return None  # may have no text
        return cls(name, None, steps, None if default is UNDEFINED else to_string(default))


class TextMap:
    """The compiled entries of a map, in the order of the configuration.

    An unusual entry costs only itself: a path of two steps, what nearly all entries are, is read in the loop of
    `write`; any other entry is a compiled mapping value.

    Args:
        entries: the entries.
        keep_emptied: whether a list that a loop emptied has a text, the empty one, or is left out.

    Attributes:
        needs_evaluation: whether `write` needs an evaluation.

    """

    def __init__(self, entries: Sequence[TextEntry], *, keep_emptied: bool) -> None:
        self._keep_emptied = keep_emptied
        self._runs = _runs(entries)
        self.needs_evaluation = any(entry.needs_evaluation for entry in entries)

    def write(
        self, into: dict[str, str], event: dict[str, Any], ev: Evaluation | None, consent: Any
    ) -> Sequence[Unprintable]:
        """Write the texts of an event into a map.

        Args:
            into: where to write; a value of the event overwrites one that is there already.
            event: the event.
            ev: the state of planning the event; may be None unless `needs_evaluation`.
            consent: the collector's consent; the event's own, where it has one, replaces it.

        Returns:
            what JavaScript cannot convert to a text, in order; nothing is written for it.

        """
        if ev is not None and truthy(own := event.get("consent", UNDEFINED)):
            consent = own
        unprintable: Sequence[Unprintable] = ()
        for first, members in self._runs:
            section = event.get(first)
            in_map = type(section) is dict
            for name, second, default, resolve in members:
                if resolve is not None:
                    value = resolve(event, ev, consent)  # type: ignore[arg-type]  # None only where nothing uses it
                elif in_map:
                    value = section.get(second)  # type: ignore[union-attr]  # a map
                else:
                    value = get_by_path(event, f"{first}.{second}")
                kind = type(value)
                if kind is str:
                    into[name] = value
                elif kind is float and 1e-4 <= value < 1e16:
                    # Between these two, Python's digits and layout are JavaScript's but for a trailing `.0`.
                    text = repr(value)
                    into[name] = text[:-2] if text[-1] == "0" and text[-2] == "." else text
                elif kind is int:
                    into[name] = number_to_string(value)
                else:
                    if resolve is None and value is not None:
                        value = cast_to_property(value)
                    if value is None or value is UNDEFINED:
                        if default is not None:
                            into[name] = default
                        continue
                    if kind is EmptiedList and not self._keep_emptied:
                        continue
                    try:
                        into[name] = to_string(value)
                    except JsTypeError as error:
                        unprintable = (*unprintable, (name, error))
        return unprintable


_Run = tuple[str, tuple[tuple[str, str, str | None, Resolve | None], ...]]
"""The first step of entries that follow each other, and of each: name, second step, default, what gives its value."""


def _runs(entries: Sequence[TextEntry]) -> tuple[_Run, ...]:
    """Return entries put together that begin with the same step, which is then looked up once.

    An entry that may call a function stays alone: the function may change the event.
    """
    runs: list[tuple[str, bool, list[tuple[str, str, str | None, Resolve | None]]]] = []
    for entry in entries:
        first, second = entry.steps
        alone = entry.resolve is not None
        if not runs or alone or runs[-1][1] or runs[-1][0] != first:
            runs.append((first, alone, []))
        runs[-1][2].append((entry.name, second, entry.default, entry.resolve))
    return tuple((first, tuple(members)) for first, _, members in runs)
