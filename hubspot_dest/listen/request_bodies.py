"""The events of a request, read as walkerOS' server sources read them (walkerOS 4.4, section 10)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from hubspot_dest.events.event import is_too_deep, may_be_too_deep
from hubspot_dest.intake.byte_stream import DecompressionError, decompress
from hubspot_dest.mapping.jsvalues import parse_number

__all__ = ["BodyError", "TooDeep", "events_of", "query_event", "unpacked"]

_Step = tuple[str, int | None]  # a name, and the place in a list that it may mean
_BRACKETS: Final = re.compile(r"[\[\]]+")
_INDEX_DIGITS: Final = 3  # 1,000 items at most: a gap in a list costs memory
_MAX_DEPTH: Final = 16
_MAX_FIELDS: Final = 1000
_MAX_ITEMS: Final = 5000  # of all lists together, the gaps included


class BodyError(ValueError):
    """A request without usable events; the message goes to the sender.

    Attributes:
        status: the HTTP status of the answer.

    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class TooDeep(dict[str, Any]):
    """Replaces an event that is nested too deeply; it has no name, so that it is refused and counted as any other."""


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the body without its `Content-Encoding`, of which gzip and deflate are known.

    Raises:
        BodyError: 413 beyond `limit` bytes, 415 for another encoding, 400 where it is broken.

    """
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise BodyError(415, f"Content-Encoding {encoding[:20]!r} is not known: gzip, deflate or none")
    try:
        return decompress(body, limit)
    except DecompressionError as error:
        status, message = {
            "damaged": (400, f"the body is not {encoding}"),
            "too large": (413, f"the body is larger than {limit} bytes"),
            "cut off": (400, f"the body is cut off: {encoding} does not end"),
        }[error.reason]
        raise BodyError(status, message) from None


def events_of(body: bytes) -> tuple[list[Any], bool]:
    """Return the events of a body, and whether it is an envelope of several.

    A list is its items; an object with a list `batch` is that list's items; another object is one event; anything else
    is one event too, which will be refused for its missing name. What is nested too deeply is a `TooDeep`.

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
    """Return the event of a pixel: `name=page%20view&data[id]=7` is `{"name": "page view", "data": {"id": 7}}`.

    Raises:
        BodyError: 400 if it has too many fields, levels or list items.

    """
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="replace")
    except ValueError:
        raise BodyError(400, f"more than {_MAX_FIELDS} fields in the query string") from None
    event: dict[str, Any] = {}
    items = 0
    places: dict[str, list[_Step]] = {}  # a name that comes again is taken apart once
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
    """Return the place in a list that a step means, or None."""
    is_index = len(step) <= _INDEX_DIGITS and step.isascii() and step.isdigit()
    return int(step) if is_index else None


def _put(event: dict[str, Any], steps: Sequence[_Step], value: Any, room: int) -> int:
    """Put a value at its place; return how many list items that made, of which there may be `room`."""
    into: Any = event
    made = 0
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
            return made  # a list has no such place; JavaScript would lose it as well
        gap = index + 1 - len(into)
        if gap > 0:
            made += gap
            if made > room:
                raise BodyError(400, f"the lists of the query string have more than {_MAX_ITEMS} items")
            into.extend([None] * gap)
        known = None if ends else into[index]
        if type(known) is not dict and type(known) is not list:
            known = into[index] = value if ends else {} if steps[number + 1][1] is None else []
        into = known
    return made


def _cast(text: str) -> Any:
    """Return what walkerOS' castValue makes of a text: true, false, a number, or the text."""
    if text in ("true", "false"):
        return text == "true"
    number = parse_number(text) if text else math.nan
    if math.isnan(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
