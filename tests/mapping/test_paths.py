"""Paths: what a mapping can reach, and what a policy changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.paths import compile_path, delete_by_path, get_by_path, set_by_path

EVENT = {
    "data": {"id": "o1", "zero": 0, "nul": None, "tags": ["a", "b"]},
    "nested": [{"data": {"id": "p1"}}, {"data": {}}, "text", None],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("data.id", "o1"),
        ("data.zero", 0),
        ("data.nul", None),
        ("data.tags.1", "b"),
        ("data.tags.length", 2),
        ("data.tags.01", UNDEFINED),
        ("data.tags.-1", UNDEFINED),
        ("data.id.length", UNDEFINED),
        ("data.zero.x", UNDEFINED),
        ("nested.*.data.id", ["p1", UNDEFINED, UNDEFINED, UNDEFINED]),
        ("nested.*", [UNDEFINED] * 4),
        ("", UNDEFINED),
    ],
)
def test_a_path_finds_what_walkeros_finds(path: str, found: Any) -> None:
    assert get_by_path(EVENT, path) == found


def test_a_default_stands_in_for_what_is_missing_but_not_for_null() -> None:
    assert get_by_path(EVENT, "data.nope", "D") == "D"
    assert get_by_path(EVENT, "data.nul", "D") is None
    assert get_by_path(EVENT, "nested.*.data.id", "D") == ["p1", "D", "D", "D"]


json_values = st.recursive(
    st.none() | st.just(UNDEFINED) | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "0", "*", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)
paths = st.lists(st.sampled_from(["a", "b", "0", "1", "*", "", "length"]), min_size=1, max_size=4).map(
    ".".join
)


@given(json_values, paths, st.sampled_from([UNDEFINED, "D", None]))
def test_a_compiled_path_finds_what_the_path_finds(value: Any, path: str, default: Any) -> None:
    assert compile_path(path, default)(value) == get_by_path(value, path, default)


@given(json_values, paths)
def test_setting_and_deleting_leave_the_original_alone(value: Any, path: str) -> None:
    before = repr(value)
    set_by_path(value, path, "new")
    delete_by_path(value, path)
    assert repr(value) == before


maps = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["a", "b"]), maps), st.sampled_from(["a", "a.b", "b.c.d", "x.y.z"]))
def test_what_a_policy_sets_is_found_at_its_path(value: dict[str, Any], path: str) -> None:
    assert get_by_path(set_by_path(value, path, "new"), path) == "new"


def test_setting_fills_holes_and_replaces_scalars() -> None:
    assert set_by_path({"a": [1]}, "a.3", 9) == {"a": [1, UNDEFINED, UNDEFINED, 9]}
    assert set_by_path({"a": "text"}, "a.b", 1) == {"a": {"b": 1}}
    assert set_by_path("no map", "a", 1) == "no map"


def test_deleting_an_item_closes_the_gap() -> None:
    assert delete_by_path({"a": [1, 2, 3]}, "a.1") == {"a": [1, 3]}
    assert delete_by_path({"a": [1, 2]}, "a.") == {"a": [2]}
    assert delete_by_path({"a": {"b": 1}}, "a.x.y") == {"a": {"b": 1}}
