"""Mapping values: the surprises of walkerOS' own language, one by one (spec section 2.5), and the callbacks."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.values import ValueCompiler

EVENT: dict[str, Any] = {
    "name": "order complete",
    "data": {"id": "o1", "total": 5, "zero": 0, "empty": "", "no": False, "nul": None, "tags": ["x", "y"]},
    "nested": [{"data": {"id": "p1"}}, {"data": {"id": "p2"}}, {"data": {}}],
    "groups": [{"items": [{"v": 1}, {"v": 2}]}, {"name": "bare"}],
    "consent": {"functional": True},
}


def resolve(mapping: Any, event: Any = EVENT) -> tuple[Any, Evaluation]:
    """Resolve plainly and traced, insist that both agree, and return the result with its evaluation."""
    plain, traced = Evaluation(event, CollectorView()), Evaluation(event, CollectorView())
    result = ValueCompiler(Callbacks()).compile(mapping)(event, plain, {})
    assert ValueCompiler(Callbacks(), traced=True).compile(mapping)(event, traced, {}) == result
    assert [issue.message for issue in plain.issues] == [issue.message for issue in traced.issues]
    return result, plain


def raising(value: Any, context: Any) -> Any:
    msg = "boom"
    raise ValueError(msg)


@pytest.mark.parametrize(
    ("mapping", "result"),
    [
        ("nope", UNDEFINED),
        ({"key": "nope", "value": "D"}, "D"),
        ({"key": "data.zero", "value": "D"}, 0),
        ({"key": "data.empty", "value": "D"}, ""),
        ({"key": "data.no", "value": "D"}, False),
        ({"key": "data.nul", "value": "D"}, "D"),
        ({"value": None}, UNDEFINED),
        ({}, UNDEFINED),
        (7, UNDEFINED),
        (True, UNDEFINED),
        ({"loop": ["missing", "x"], "value": "S"}, "S"),
        ({"loop": ["data.tags", "this"]}, []),
        ({"loop": ["data.tags", ""]}, ["x", "y"]),
        ({"loop": ["nested", "data.id"]}, ["p1", "p2"]),
        ({"loop": ["this", "data.id"]}, ["o1"]),
        ({"loop": ["groups", {"loop": ["items", "v"]}]}, [[1, 2], {"name": "bare"}]),
        ({"map": {"a": "nope"}, "value": "S"}, {}),
        ({"map": {"a": "data.id", "b": "nope"}}, {"a": "o1"}),
        ({"set": ["data.id", "nope", {"value": 2}]}, ["o1", UNDEFINED, 2]),
        ({"key": "data.id", "value": "S", "map": {"m": "data.total"}, "set": ["data.id"]}, {"m": 5}),
        ({"consent": {"marketing": True}, "key": "data.id", "value": "anon"}, "anon"),
        ({"consent": {"functional": True}, "key": "data.id", "value": "anon"}, "o1"),
        ([{"consent": {"marketing": True}, "key": "data.total"}, "data.id"], "o1"),
        (["data.no", "data.id"], False),
        ([["data.no", "data.id"]], "o1"),
        ([["data.no", "nope"]], UNDEFINED),
        ([], UNDEFINED),
        ("data", UNDEFINED),
        ("nested.*.data.id", ["p1", "p2", UNDEFINED]),
    ],
)
def test_a_mapping_value_gives_what_walkeros_gives(mapping: Any, result: Any) -> None:
    assert resolve(mapping)[0] == result


@pytest.mark.parametrize(
    "mapping", ["", {"foo": 1}, {"loop": ["missing", "x"]}, {"condition": lambda v, c: True}]
)
def test_a_value_that_says_nothing_gives_the_whole_input(mapping: Any) -> None:
    assert resolve(mapping, {"a": 1})[0] == {"a": 1}


def test_a_null_in_a_map_costs_that_entry_only_and_is_counted() -> None:
    result, ev = resolve({"map": {"a": None, "b": "data.id"}})
    assert result == {"b": "o1"}
    assert ev.failed == 1
    assert [issue.message for issue in ev.issues] == ["mapping processing failed"]


def test_a_null_in_a_set_costs_the_whole_value() -> None:
    result, ev = resolve({"set": [None, "data.id"], "value": "d"})
    assert result is UNDEFINED
    assert ev.failed == 1


def test_python_functions_get_value_and_context_like_javascript_ones() -> None:
    seen: list[Any] = []

    def fn(value: Any, context: Any) -> Any:
        seen.append((value, context.event["name"], context.consent, list(context.mapping)))
        return value["data"]["id"].upper()

    result, _ = resolve({"loop": ["nested", {"fn": fn, "condition": lambda v, c: "id" in v["data"]}]})
    assert result == ["P1", "P2"]
    assert seen[0] == ({"data": {"id": "p1"}}, "order complete", {"functional": True}, ["fn", "condition"])


@pytest.mark.parametrize(
    ("mapping", "result", "message"),
    [
        ({"fn": raising, "value": "d"}, "d", "mapping fn failed"),
        ({"condition": raising, "key": "data.id"}, UNDEFINED, "mapping condition failed"),
        ({"key": "data.id", "validate": raising}, UNDEFINED, "mapping validate failed"),
        ({"fn": "no function", "value": "d"}, "d", "mapping fn failed"),
    ],
)
def test_a_function_that_fails_costs_its_value_and_says_so(mapping: Any, result: Any, message: str) -> None:
    got, ev = resolve(mapping)
    assert got == result
    assert [issue.message for issue in ev.issues] == [message]
    assert ev.failed == 0


@pytest.mark.parametrize("returned", [None, math.nan, object(), {"a": None}])
def test_what_a_function_returns_must_be_a_property(returned: Any) -> None:
    assert resolve({"fn": lambda v, c: returned})[0] is UNDEFINED


def test_async_functions_are_awaited() -> None:
    async def fn(value: Any, context: Any) -> str:
        return "awaited"

    assert resolve({"fn": fn})[0] == "awaited"


def test_the_item_of_a_loop_brings_its_own_consent() -> None:
    event = {"items": [{"id": 1, "consent": {"m": True}}, {"id": 2}], "consent": {}}
    assert resolve({"loop": ["items", {"consent": {"m": True}, "key": "id"}]}, event)[0] == [1]


def test_a_trace_tells_where_every_value_came_from() -> None:
    ev = Evaluation(EVENT, CollectorView())
    mapping = {"map": {"id": "data.id", "cur": {"key": "data.currency", "value": "EUR"}, "no": "nope"}}
    ValueCompiler(Callbacks(), traced=True).compile_named("properties", mapping)(EVENT, ev, {})
    (trace,) = ev.traces
    assert (trace.name, trace.step) == ("properties", "map")
    assert [(step.name, step.step, step.result) for step in trace.steps] == [
        ("id", "key data.id", "o1"),
        ("cur", "key data.currency", "EUR"),
        ("no", "key nope", UNDEFINED),
    ]
    assert trace.steps[1].notes == []
