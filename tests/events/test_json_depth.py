"""How deep an event may be nested, counted without recursion."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from hubspot_dest.events.event import MAX_EVENT_DEPTH, is_too_deep, may_be_too_deep


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
