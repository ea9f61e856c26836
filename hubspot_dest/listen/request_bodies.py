"""Parse the events of a request as walkerOS' server sources do (walkerOS 4.4, section 10)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from hubspot_dest.events.collector import is_too_deep, may_be_too_deep
from hubspot_dest.intake.byte_stream import DecompressionError, decompress
from hubspot_dest.mapping.jsvalues import parse_number

__all__ = ["BodyError", "TooDeep", "events_of", "query_event", "unpacked"]

_Step = tuple[str, int | None]  # a name, and the list index that it may mean
_BRACKETS: Final = re.compile(r"[\[\]]+")
_INDEX_DIGITS: Final = 3  # at most 1,000 items, since gaps in a list need memory
_MAX_DEPTH: Final = 16
_MAX_FIELDS: Final = 1000
_MAX_ITEMS: Final = 5000  # of all lists together, including gaps


class BodyError(ValueError):
    """A request without usable events; the message goes to the sender.

    Attributes:
        status: the HTTP status of the response.

    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class TooDeep(dict[str, Any]):
    """A placeholder for an event that is nested too deeply; it has no name, so it is refused and counted as usual."""


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the body with its `Content-Encoding` removed; gzip and deflate are supported.

    Raises:
        BodyError: 413 for more than `limit` bytes, 415 for another encoding, 400 for damaged data.

    """
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise BodyError(
            415, f"Content-Encoding {encoding[:20]!r} is not supported; use gzip, deflate or none"
        )
    try:
        return decompress(body, limit)
    except DecompressionError as error:
        status, message = {
            "damaged": (400, f"the body is not {encoding}"),
            "too large": (413, f"the body is larger than {limit} bytes"),
            "cut off": (400, f"the body is cut off: the end of the {encoding} data is missing"),
        }[error.reason]
        raise BodyError(status, message) from None


def events_of(body: bytes) -> tuple[list[Any], bool]:
    """Return the events of a body, and whether it is an envelope of several.

    The events are the items of a list, or of the list `batch` of an object. Any other value is a single event, which is
    refused later if it has no name. An event that is nested too deeply becomes a `TooDeep`.

    Raises:
        BodyError: 400 if it is not JSON, or nested too deeply.

    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BodyError(400, f"invalid JSON: {error}") from None
    several = True
    if isinstance(value, dict) and isinstance(value.get("batch"), list):
        value = value["batch"]
    elif not isinstance(value, list):
        value, several = [value], False
    if may_be_too_deep(body):
        value = [TooDeep() if is_too_deep(event) else event for event in value]
    return value, several


def query_event(query: str) -> dict[str, Any]:
    """Parse the event of a pixel: `name=page%20view&data[id]=7` is `{"name": "page view", "data": {"id": 7}}`.

    Raises:
        BodyError: 400 for too many fields, levels or list items.

    """
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="replace")
    except ValueError:
        raise BodyError(400, f"more than {_MAX_FIELDS} fields in the query string") from None
    event: dict[str, Any] = {}
    items = 0
    places: dict[str, list[_Step]] = {}  # caches the steps of repeated names
    for name, text in fields:
        steps = places.get(name)
        if steps is None:
            if name.count("[") >= _MAX_DEPTH or name.count("]") >= _MAX_DEPTH:
                raise BodyError(400, f"a field of the query string is nested more than {_MAX_DEPTH} deep")
            steps = places[name] = [(step, _index(step)) for step in _BRACKETS.split(name) if step]
        if steps:
            items += _put(event, steps, _cast(text), _MAX_ITEMS - items)
    return event


def _index(step: str) -> int | None:
    """Return the list index that a step means, or None."""
    is_index = len(step) <= _INDEX_DIGITS and step.isascii() and step.isdigit()
    return int(step) if is_index else None


def _put(event: dict[str, Any], steps: Sequence[_Step], value: Any, room: int) -> int:
    """Set a value at a path; return the number of list items created, which must not exceed `room`."""
    into: Any = event
    created = 0
    last = len(steps) - 1
    for number, (step, index) in enumerate(steps):
        ends = number == last
        if type(into) is dict:
            known = None if ends else into.get(step)
            if type(known) is not dict and type(known) is not list:
                known = into[step] = value if ends else {} if steps[number + 1][1] is None else []
            into = known
            continue
        if index is None:
            return created  # a list has no such key; JavaScript would lose the value, too
        gap = index + 1 - len(into)
        if gap > 0:
            created += gap
            if created > room:
                raise BodyError(400, f"the lists of the query string have more than {_MAX_ITEMS} items")
            into.extend([None] * gap)
        known = None if ends else into[index]
        if type(known) is not dict and type(known) is not list:
            known = into[index] = value if ends else {} if steps[number + 1][1] is None else []
        into = known
    return created


def _cast(text: str) -> Any:
    """Convert a text as walkerOS' castValue does: to true, false or a number, or else leave it unchanged."""
    if text in ("true", "false"):
        return text == "true"
    number = parse_number(text) if text else math.nan
    if math.isnan(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
