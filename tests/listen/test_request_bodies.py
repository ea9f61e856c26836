"""What a request says: the same events that a walkerOS server would find in it."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.listen.request_bodies import BodyError, events_of, query_event, unpacked

PAGE = {"name": "page view"}


@pytest.mark.parametrize(
    ("body", "events", "several"),
    [
        (b'{"name":"page view"}', [PAGE], False),
        (b'[{"name":"page view"},{"name":"page view"}]', [PAGE, PAGE], True),
        (b'{"batch":[{"name":"page view"}]}', [PAGE], True),
        (b'{"batch":[]}', [], True),
        (b"[]", [], True),
        (b'{"batch":5}', [{"batch": 5}], False),
        (b'"page view"', ["page view"], False),
        (b"5", [5], False),
        (b"null", [None], False),
    ],
)
def test_every_form_of_a_body_gives_the_events_that_walkeros_finds(
    body: bytes, events: Any, several: bool
) -> None:
    assert events_of(body) == (events, several)


@pytest.mark.parametrize("body", [b"", b"{", b"name=page", b"\xff\xfe"])
def test_a_body_that_is_no_json_is_refused_with_the_reason(body: bytes) -> None:
    with pytest.raises(BodyError, match="invalid JSON") as caught:
        events_of(body)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("query", "event"),
    [
        ("name=page%20view&data[id]=7&nested[0][entity]=e",
         {"name": "page view", "data": {"id": 7}, "nested": [{"entity": "e"}]}),
        ("name=page+view&data%5Bid%5D=7", {"name": "page view", "data": {"id": 7}}),
        ("a=true&b=false&c=&d=7&e=7.5&f=-1&g=1e3&h=0x10&i=seven&j=007",
         {"a": True, "b": False, "c": "", "d": 7, "e": 7.5, "f": -1, "g": 1000, "h": 16, "i": "seven", "j": 7}),
        ("a[1]=x", {"a": [None, "x"]}),
        ("a[0][b][1][c]=x", {"a": [{"b": [None, {"c": "x"}]}]}),
        ("a=1&a=2", {"a": 2}),
        ("a=1&a[b]=2", {"a": {"b": 2}}),
        ("a[0]=1&a[b]=2", {"a": [1]}),
        ("a[1000]=x", {"a": {"1000": "x"}}),
        ("", {}),
        ("=x", {}),
        ("[]=x", {}),
        ("name=%FF", {"name": "\ufffd"}),
    ],
)  # fmt: skip
def test_a_pixels_query_string_is_the_event_that_walkeros_reads(query: str, event: Any) -> None:
    assert query_event(query) == event


def test_a_query_string_cannot_ask_for_much_memory() -> None:
    with pytest.raises(BodyError, match="nested more than"):
        query_event("a" + "[0]" * 100 + "=x")
    with pytest.raises(BodyError, match="more than 1000 fields"):
        query_event("&".join(f"a{number}=1" for number in range(2000)))
    assert query_event("a[999999999]=x") == {"a": {"999999999": "x"}}


@given(st.text(alphabet="ab[]=&%0129._x", max_size=60))
def test_no_query_string_breaks_the_reader(query: str) -> None:
    assert isinstance(query_event(query), dict)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"[1]", mtime=0)),
        ("deflate", zlib.compress(b"[1]")),
        ("identity", b"[1]"),
        ("", b"[1]"),
    ],
    ids=["gzip", "deflate", "identity", "none"],
)
def test_a_packed_body_is_unpacked(encoding: str, packed: bytes) -> None:
    assert unpacked(packed, encoding, 100) == b"[1]"


@pytest.mark.parametrize(
    ("encoding", "packed", "status"),
    [
        ("gzip", gzip.compress(b"0" * 10_000_000, mtime=0), 413),
        ("gzip", gzip.compress(b"[1]", mtime=0)[:-4], 400),
        ("gzip", b"[1]", 400),
        ("br", b"[1]", 415),
    ],
    ids=["bomb", "cut off", "no gzip", "unknown"],
)
def test_a_bomb_and_a_broken_body_are_refused(encoding: str, packed: bytes, status: int) -> None:
    with pytest.raises(BodyError) as caught:
        unpacked(packed, encoding, 1000)
    assert caught.value.status == status
