"""What mapping functions find around them: what is missing says so, and the same event gives the same plan."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError

ENGINE = JavaScriptEngine()


def run(source: str, value: Any = None, *, now_ms: int | None = None, scope: object = None) -> Any:
    return ENGINE.function(source)(value, CallContext(scope=scope or object(), now_ms=now_ms))


def test_changing_case_without_naming_a_locale_works() -> None:
    assert run("() => 'aß'.toLocaleUpperCase() + 'AB'.toLocaleLowerCase(undefined)") == "ASSab"


@pytest.mark.parametrize("name", ["process", "require", "fetch", "setTimeout", "module"])
def test_what_only_node_has_is_named_as_such(name: str) -> None:
    for expression in (name, f"typeof {name}", f"globalThis.{name}"):
        with pytest.raises(
            JavaScriptError, match=rf"^ReferenceError: {name} is not available .* Node bundle"
        ) as error:
            run(f"() => {expression}")
        assert error.value.name == "ReferenceError"


@pytest.mark.parametrize(
    "expression",
    [
        "eval('1')",
        "(0, eval)('1')",
        "new Function('return 1')()",
        "(() => {}).constructor('return 1')()",
        "(async () => {}).constructor('return 1')()",
        "(function* () {}).constructor('yield 1')()",
        "(async function* () {}).constructor('yield 1')()",
        "new Proxy({}, {})",
        "new WeakRef({})",
        "new SharedArrayBuffer(8)",
    ],
)
def test_code_from_text_and_sources_of_chance_are_not_there(expression: str) -> None:
    with pytest.raises(JavaScriptError, match="is not available in this engine"):
        run(f"() => {expression}")


def test_importing_reads_no_file() -> None:
    for name in ("/etc/passwd", "node:fs", "./conftest.py"):
        with pytest.raises(JavaScriptError, match="could not load module"):
            run(f"() => import('{name}')")


def test_now_is_the_time_of_the_plan() -> None:
    now = 1_750_000_000_000
    assert run("() => [Date.now(), new Date().getTime(), +new Date(2025, 0), Date.UTC(1970, 0)]", now_ms=now)[
        :2
    ] == [now, now]
    assert run("() => new Date().toISOString()", now_ms=now) == "2025-06-15T15:06:40.000Z"
    assert run(
        "() => [new Date(5).getTime(), Date.parse('1970-01-01T00:00:01Z'), typeof Date()]", now_ms=now
    ) == [5, 1000, "string"]
    assert (
        run(
            "() => new (class Day extends Date { half() { return this.getTime() / 2 } })().half()", now_ms=now
        )
        == now / 2
    )
    assert run("() => new Date().constructor === Date && Date.length === 7 && Date.name === 'Date'") is True
    assert run("() => Date.now()") > now


def test_chance_is_the_same_for_every_plan() -> None:
    draw = "() => Array.from({ length: 5 }, Math.random)"
    scope = object()
    first = run(draw, scope=scope)
    assert first != run(draw, scope=scope)
    assert first == run(draw, scope=object())
    assert first == JavaScriptEngine().function(draw)(None, CallContext(scope=object()))
    assert len(set(first)) == 5
    assert all(0 <= number < 1 for number in first)


def test_a_structured_clone_shares_nothing() -> None:
    assert run("(v) => { const c = structuredClone(v); c.a.push(2); return [v, c] }", {"a": [1]}) == [
        {"a": [1]},
        {"a": [1, 2]},
    ]
    assert (
        run("() => { const a = {}; a.a = a; const c = structuredClone(a); return c.a === c && c !== a }")
        is True
    )
    assert run("() => structuredClone(new Map([[1, new Date(5)]])).get(1).getTime()") == 5
    with pytest.raises(JavaScriptError, match="could not be cloned"):
        run("() => structuredClone({ f() {} })")


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("[3, 1, undefined, 10, 2].sort()", "1,10,2,3,"),
        ("[3, 1, 2].toSorted((a, b) => b - a)", "3,2,1"),
        ("Array.from({ length: 20000 }, (_, n) => 19999 - n).sort().slice(0, 3)", "0,1,10"),
        ("[1, [2, [3, [4]]]].flat()", "1,2,3,4"),
        ("JSON.stringify([1, [2, [3, [4]]]].flat(2))", "[1,2,3,[4]]"),
        ("[[1], 2].flatMap((item) => [item, 'x'])", "1,x,2,x"),
        ("[1].concat([2, [3]], 4, 'ab').length", "5"),
        ("[].join.call({ length: 2, 0: 'a', 1: 'b' }, '-')", "a-b"),
        ("[].slice.call('abc', 1)", "b,c"),
        ("[1, 2, 3].includes(2) && ![1].includes('1') && [NaN].includes(NaN)", "true"),
        ("'abcabc'.indexOf('c', 3)", "5"),
        ("'abcabc'.lastIndexOf('c', 4)", "2"),
        ("'abc'.includes(undefined) || 'undefined'.includes()", "true"),
        ("'a,b,,c'.split(',', 3).join('|')", "a|b|"),
        ("'abc'.split().length", "1"),
        ("'a1b2'.split(/\\d/).join('|')", "a|b|"),
        ("'aXbX'.replace('X', (m) => m + m)", "aXXbX"),
        ("'aXbX'.replaceAll('X', '$&$&')", "aXXbXX"),
        ("'a.b.c'.replace(/\\./g, '-')", "a-b-c"),
        ("' x '.trim() + 'a'.padStart(3, '-') + 'b'.repeat(2)", "x--abb"),
        ("'e\\u0301'.normalize('NFC').length", "1"),
        ("String.raw`a\\n${1}`", "a\\n1"),
        (
            "JSON.stringify({ a: [1, undefined], b: undefined, c: new Date(0) }, null, 1).replaceAll('\\n', '')",
            '{ "a": [  1,  null ], "c": "1970-01-01T00:00:00.000Z"}',
        ),
        ("JSON.stringify({ a: 1, b: 2 }, ['b'])", '{"b":2}'),
        ("JSON.stringify({ a: 1 }, (key, value) => (key === 'a' ? 2 : value))", '{"a":2}'),
        ("JSON.parse('{\"a\":1}', (key, value) => (key ? value + 1 : value)).a", "2"),
        ("Object.entries({ a: 1, b: 2 }).flat()", "a,1,b,2"),
        ("parseInt('ff', 16) + parseInt('7px') + Number.parseFloat('1.5')", "263.5"),
        ("encodeURIComponent('a b&ü') + btoa('ab')", "a%20b%26%C3%BCYWI="),
        ("[1, 2, 3].values().drop(1).toArray()", "2,3"),
        ("[].join.name + [].indexOf.length", "join1"),
        ("[5, 1].map(Number).reverse()", "1,5"),
        ("[1, 2, 3, 4].splice(1, 2)", "2,3"),
        ("[1, 2, 3].with(0, 9)", "9,2,3"),
    ],
)
def test_a_guarded_built_in_does_what_javascript_says(expression: str, result: str) -> None:
    assert run(f"() => String({expression})") == result
