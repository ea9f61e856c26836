"""JavaScript's strings, truth and undefined: what every property's text depends on."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    Foreign,
    JsTypeError,
    cast_to_property,
    date_ms,
    entries,
    iso_string,
    js_lower,
    key_order,
    number_to_string,
    parse_number,
    replace_whitespace_runs,
    same_value_key,
    to_string,
    truthy,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (99.50, "99.5"),
        (1.0, "1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (123456789012345680000, "123456789012345680000"),
        (9007199254740993, "9007199254740992"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (-0.0, "0"),
        (-1.5e-9, "-1.5e-9"),
        (1e16, "10000000000000000"),
        (0.0001, "0.0001"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
    ],
)
def test_a_price_reads_in_hubspot_as_it_does_from_walkeros(number: float, text: str) -> None:
    assert number_to_string(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost_in_its_text(number: float) -> None:
    assert float(number_to_string(number)) == number


@pytest.mark.parametrize("value", [[], {}, "0", "false", -1, math.inf, Foreign("Date"), [None]])
def test_empty_lists_and_maps_are_true_as_in_javascript(value: Any) -> None:
    assert truthy(value)


@pytest.mark.parametrize("value", [UNDEFINED, None, False, 0, 0.0, -0.0, math.nan, ""])
def test_what_javascript_takes_for_false_is_false(value: Any) -> None:
    assert not truthy(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "x", True], "1,x,true"),
        ([[1, 2], [3, [4]]], "1,2,3,4"),
        ([UNDEFINED, 1, None], ",1,"),
        ([], ""),
        ({"a": 1}, "[object Object]"),
        ([{"a": 1}], "[object Object]"),
        (None, "null"),
        (UNDEFINED, "undefined"),
        (False, "false"),
    ],
)
def test_lists_and_maps_become_the_text_that_javascript_makes_of_them(value: Any, text: str) -> None:
    assert to_string(value) == text


def test_a_map_with_its_own_to_string_fails_instead_of_sending_nonsense() -> None:
    with pytest.raises(JsTypeError):
        to_string([{"toString": "x"}])


@pytest.mark.parametrize(
    "value", [None, math.nan, Foreign("Date"), {"a": [1, {"b": None}]}, [math.nan], object(), (1,)]
)
def test_one_null_anywhere_makes_the_whole_value_undefined(value: Any) -> None:
    assert cast_to_property(value) is UNDEFINED


@pytest.mark.parametrize("value", ["", 0, False, math.inf, [], {}, {"a": [1, {"b": UNDEFINED}]}, UNDEFINED])
def test_a_property_comes_back_as_it_is(value: Any) -> None:
    assert cast_to_property(value) is value


def test_nesting_beyond_the_python_stack_does_not_end_the_process() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert cast_to_property(deep) is deep
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    assert cast_to_property(cyclic) is cyclic


def test_undefined_stays_one_through_copies() -> None:
    assert copy.deepcopy({"a": UNDEFINED})["a"] is UNDEFINED
    assert pickle.loads(pickle.dumps(UNDEFINED)) is UNDEFINED
    assert not UNDEFINED
    assert repr(UNDEFINED) == "undefined"


def test_numeric_keys_come_first_as_in_javascript() -> None:
    assert key_order({"b": 1, "10": 1, "9": 1, "01": 1, "-1": 1}) == ["9", "10", "b", "01", "-1"]


def test_entries_of_nothing_fail_as_in_javascript() -> None:
    assert entries("ab") == [("0", "a"), ("1", "b")]
    assert entries(7) == []
    with pytest.raises(JsTypeError):
        entries(None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        (" 5 ", 5),
        ("1e0", 1),
        ("0x10", 16),
        ("0b11", 3),
        ("-0x1", math.nan),
        ("1_0", math.nan),
        ("x", math.nan),
    ],
)
def test_numbers_in_paths_are_read_as_javascript_reads_them(text: str, number: float) -> None:
    assert same_value_key(parse_number(text)) == same_value_key(number)


def test_only_javascript_whitespace_becomes_an_underscore_in_event_names() -> None:
    assert replace_whitespace_runs("a\u00a0\ufeff b\u0085c\x1cd", "_") == "a_b\u0085c\x1cd"
    assert js_lower("ÜBER İ") == "über i̇"


def test_true_is_not_one_when_lists_are_united() -> None:
    assert same_value_key(True) != same_value_key(1)
    assert same_value_key(1) == same_value_key(1.0)
    assert same_value_key(math.nan) == same_value_key(float("nan"))
    first: list[int] = []
    second: list[int] = []
    assert same_value_key(first) != same_value_key(second)


# What Node 20 answers, in UTC, to `new Date(value).toISOString()`; None is an invalid date.
NODE: list[tuple[Any, str | None]] = [
    ("2024", "2024-01-01T00:00:00.000Z"),
    ("2024-05", "2024-05-01T00:00:00.000Z"),
    ("2024-05-06", "2024-05-06T00:00:00.000Z"),
    ("2024-02-30", "2024-03-01T00:00:00.000Z"),
    ("2024-02-32", None),
    ("2024-05-06T07:08Z", "2024-05-06T07:08:00.000Z"),
    ("2024-05-06T07:08:09", "2024-05-06T07:08:09.000Z"),
    ("2024-05-06 07:08:09", "2024-05-06T07:08:09.000Z"),
    ("2024-05-06T24:00:00Z", "2024-05-07T00:00:00.000Z"),
    ("2024-05-06T25:00:00Z", None),
    ("2024-05-06T07:08:09.1234567Z", "2024-05-06T07:08:09.123Z"),
    ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09.000Z"),
    ("2024-05-06T07:08:09+0200", "2024-05-06T05:08:09.000Z"),
    ("20240506", None),
    ("+002024-05-06T00:00:00Z", "2024-05-06T00:00:00.000Z"),
    ("-000001-01-01T00:00:00Z", "-000001-01-01T00:00:00.000Z"),
    ("May 6, 2024", "2024-05-06T00:00:00.000Z"),
    ("6 May 2024 07:08:09 GMT", "2024-05-06T07:08:09.000Z"),
    ("Mon, 06 May 2024 07:08:09 GMT", "2024-05-06T07:08:09.000Z"),
    ("Mon May 06 2024 07:08:09 GMT+0200 (CEST)", "2024-05-06T05:08:09.000Z"),
    ("2024/05/06", "2024-05-06T00:00:00.000Z"),
    ("5/6/2024", "2024-05-06T00:00:00.000Z"),
    ("05/06/2024 10:11", "2024-05-06T10:11:00.000Z"),
    ("2024-5-6", "2024-05-06T00:00:00.000Z"),
    (" 2024-05-06 ", "2024-05-06T00:00:00.000Z"),
    ("2024-05-06T07", None),
    ("2024-05-06T07:08:60Z", None),
    ("abc", None),
    ("1700000000000", None),
    ([2024], "2024-01-01T00:00:00.000Z"),
    ([1700000000000], None),
    ({}, None),
    (True, "1970-01-01T00:00:00.001Z"),
    (1700000000123.9, "2023-11-14T22:13:20.123Z"),
    (-0.5, "1970-01-01T00:00:00.000Z"),
    (8.64e15, "+275760-09-13T00:00:00.000Z"),
    (8.64e15 + 1, None),
    (-8.64e15, "-271821-04-20T00:00:00.000Z"),
    (253402300800000, "+010000-01-01T00:00:00.000Z"),
    (-62198755200000, "-000001-01-01T00:00:00.000Z"),
]


@pytest.mark.parametrize(("value", "expected"), NODE)
def test_a_timestamp_means_what_node_takes_it_for(value: Any, expected: str | None) -> None:
    ms = date_ms(value)
    assert (None if ms is None else iso_string(ms)) == expected


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_every_moment_prints_as_python_prints_it(moment: datetime) -> None:
    ms = (moment - datetime(1970, 1, 1, tzinfo=UTC)).days * 86_400_000 + (
        moment.hour * 3_600_000 + moment.minute * 60_000 + moment.second * 1000 + moment.microsecond // 1000
    )
    assert iso_string(ms) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert date_ms(iso_string(ms)) == ms
