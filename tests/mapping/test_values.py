"""Mapping values: the surprises of walkerOS' own language, one by one (spec section 2.5), and the callbacks."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_4, WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.values import Callbacks, ValueCompiler

EVENT: dict[str, Any] = {
    "name": "order complete",
    "data": {"id": "o1", "total": 5, "zero": 0, "empty": "", "no": False, "nul": None, "tags": ["x", "y"]},
    "nested": [{"data": {"id": "p1"}}, {"data": {"id": "p2"}}, {"data": {}}],
    "groups": [{"items": [{"v": 1}, {"v": 2}]}, {"name": "bare"}],
    "consent": {"functional": True},
}


def resolve(mapping: Any, event: Any = EVENT, dialect: Dialect = WALKEROS_4_7) -> tuple[Any, Evaluation]:
    """Resolve plainly and traced, insist that both agree, and return the result with its evaluation."""
    plain, traced = Evaluation(event, CollectorView()), Evaluation(event, CollectorView())
    result = ValueCompiler(Callbacks(), dialect=dialect).compile(mapping)(event, plain, {})
    again = ValueCompiler(Callbacks(), traced=True, dialect=dialect).compile(mapping)(event, traced, {})
    assert again == result
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
        ({"loop": ["groups", {"loop": ["items", "v"]}]}, [[1, 2]]),
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


@pytest.mark.parametrize("mapping", ["", {"foo": 1}, {"condition": lambda v, c: True}])
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


@pytest.mark.parametrize(
    ("mapping", "place"),
    [
        ({"map": {"total": {"fn": raising}}}, "properties.total"),
        ({"map": {"ids": {"loop": ["nested", {"map": {"id": {"fn": raising}}}]}}}, "properties.ids.*.id"),
        ({"map": {"a": {"map": {"b": {"key": "data.id", "validate": raising}}}}}, "properties.a.b"),
        ([{"condition": raising, "key": "data.id"}, "data.id"], "properties"),
        ({"map": {"a": None}}, "properties.a"),
    ],
)
def test_a_function_that_fails_is_named_by_the_place_of_its_value(mapping: Any, place: str) -> None:
    ev = Evaluation(EVENT, CollectorView())
    ValueCompiler(Callbacks()).compile_named("properties", mapping)(EVENT, ev, {})
    assert {(issue.detail["place"], issue.text.split(":")[0]) for issue in ev.issues} == {(place, place)}


@pytest.mark.parametrize("returned", [None, math.nan, object(), {"a": None}])
def test_what_a_function_returns_must_be_a_property(returned: Any) -> None:
    assert resolve({"fn": lambda v, c: returned})[0] is UNDEFINED


def test_async_functions_are_awaited() -> None:
    async def fn(value: Any, context: Any) -> str:
        return "awaited"

    assert resolve({"fn": fn})[0] == "awaited"


@pytest.mark.parametrize(
    ("own", "events", "result", "older"),
    [
        ({"m": True}, {"m": False}, [], [1]),
        ({"m": False}, {"m": True}, [1], []),
        ({}, {"m": True}, [1], []),
        (None, {"m": True}, [1], [1]),
        (None, {"m": False}, [], []),
    ],
)
def test_the_consent_of_a_loop_item_is_plain_data(own: Any, events: Any, result: Any, older: Any) -> None:
    event = {"items": [{"id": 1} if own is None else {"id": 1, "consent": own}], "consent": events}
    mapping = {"loop": ["items", {"consent": {"m": True}, "key": "id"}]}
    got, ev = resolve(mapping, event)
    assert got == result
    assert resolve(mapping, event, WALKEROS_4_4)[0] == older
    assert [divergence.code for divergence in ev.divergences] == (
        ["walkeros_item_consent"] if result != older else []
    )


def test_the_consent_of_a_loop_item_is_plain_data_at_every_depth() -> None:
    inner = {"map": {"mail": {"key": "mail", "consent": {"m": True}}, "said": "consent.m"}}
    mapping = {"loop": ["groups", {"loop": ["people", inner]}]}
    event = {
        "groups": [
            {"consent": {"m": True}, "people": [{"mail": "a@x.org"}, {"mail": "b", "consent": {"m": 1}}]}
        ],
        "consent": {"m": False},
    }
    got, ev = resolve(mapping, event)
    assert got == [[{}, {"said": 1}]]
    assert len(ev.divergences) == 1


@pytest.mark.parametrize(
    ("mapping", "result", "older"),
    [
        ({"loop": ["nope", "id"]}, UNDEFINED, {"id": "o1"}),
        ({"loop": ["id", "x"]}, UNDEFINED, {"id": "o1"}),
        ({"loop": ["nope", "id"], "value": "V"}, "V", "V"),
        ({"key": "id", "loop": ["nope", "id"]}, UNDEFINED, "o1"),
        ({"key": "nope", "loop": ["nope", "id"]}, UNDEFINED, UNDEFINED),
        ({"fn": lambda v, c: "F", "loop": ["nope", "id"], "value": "V"}, "V", "F"),
        ([{"loop": ["nope", "id"]}, "id"], "o1", {"id": "o1"}),
        (
            {"map": {"id": "id", "skus": {"loop": ["nope", "id"]}}},
            {"id": "o1"},
            {"id": "o1", "skus": {"id": "o1"}},
        ),
    ],
)
def test_a_loop_without_a_list_gives_nothing(mapping: Any, result: Any, older: Any) -> None:
    got, ev = resolve(mapping, {"id": "o1"})
    assert got == result
    assert resolve(mapping, {"id": "o1"}, WALKEROS_4_4)[0] == older
    assert [divergence.code for divergence in ev.divergences] == (
        ["walkeros_loop_without_list"] if result != older else []
    )


@pytest.mark.parametrize("beside", [{"key": "data.id"}, {"map": {"a": "data.id"}}, {"set": ["data.id"]}])
def test_a_second_producer_is_not_run(beside: dict[str, Any]) -> None:
    called: list[Any] = []

    def fn(value: Any, context: Any) -> Any:
        called.append(value)
        return raising(value, context)

    expected = resolve(beside)[0]
    got, ev = resolve({"fn": fn, **beside})
    assert (got, called, ev.issues) == (expected, [], [])
    got, ev = resolve({"fn": fn, **beside}, EVENT, WALKEROS_4_4)
    assert got == expected
    assert [issue.message for issue in ev.issues] == ["mapping fn failed"]


def test_validate_sees_the_result_of_the_one_producer() -> None:
    seen: list[Any] = []
    resolve({"loop": ["nope", "x"], "validate": lambda v, c: seen.append(v)})
    assert seen == [UNDEFINED, UNDEFINED]


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
    assert [step.notes for step in trace.steps] == [[], ["default value"], []]


@pytest.mark.parametrize(
    ("mapping", "notes"),
    [
        ({"key": "data.id", "value": "x"}, []),
        ({"key": "data.none", "value": 0}, ["default value"]),
        ({"key": "data.none", "value": 0, "validate": lambda _v, _c: True}, ["default value"]),
        ({"value": "x"}, ["constant"]),
        ({"value": "x", "consent": {"other": True}}, ["consent missing: other", "default value"]),
        ({"fn": lambda _e, _c: UNDEFINED, "value": "x"}, ["default value"]),
        (["data.none", {"value": "x"}], ["constant", "alternative 2 of 2"]),
        (
            [{"condition": lambda _v, _c: False, "key": "data.id"}, {"key": "data.none", "value": "x"}],
            ["condition is false", "default value", "alternative 2 of 2"],
        ),
        ({"key": "nested.*.nope", "value": "x"}, ["default value for 2 items"]),
    ],
)
def test_a_trace_names_every_value_that_the_configuration_gave_and_not_the_event(
    mapping: Any, notes: list[str]
) -> None:
    event = {"data": {"id": "o1"}, "nested": [{"data": {}}, {"data": {}}]}
    ev = Evaluation(event, CollectorView())
    ValueCompiler(Callbacks(), traced=True).compile(mapping)(event, ev, {})
    assert ev.traces[0].notes == notes


def test_a_trace_names_constants_inside_loops_and_sets() -> None:
    event = {"nested": [{"data": {"id": 1}}, {"data": {}}]}
    ev = Evaluation(event, CollectorView())
    mapping = {"set": [{"value": "x"}, {"loop": ["nested", {"key": "data.id", "value": 0}]}]}
    ValueCompiler(Callbacks(), traced=True).compile(mapping)(event, ev, {})
    constant, loop = ev.traces[0].steps
    assert constant.notes == ["constant"]
    assert [step.notes for step in loop.steps if step.step == "key data.id"] == [[], ["default value"]]


def test_a_trace_forgets_the_default_of_a_key_that_a_later_producer_replaces() -> None:
    event = {"nested": [1]}
    for mapping in (
        {"key": "data.none", "value": "x", "map": {"a": "nested"}},
        {"key": "data.none", "value": "x", "loop": ["nested", {"value": 1}]},
    ):
        ev = Evaluation(event, CollectorView())
        ValueCompiler(Callbacks(), traced=True, dialect=WALKEROS_4_4).compile(mapping)(event, ev, {})
        assert ev.traces[0].notes == []
