"""Values cross between Python and JavaScript without losing what the mapping language tells apart."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_dest.mapping.context import CallContext, CollectorView
from hubspot_dest.mapping.javascript import (
    JavaScriptEngine,
    JavaScriptError,
    JavaScriptFunction,
    JavaScriptSyntaxError,
)
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign

ENGINE = JavaScriptEngine()
IDENTITY = ENGINE.function("(value) => value")
SEEN = ENGINE.function("(value) => Object.is(value, -0) ? '-0' : String(value)")


def run(source: str, value: Any = None, context: CallContext | None = None) -> Any:
    return ENGINE.function(source)(value, context or CallContext(scope=object()))


def back(value: Any) -> Any:
    return IDENTITY(value, CallContext(scope=object()))


def test_a_lone_surrogate_survives_the_way_there_and_back() -> None:
    for text in ("\ud800", "a\udfffb", "a\0b", "😀\ud83d"):
        assert back(text) == text
        assert back({text: [text]}) == {text: [text]}
    assert run("() => '\\ud800' + '\\0'") == "\ud800\0"


def test_long_texts_built_piece_by_piece_come_back_whole() -> None:
    glued = run(
        "(value) => { let text = ''; for (let n = 0; n < 3000; n++) text += value + 'xyz'; return text }", "ü"
    )
    assert glued == "üxyz" * 3000
    assert run("(v) => [v.repeat(9000) + 'a' + v.repeat(9000)]", "b") == ["b" * 9000 + "a" + "b" * 9000]


def test_numbers_keep_sign_and_size() -> None:
    for number, spelled in (
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (-0.0, "-0.0"),
        (5e-324, "5e-324"),
    ):
        assert repr(back(number)) == spelled
        assert repr(back([number])) == f"[{spelled}]"
        assert repr(back({"a": None, "n": number})) == f"{{'a': None, 'n': {spelled}}}"


def test_whole_numbers_beyond_two_to_the_53_become_doubles() -> None:
    assert SEEN(9007199254740993, CallContext()) == "9007199254740992"
    assert SEEN(2**64, CallContext()) == "18446744073709552000"
    assert back([2**53 + 1, 2**70, -(2**31) - 1, 10**400]) == [2.0**53, 2.0**70, -2147483649, math.inf]
    assert type(back([2**60])[0]) is float
    assert SEEN(2**31, CallContext()) == "2147483648"
    assert run("(v) => typeof v", 10**30) == "number"


def test_undefined_is_not_null_at_any_depth() -> None:
    value = {"a": UNDEFINED, "b": [None, UNDEFINED, {"c": UNDEFINED}]}
    assert back(value) == value
    assert run("(v) => [v.a === undefined, 'a' in v, v.b[0] === null, 1 in v.b]", value) == [
        True,
        True,
        True,
        True,
    ]
    assert back(UNDEFINED) is UNDEFINED
    assert back(None) is None


def test_what_javascript_does_not_know_becomes_undefined() -> None:
    odd = {"date": datetime.now(UTC), "call": print, "foreign": Foreign("Date"), "set": {1}, "bytes": b"x"}
    assert back(odd) == dict.fromkeys(odd, UNDEFINED)
    for value in odd.values():
        assert back(value) is UNDEFINED


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("new Date(0)", "Date"),
        ("() => 1", "function"),
        ("class A {}", "function"),
        ("10n", "BigInt"),
        ("Symbol('s')", "symbol"),
        ("new Map([[1, 2]])", "Map"),
        ("/a/g", "RegExp"),
        ("new Error('e')", "Error"),
        ("new String('boxed')", "String"),
        ("new Uint8Array(2)", "Uint8Array"),
        ("({ [Symbol.toStringTag]: 'Mine' })", "Mine"),
    ],
)
def test_a_value_that_is_no_property_is_named_by_its_kind(expression: str, kind: str) -> None:
    alone = run(f"() => {expression.join('()')}")
    inside = run(f"() => ({{ deep: [{expression}] }})")["deep"][0]
    for found in (alone, inside):
        assert isinstance(found, Foreign)
        assert found.kind == kind


def test_keys_come_in_javascripts_order() -> None:
    assert list(run("() => ({ b: 1, 10: 2, a: 3, 9: 4 })")) == ["9", "10", "b", "a"]
    assert list(back({"b": 1, "10": 2, "9": UNDEFINED, "01": 3})) == ["9", "10", "b", "01"]


def test_a_key_named_like_a_prototype_is_an_ordinary_key() -> None:
    value = {"__proto__": {"a": 1}, "constructor": 2, "toString": 3, "hasOwnProperty": UNDEFINED}
    assert back(value) == value
    assert run("(v) => v.a", value) is UNDEFINED


def test_class_instances_and_maps_without_prototype_are_maps() -> None:
    assert run("() => new (class A { x = 1; get y() { return 2 } })()") == {"x": 1}
    assert run("() => Object.assign(Object.create(null), { x: 1 })") == {"x": 1}
    assert run("() => { const a = [1]; a[3] = 4; a.extra = 5; return a }") == [1, UNDEFINED, UNDEFINED, 4]


def test_a_deep_event_passes_and_a_bottomless_one_is_an_error() -> None:
    def nest(depth: int, core: Any) -> Any:
        for _ in range(depth):
            core = [core]
        return core

    assert back(nest(190, 1)) == nest(190, 1)
    assert back(nest(190, UNDEFINED)) == nest(190, UNDEFINED)
    for depth in (220, 300, 100_000):
        with pytest.raises(JavaScriptError, match="nested deeper"):
            back(nest(depth, 1))
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(JavaScriptError, match="nested deeper"):
        back(circle)


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.just(UNDEFINED)
    | st.integers(-(2**53), 2**53),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec=None)), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_like)
def test_every_value_of_an_event_comes_back_as_it_was(value: Any) -> None:
    assert same(back(value), value)


def same(left: Any, right: Any) -> bool:
    if isinstance(right, dict):
        return (
            isinstance(left, dict)
            and left.keys() == right.keys()
            and all(same(left[k], right[k]) for k in right)
        )
    if isinstance(right, list):
        return isinstance(left, list) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(right, (int, float)) and not isinstance(right, bool):
        if isinstance(left, bool) or not isinstance(left, (int, float)):
            return False
        return (left != left and right != right) or (
            left == right and math.copysign(1, left) == math.copysign(1, right)
        )
    return type(left) is type(right) and bool(left == right)


def test_the_context_shows_event_mapping_consent_and_collector() -> None:
    context = CallContext(
        event={"name": "a b"},
        mapping={"fn": print, "key": "data.id", "loop": ["nested", {"condition": "$code:() => 1"}]},
        consent={"marketing": True},
        collector=CollectorView({"a": True}, {"id": "u"}, {"g": 1}, {"c": None}),
        scope=object(),
    )
    assert run("(v, c) => Object.keys(c)", 1, context) == [
        "event",
        "mapping",
        "collector",
        "consent",
        "logger",
    ]
    assert run("(v, { mapping }) => Object.keys(mapping)", 1, context) == ["fn", "key", "loop"]
    assert run("(v, c) => c.mapping.loop", 1, context) == ["nested", {"condition": "$code:() => 1"}]
    assert run("(v, c) => c.consent", 1, context) == {"marketing": True}
    assert run("(v, c) => c.collector", 1, context) == {
        "consent": {"a": True},
        "user": {"id": "u"},
        "globals": {"g": 1},
        "custom": {"c": None},
    }
    assert run("function () { return arguments[1].event.name }", 1, context) == "a b"
    assert run("(...all) => all[1].event.name", 1, context) == "a b"
    assert run("(v, c = 1) => c.event.name", 1, context) == "a b"
    context.consent = None
    assert run("(v, c) => c.consent", 1, context) is UNDEFINED


def test_the_whole_event_as_value_is_the_event_of_the_context() -> None:
    context = CallContext(event={"name": "a b"}, scope=object())
    assert run("(value, context) => value === context.event", context.event, context) is True
    assert run("(value, context) => value === context.event", {"name": "a b"}, context) is False


def test_a_promise_is_awaited_unless_told_otherwise() -> None:
    context = CallContext(scope=object())

    def unsettled(source: str) -> Any:
        return ENGINE.function(source)(1, context, settle=False)

    assert run("async (v) => { await null; return { v: await Promise.resolve(v) } }", 2) == {"v": 2}
    assert run("() => ({ then(resolve) { resolve('thenable') } })") == "thenable"
    assert repr(unsettled("async () => false")) == repr(Foreign("Promise"))
    assert unsettled("() => false") is False
    with pytest.raises(JavaScriptError) as thrown:
        run("() => Promise.reject('no error object')")
    assert (thrown.value.name, thrown.value.message) == ("Error", "no error object")
    unsettled("async () => { throw new Error('nobody waits') }")


def test_what_is_thrown_keeps_name_and_message() -> None:
    own = "() => { throw new (class Own extends Error { constructor(m) { super(m); this.name = 'Own' } })('mine') }"
    cases = {
        own: ("Own", "mine"),
        "() => { throw { name: 'N', message: 'm' } }": ("N", "m"),
        "() => { throw 'text' }": ("Error", "text"),
        "() => { throw null }": ("Error", "null"),
        "() => { throw undefined }": ("Error", "undefined"),
        "() => { throw Symbol('s') }": ("Error", "Symbol(s)"),
        "() => { throw { get message() { throw 1 } } }": ("Error", "(a value that cannot be shown)"),
        "() => { throw Object.create(null) }": ("Error", "(a value that cannot be shown)"),
    }
    for source, expected in cases.items():
        with pytest.raises(JavaScriptError) as thrown:
            run(source)
        assert (thrown.value.name, thrown.value.message) == expected
        assert type(thrown.value) is JavaScriptError


def test_what_is_no_function_fails_when_called_and_not_before() -> None:
    for source, message in (
        ("5", "fn is not a function"),
        ("'text'", "fn is not a function"),
        ("nobody", "nobody is not defined"),
    ):
        function = ENGINE.function(source)
        assert isinstance(function, JavaScriptFunction)
        for _ in range(2):
            with pytest.raises(JavaScriptError, match=message):
                function(1, CallContext(scope=object()))


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("(a =>", 2, 1),
        ("(value) => value data", 1, 18),
        ("(value) => {\n  return value.;\n}", 2, 16),
        ("a)(b", 1, 2),
        ("(a), (b)", 1, 4),
        ("(v) => v;", 1, 9),
        ("", 2, 1),
        ("return 1", 1, 1),
        ("import x from 'y'", 1, 8),
    ],
)
def test_a_syntax_error_says_where(source: str, line: int, column: int) -> None:
    with pytest.raises(JavaScriptSyntaxError) as error:
        ENGINE.function(source)
    assert (error.value.line, error.value.column) == (line, column)
    assert error.value.message
    assert "input" not in str(error.value)


def test_sources_in_every_usual_form_are_functions() -> None:
    for source in (
        "v => v",
        "function (v) { return v }",
        "async function named(v) { return v }",
        "(v) => v // note",
    ):
        assert run(source, 7) == 7
    assert run("((factor) => (v) => v * factor)(3)", 7) == 21
    assert run("(v) => v?.a ?? `${[3, 1].toSorted()}`.replaceAll(',', '-')", 7) == "1-3"
