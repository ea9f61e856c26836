"""Events: what a partial one is filled up with, and what is left as it came."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given

from hubspot_dest.events.collector import (
    MAX_EVENT_DEPTH,
    Collector,
    InvalidEventError,
    event_name,
    is_too_deep,
    may_be_too_deep,
)
from hubspot_dest.mapping.jsvalues import JsTypeError
from tests.configurations import EVENTS

NOW = 1_750_000_000_000


def state(**more: Any) -> Collector:
    return Collector(now_ms=lambda: NOW, new_id=lambda: "f" * 16, **more)


def test_an_event_is_filled_up_as_walkeros_fills_it() -> None:
    event = state(user={"id": "u"}, consent={"m": True}, globals_={"g": 1}).complete(
        {"name": "product view", "data": {"id": 1}}
    )
    source = event.pop("source")
    assert event == {
        "name": "product view",
        "data": {"id": 1},
        "context": {},
        "globals": {"g": 1},
        "custom": {},
        "user": {"id": "u"},
        "nested": [],
        "consent": {"m": True},
        "id": "f" * 16,
        "trigger": "",
        "entity": "product",
        "action": "view",
        "timestamp": NOW,
        "timing": 0.0,
    }
    assert (source["type"], source["schema"], source["count"], len(source["trace"])) == (
        "collector",
        "4",
        1,
        32,
    )


def test_null_stays_and_unknown_keys_go() -> None:
    event = state().complete({"name": "a b", "data": None, "timestamp": None, "version": 3})
    assert event["data"] is None
    assert event["timestamp"] is None
    assert "version" not in event


def test_the_count_counts_events_that_were_taken() -> None:
    collector = state()
    with pytest.raises(InvalidEventError):
        collector.complete({"name": "bad"})
    assert collector.complete({"name": "a b"})["source"]["count"] == 1
    assert collector.complete({"name": "a b", "source": {"count": 7}})["source"]["count"] == 7
    assert collector.complete({"name": "a b"})["source"]["count"] == 2


@given(EVENTS)
def test_completing_twice_changes_nothing_and_never_touches_the_event(event: dict[str, Any]) -> None:
    collector = state(globals_={"tags": ["a"]})
    before = repr(event)
    try:
        once = collector.complete(event)
    except JsTypeError:
        return
    assert repr(event) == before
    assert repr(collector.complete(once)) == repr(once)


@pytest.mark.parametrize(
    ("name", "pieces"),
    [("a b", ("a", "b")), ("a b c d", ("a", "b")), ("a b\t", ("a", "b\t"))],
)
def test_a_name_is_split_at_single_spaces(name: str, pieces: tuple[str, str]) -> None:
    assert event_name({"name": name}) == (name, *pieces)


@pytest.mark.parametrize("name", ["product", "product ", " view", "product  view", 5, None, ["a b"]])
def test_a_name_without_two_words_is_invalid(name: Any) -> None:
    with pytest.raises(InvalidEventError, match="invalid"):
        event_name({"name": name})


def nested(levels: int, kind: str) -> bytes:
    opening, closing = (b"[", b"]") if kind == "list" else (b'{"a":', b"}")
    return opening * levels + b"1" + closing * levels


@pytest.mark.parametrize("kind", ["list", "object"])
def test_the_limit_is_the_last_level_that_is_taken(kind: str) -> None:
    at, beyond = nested(MAX_EVENT_DEPTH, kind), nested(MAX_EVENT_DEPTH + 1, kind)
    assert not is_too_deep(orjson.loads(at))
    assert is_too_deep(orjson.loads(beyond))
    assert may_be_too_deep(beyond)


def test_what_is_wide_is_not_deep() -> None:
    wide: dict[str, Any] = {"nested": [{"entity": "a", "nested": []} for _ in range(1000)]}
    assert may_be_too_deep(orjson.dumps(wide))
    assert not is_too_deep(wide)
    assert not is_too_deep("text")
