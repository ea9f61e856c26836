"""A message that is not an event costs itself only, and says what is wrong."""

from __future__ import annotations

import gzip
import json

import pytest

from hubspot_dest.streams.decoding import BadMessage, StreamCommand, decoded
from hubspot_dest.streams.source import Message, Partition
from tests.streams.memory_source import message
from tests.streams.shop import page_view


def test_an_event_comes_through_as_it_is() -> None:
    event = page_view(1)
    assert decoded(message(event)) == event


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        (None, "no_value", "tombstone"),
        (b"", "no_value", "empty"),
        (b" \n", "no_value", "empty"),
        (b"{broken", "no_json", "not JSON"),
        (b"NaN", "no_json", "not JSON"),
        (b'"page view"', "no_event", "single value"),
        (b"[]", "no_event", "list"),
        (b"{}", "mapped_data", "mapped data"),
        (b'{"revenue": 5, "sku": "x"}', "mapped_data", "remove `data`"),
        (b'{"name": "page"}', "no_event", "entity and an action"),
        (b'{"name": 5}', "no_event", "entity and an action"),
        ('{"name": "page view"}'.encode("utf-16"), "encoding", "UTF-16"),
        ('{"name": "größe view"}'.encode("latin-1"), "encoding", "not UTF-8"),
        (gzip.compress(b"{}", mtime=0), "encoding", "gzip"),
        (b"\x00\x00\x00\x00\x07\x02", "encoding", "schema registry"),
        (b'{"name":"page view","data":{"x":"' + b"x" * 10_000_000 + b'"}}', "too_large", "10,000,0"),
        (b'{"name":"a b","data":' + b"[" * 300 + b"]" * 300 + b"}", "no_event", "nested"),
        (b"[" * 200_000, "no_event", "nested"),
        (b'{"name":"walker shutdown","data":{}}', "unknown_command", "not a supported command"),
        (b'{"name":"walker consent","data":true}', "bad_command", "not an object"),
    ],
)
def test_a_bad_message_says_why(value: bytes | None, reason: str, words: str) -> None:
    found = decoded(message(value))
    assert isinstance(found, BadMessage)
    assert found.reason == reason
    assert words in found.sentence


def test_flat_fields_of_redis_name_the_setting_to_change() -> None:
    flat = Message(Partition("s"), "1-0", None, fields=((b"name", b"page view"), (b"data", b"{}")))
    found = decoded(flat)
    assert isinstance(found, BadMessage)
    assert "serialization: json" in found.sentence


def test_an_id_depends_on_the_place_alone_where_the_event_has_none() -> None:
    event = {"name": "page view"}
    first, again, other = (decoded(message(event, position)) for position in (1, 1, 2))
    assert isinstance(first, dict)
    assert isinstance(other, dict)
    assert first == again
    assert first["id"] != other["id"]


def test_the_time_of_the_message_stands_in_for_that_of_the_event() -> None:
    found = decoded(message({"name": "page view"}, at_ms=1_780_000_000_000))
    assert isinstance(found, dict)
    assert found["timestamp"] == 1_780_000_000_000
    own = decoded(message(page_view(1), at_ms=5))
    assert isinstance(own, dict)
    assert own["timestamp"] != 5


def test_a_byte_order_mark_is_no_fault() -> None:
    assert decoded(message(b"\xef\xbb\xbf" + json.dumps(page_view(1)).encode())) == page_view(1)


def test_a_command_is_recognised_with_its_data() -> None:
    assert decoded(message({"name": "walker consent", "data": {"a": True}})) == StreamCommand(
        "walker consent", {"a": True}
    )
    assert decoded(message({"name": "walker run"})) == StreamCommand("walker run", None)
