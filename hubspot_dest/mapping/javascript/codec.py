"""Transfer values between Python and JavaScript: JSON text, and marks for values that JSON cannot express.

A mark is `[path, kind, detail]`: kind 0 is `undefined`, 1 a number (NaN, ±Infinity, -0 or beyond 2**53, spelled in
`detail`), 2 a foreign value of the kind `detail`, 3 an object without a prototype. host.js has the counterpart.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import orjson

from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign, PrototypelessMap, as_double

__all__ = ["MAX_DEPTH", "decode", "encode"]

# Deeper than any event; a stack of half a megabyte holds about 270 levels of a result.
MAX_DEPTH: Final = 200

_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_UNDEFINED_MARK, _NUMBER_MARK, _BARE_MARK = 0, 1, 3

Mark = list[Any]


def encode(value: Any) -> tuple[str, bool]:
    """Return `value` as JSON text, and whether it has marks: the text is then `[data, marks]`.

    Python values without a JavaScript counterpart (`UNDEFINED`, dates, functions, foreign values …) become `undefined`.
    Lone surrogates are preserved as escapes.

    Raises:
        JavaScriptLimitError: the value is nested deeper than `MAX_DEPTH`, or contains itself.

    """
    try:
        text = orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        return _encode_any(value)
    if b"null" in text and _has_special(value):  # orjson silently writes null for NaN and infinities
        return _encode_any(value)
    return text.decode(), False


def _has_special(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any([_has_special(item) for item in value.values()])
    if isinstance(value, (list, tuple)):
        return any([_has_special(item) for item in value])
    return False


def _encode_any(value: Any) -> tuple[str, bool]:
    marks: list[Mark] = []
    plain = _plain(value, [], marks)
    return json.dumps([plain, marks] if marks else plain, allow_nan=False), bool(marks)


def _plain(value: Any, path: list[str | int], marks: list[Mark]) -> Any:
    """Return `value` as plain JSON, and append a mark for each value that JSON cannot express."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, (int, float)):
        return _plain_number(value, path, marks)
    if len(path) >= MAX_DEPTH:
        raise JavaScriptLimitError("stack", f"the value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        plain = {}
        for key, item in value.items():
            name = key if isinstance(key, str) else str(key)
            path.append(name)
            plain[name] = _plain(item, path, marks)
            path.pop()
        return plain
    if isinstance(value, (list, tuple)):
        items = []
        for index, item in enumerate(value):
            path.append(index)
            items.append(_plain(item, path, marks))
            path.pop()
        return items
    marks.append([path.copy(), _UNDEFINED_MARK, None])
    return None


def _plain_number(value: int | float, path: list[str | int], marks: list[Mark]) -> Any:
    double = as_double(value)
    if math.isfinite(double):
        return value if isinstance(value, int) and abs(value) <= 2**53 else double
    spelled = "NaN" if double != double else "Infinity" if double > 0 else "-Infinity"
    marks.append([path.copy(), _NUMBER_MARK, spelled])
    return None


def decode(text: str, *, marked: bool) -> Any:
    """Return the value that host.js encoded, with keys in JavaScript's order."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:  # lone surrogates, which orjson refuses
        data = json.loads(text)
    if not marked:
        return data
    root, marks = data
    holder: list[Any] = [root]
    for path, kind, detail in marks:
        inner: Any = holder
        last: Any = 0
        for step in path:
            inner = inner[last]
            last = step
        inner[last] = _special(kind, detail, inner[last])
    return holder[0]


def _special(kind: int, detail: Any, data: Any) -> Any:
    if kind == _UNDEFINED_MARK:
        return UNDEFINED
    if kind == _BARE_MARK:
        return PrototypelessMap(data)
    return float(detail) if kind == _NUMBER_MARK else Foreign(detail)
