"""Decode a message to an event or a command, or to the reason why it is neither. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hubspot_dest.events.collector import (
    EVENT_FIELDS,
    TOO_DEEP,
    InvalidEventError,
    event_name,
    has_id,
    is_too_deep,
    may_be_too_deep,
)
from hubspot_dest.events.shape import event_problems
from hubspot_dest.streams.source import Message

__all__ = ["BadMessage", "StreamCommand", "DEFAULT_MAX_BYTES", "Decoded", "decoded"]

DEFAULT_MAX_BYTES: Final = 1_048_576
_COMMANDS: Final = frozenset({"consent", "user", "globals", "custom", "run"})
# What a walkerOS destination may write instead of the event.
_MAPPED: Final = (
    "it looks like mapped data, not an event: remove `data` from the rule or the destination that writes it"
)
_FLAT: Final = (
    "it has flat fields, not one field `event`: set serialization: json in walkerOS' redis settings"
)
_SIGNS: Final = (
    (b"\xff\xfe", "it is UTF-16, not UTF-8"),
    (b"\xfe\xff", "it is UTF-16, not UTF-8"),
    (b"\x1f\x8b", "it is compressed with gzip: let the producer compress messages by its own setting"),
    (
        b"\x28\xb5\x2f\xfd",
        "it is compressed with zstd: let the producer compress messages by its own setting",
    ),
    (
        b"\x00",
        "it begins with a zero byte, as messages of a schema registry do (Avro, Protobuf): write plain JSON",
    ),
)
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class StreamCommand:
    """A collector command, `walker consent`, with its data."""

    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class BadMessage:
    """The reason why a message is not an event: a stable code and a sentence."""

    reason: str
    sentence: str


Decoded = dict[str, Any] | StreamCommand | BadMessage


def decoded(message: Message, max_bytes: int = DEFAULT_MAX_BYTES) -> Decoded:
    """Decode a message.

    An event without an id gets one that depends only on its position, so that a repeat counts once; an event without a
    timestamp gets that of the message.
    """
    value = message.value
    if value is None:
        if message.fields:
            return BadMessage("flat_fields", _FLAT)
        return BadMessage("no_value", "it has no value: a tombstone, which is not an event")
    if len(value) > max_bytes:
        return BadMessage(
            "too_large", f"it has {len(value):,} bytes; an event may have at most {max_bytes:,}"
        )
    found = _json(value)
    if isinstance(found, BadMessage):
        return found
    if not isinstance(found, dict):
        what = "a list" if isinstance(found, list) else "a single value"
        return BadMessage("no_event", f"it is {what}, not an event: a message must be a single event")
    name = found.get("name")
    if isinstance(name, str) and name.startswith("walker "):
        return _command(name, found.get("data"))
    if "name" not in found and not set(found) & {"entity", "action", "trigger", "timing"}:
        unlike = [key for key in found if key not in EVENT_FIELDS]
        if unlike or not found:
            return BadMessage("mapped_data", _MAPPED)
    try:
        event_name(found)
    except InvalidEventError:
        return BadMessage("no_event", event_problems(found)[0])
    if not has_id(found):
        place = f"{message.partition.stream}\n{message.partition.number}\n{message.position}"
        found["id"] = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:16]
    if found.get("timestamp") is None and message.at_ms is not None:
        found["timestamp"] = message.at_ms
    return found


def _json(value: bytes) -> Any:
    text = value
    if not value.startswith(b"{"):  # events do; anything else is examined more closely
        text = value.removeprefix(_BOM)
        if not text.strip():
            return BadMessage("no_value", "it is empty")
        for sign, sentence in _SIGNS:
            if text.startswith(sign):
                return BadMessage("encoding", sentence)
    doubtful = may_be_too_deep(text)
    if doubtful and text.count(b"[") + text.count(b"{") > 100_000:
        return BadMessage("no_event", TOO_DEEP)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as undecodable:
            return BadMessage("encoding", f"byte {undecodable.start} is not UTF-8")
        return BadMessage("no_json", f"it is not JSON: {error}")
    except RecursionError:
        return BadMessage("no_event", TOO_DEEP)
    if doubtful and is_too_deep(found):
        return BadMessage("no_event", TOO_DEEP)
    return found


def _command(name: str, data: Any) -> StreamCommand | BadMessage:
    action = name.removeprefix("walker ")
    if action not in _COMMANDS:
        known = ", ".join(sorted(_COMMANDS))
        return BadMessage("unknown_command", f"{name!r} is not a supported command; commands are {known}")
    if not isinstance(data, dict) and not (action == "run" and data is None):
        return BadMessage("bad_command", f"the data of {name!r} is not an object")
    return StreamCommand(name, data)
