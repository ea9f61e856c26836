"""Every `$code:` string of the recorded behaviour does what its words say."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign

WORDS: dict[str, str] = json.loads((Path(__file__).parent / "code_functions.json").read_text())

EVENT: dict[str, Any] = {
    "name": "order complete",
    "entity": "order",
    "data": {"total": 120.5, "price": 4, "quantity": 3, "tier": "premium"},
    "nested": [{"entity": "product"}, {"entity": "gift"}],
    "user": {"email": "user@example.com"},
}
BARE: dict[str, Any] = {"name": "page view", "entity": "product"}

THROWN = "thrown"
FOREIGN = "foreign"

# source without `$code:` -> (value, what comes out), …
RESULTS: dict[str, list[tuple[Any, Any]]] = {
    '() => ""': [(EVENT, "")],
    '() => "constant"': [(EVENT, "constant")],
    "() => () => 1": [(EVENT, (FOREIGN, "function"))],
    '() => ({ a: 1, b: "x" })': [(EVENT, {"a": 1, "b": "x"})],
    "() => ({ a: 1, b: null })": [(EVENT, {"a": 1, "b": None})],
    "() => ({ a: 1, b: undefined })": [(EVENT, {"a": 1, "b": UNDEFINED})],
    "() => 0": [(EVENT, 0)],
    "() => 0.1 + 0.2": [(EVENT, 0.30000000000000004)],
    "() => 1": [(EVENT, 1)],
    "() => 1e-7": [(EVENT, 1e-7)],
    "() => 1e21": [(EVENT, 1e21)],
    "() => Infinity": [(EVENT, math.inf)],
    '() => [1, "two", true]': [(EVENT, [1, "two", True])],
    "() => [1, null]": [(EVENT, [1, None])],
    "() => [1, undefined, 3]": [(EVENT, [1, UNDEFINED, 3])],
    "() => false": [(EVENT, False)],
    "() => new Date(0)": [(EVENT, (FOREIGN, "Date"))],
    "() => null": [(EVENT, None)],
    "() => true": [(EVENT, True)],
    "() => undefined": [(EVENT, UNDEFINED)],
    '() => { throw new Error("boom"); }': [(EVENT, (THROWN, "Error", "boom"))],
    '() => { throw new Error("cond"); }': [(EVENT, (THROWN, "Error", "cond"))],
    '() => { throw new Error("validate"); }': [(EVENT, (THROWN, "Error", "validate"))],
    "(value) => !!(value.user && value.user.email)": [(EVENT, True), (BARE, False)],
    '(value) => !!value.data && value.data.tier === "premium"': [(EVENT, True), (BARE, False)],
    "(value) => !!value.data && value.data.total > 100": [(EVENT, True), (BARE, False)],
    "(value) => Array.isArray(value)": [([], True), (EVENT, False)],
    "(value) => Object.keys(value).length > 0": [(EVENT, True), ({}, False)],
    "(value) => typeof value": [(EVENT, "object"), (UNDEFINED, "undefined"), (1, "number"), (None, "object")],
    '(value) => typeof value === "number"': [(1.5, True), ("1", False)],
    '(value) => typeof value === "string"': [("1", True), (1, False)],
    '(value) => typeof value === "string" && value.includes("@")': [("a@b", True), ("ab", False), (1, False)],
    '(value) => typeof value === "string" ? value.toUpperCase() : undefined': [("aß", "ASS"), (1, UNDEFINED)],
    "(value) => value": [(EVENT, EVENT), ("x", "x"), (None, None), (UNDEFINED, UNDEFINED)],
    "(value) => value > 0": [(1, True), (-1, False), ("2", True)],
    "(value) => value.data.price * value.data.quantity": [(EVENT, 12), (BARE, (THROWN, "TypeError", None))],
    "(value) => value.data.total * 2": [(EVENT, 241), (BARE, (THROWN, "TypeError", None))],
    "(value) => value.data.total > 100": [(EVENT, True), (BARE, (THROWN, "TypeError", None))],
    '(value) => value.entity === "product"': [(EVENT, False), (BARE, True)],
    "(value) => value.length > 2": [("abc", True), ([1], False), (None, (THROWN, "TypeError", None))],
    "(value) => value.nested.length": [(EVENT, 2)],
    "(value) => value.toUpperCase()": [("a", "A"), (1, (THROWN, "TypeError", None))],
    '(value) => value.user.email.split("@")[1]': [
        (EVENT, "example.com"),
        (BARE, (THROWN, "TypeError", None)),
    ],
    "(value, context) => !!context.consent && context.consent.marketing === true": [(EVENT, True)],
    '(value, context) => Object.keys(context.mapping).join(",")': [(EVENT, "fn,key")],
    '(value, context) => context.consent && context.consent.marketing === true ? "yes" : "no"': [
        (EVENT, "yes")
    ],
    "(value, context) => context.event.name": [("an item", "order complete")],
    '(value, context) => context.event.name === "order complete"': [("an item", True)],
    "async () => false": [(EVENT, False)],
    "async () => true": [(EVENT, True)],
    'async () => { throw new Error("async boom"); }': [(EVENT, (THROWN, "Error", "async boom"))],
    'async (value) => value.name + "!"': [(EVENT, "order complete!")],
}
# Numbers that Python's == does not tell apart, by how Python writes them.
SPELLED = {"() => -0": "-0.0", "() => NaN": "nan"}


def outcome(source: str, value: Any) -> Any:
    context = CallContext(
        event=EVENT, mapping={"fn": "$code:…", "key": "id"}, consent={"marketing": True}, scope=object()
    )
    try:
        result = JavaScriptEngine().function(source)(value, context)
    except JavaScriptError as error:
        return THROWN, error.name, error.message
    return (FOREIGN, result.kind) if isinstance(result, Foreign) else result


def test_no_recorded_function_goes_unchecked() -> None:
    assert {code.removeprefix("$code:") for code in WORDS} == {*RESULTS, *SPELLED}
    assert len(WORDS) == 54


@pytest.mark.parametrize("source", list(RESULTS))
def test_a_recorded_function_gives_what_its_words_say(source: str) -> None:
    for value, expected in RESULTS[source]:
        result = outcome(source, value)
        if isinstance(expected, tuple) and expected[-1] is None:
            assert result[:-1] == expected[:-1]
            assert result[-1]
        else:
            assert result == expected
            assert isinstance(result, bool) == isinstance(expected, bool)


@pytest.mark.parametrize("source", list(SPELLED))
def test_a_recorded_number_keeps_its_sign_and_its_nan(source: str) -> None:
    assert repr(outcome(source, EVENT)) == SPELLED[source]


def test_a_missing_number_multiplied_is_nan() -> None:
    assert repr(outcome("(value) => value.data.total * 2", {"data": {}})) == "nan"


def test_no_consent_reads_as_no() -> None:
    ask = "(value, context) => !!context.consent && context.consent.marketing === true"
    for consent in (None, {}, {"marketing": False}, {"marketing": "yes"}):
        context = CallContext(event=EVENT, consent=consent, scope=object())
        assert JavaScriptEngine().function(ask)(EVENT, context) is False
