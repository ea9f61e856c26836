"""JavaScript semantics of values: undefined, truthiness, strings, numbers, keys, dates (walkerOS 4.4, 0, 2.7, 5.6 f.).

The mapping language depends on distinctions that Python does not make: `undefined` differs from `null`, empty lists
are truthy, and all numbers are doubles with a text form of their own.

Dates have two departures from JavaScript (docs/departures.md): a text without an offset is read as UTC
instead of the machine's time zone, so that a result does not depend on the machine; and V8's free forms
(`"1"`, `"may 123"`) are not dates.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, final

__all__ = [
    "EmptiedList",
    "Foreign",
    "JsTypeError",
    "LAST_PLAIN_MS",
    "OBJECT_TEXT",
    "PrototypelessMap",
    "UNDEFINED",
    "Undefined",
    "as_double",
    "cast_to_property",
    "date_ms",
    "entries",
    "has_own_keys",
    "is_array_index",
    "iso_string",
    "js_lower",
    "json_text",
    "key_order",
    "kind_of",
    "number_to_string",
    "parse_number",
    "replace_whitespace_runs",
    "same_value_key",
    "to_string",
    "truthy",
]

OBJECT_TEXT: Final = "[object Object]"
"""The text form of an object in JavaScript."""


class JsTypeError(TypeError):
    """Upstream's TypeError: a mapping of an impossible shape, or a value that cannot be converted to a string."""


@final
class Undefined:
    """The type of `UNDEFINED`: JavaScript's `undefined`, which is not `null` (Python's None)."""

    _instance: Undefined | None = None

    def __new__(cls) -> Undefined:
        """Return the only instance, so that identity comparison is safe, also after copying and pickling."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"

    def __copy__(self) -> Undefined:
        return self

    def __deepcopy__(self, memo: object) -> Undefined:
        return self

    def __reduce__(self) -> tuple[type[Undefined], tuple[()]]:
        return (Undefined, ())


UNDEFINED: Final = Undefined()


@final
class Foreign:
    """A JavaScript value that JSON cannot express (a Date, a function, a BigInt, a symbol …).

    It is truthy but not a property: `cast_to_property` turns it into `UNDEFINED`.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<JavaScript {self.kind}>"


# JavaScript's `\s` (section 0): with U+FEFF, without U+0085 and U+001C-001F, unlike Python's.
_WHITESPACE: Final = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_ARRAY_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_MAX_ARRAY_INDEX: Final = 2**32 - 2
_DECIMAL: Final = re.compile(r"[+-]?(\d++(\.\d*+)?([eE][+-]?\d++)?|\.\d++([eE][+-]?\d++)?|Infinity)")
_RADIX: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_SAFE_INTEGER: Final = 2**53
_QUICK_DEPTH: Final = 64


@final
class PrototypelessMap(dict[str, Any]):
    """An object without a prototype, such as the groups of a regular expression: a map without a text form."""


@final
class EmptiedList(list[Any]):
    """The empty list that a loop returns when its list has items but none of them has a result."""


def truthy(value: Any) -> bool:
    """Return whether `value` is truthy in JavaScript, where empty lists and maps are truthy, too (section 0)."""
    if value is True or value is False:
        return bool(value)
    if value is UNDEFINED or value is None:
        return False
    if isinstance(value, str):
        return value != ""
    if isinstance(value, (int, float)):
        return value != 0 and value == value
    return True


def number_to_string(number: int | float) -> str:
    """Return a number as JavaScript writes it (section 5.6): `99.5`, `1` for 1.0, `1e+21`, `1e-7`.

    Integers are converted to doubles first, as JSON numbers are in JavaScript; those out of range become `Infinity`.
    """
    if type(number) is int and -_SAFE_INTEGER <= number <= _SAFE_INTEGER:
        return str(number)
    double = as_double(number)
    if double != double:
        return "NaN"
    if math.isinf(double):
        return "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    shortest = repr(double)
    if "e" not in shortest:
        return shortest[:-2] if shortest.endswith(".0") else shortest
    return _relayout(shortest)


def as_double(number: int | float) -> float:
    """Return a number as a double; an integer beyond its range becomes an infinity."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _relayout(shortest: str) -> str:
    """Format Python's shortest digits as ECMAScript's Number::toString does; Python switches to `e` earlier."""
    sign = "-" if shortest.startswith("-") else ""
    mantissa, _, exponent = shortest.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).rstrip("0")
    point = len(whole) + int(exponent)
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + (digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}") + power


def to_string(value: Any) -> str:
    """Return JavaScript's `String(value)` (section 5.6).

    Raises:
        JsTypeError: for a map with a `toString` key or without a prototype, which JavaScript cannot convert.

    """
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (int, float)):
        return number_to_string(value)
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, list):
        return _join(value)
    if isinstance(value, dict):
        if "toString" in value or isinstance(value, PrototypelessMap):
            msg = "Cannot convert object to primitive value"
            raise JsTypeError(msg)
        return OBJECT_TEXT
    return str(value)


def _join(items: list[Any]) -> str:
    """Return `items.join()`; inner lists are joined the same way, so the texts of all depths go into one flat list."""
    kinds = set(map(type, items))
    if kinds == {str}:
        return ",".join(items)
    if list not in kinds and EmptiedList not in kinds:
        return ",".join(["" if item is None or item is UNDEFINED else to_string(item) for item in items])
    texts: list[str] = []
    open_lists = {id(items)}
    pending = [(items, iter(items))]
    while pending:
        current, remaining = pending[-1]
        for item in remaining:
            if not isinstance(item, list):
                texts.append("" if item is None or item is UNDEFINED else to_string(item))
            elif not item or id(item) in open_lists:
                texts.append("")  # a list that contains itself is empty there, as in JavaScript
            else:
                open_lists.add(id(item))
                pending.append((item, iter(item)))
                break
        else:
            pending.pop()
            open_lists.discard(id(current))
    return ",".join(texts)


def cast_to_property(value: Any) -> Any:
    """Return `value` if it is a property, else `UNDEFINED` (section 2.7).

    A property is a string, a boolean, a number other than NaN, `UNDEFINED`, or a list or map of properties. A null at
    any depth makes the whole value `UNDEFINED`.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    return value if _is_property(value, 0) else UNDEFINED


def _is_property(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is dict:
        items: Iterable[Any] = value.values()
    elif kind is list:
        items = value
    elif isinstance(value, (dict, list)):
        items = value.values() if isinstance(value, dict) else value
    elif isinstance(value, float):
        return value == value
    else:
        return isinstance(value, (str, bool, int)) or value is UNDEFINED
    if depth > _QUICK_DEPTH:
        return _is_deep_property(value)
    for item in items:  # nearly all are strings and numbers: checked inline, since the call would dominate
        kind = type(item)
        if kind is str or kind is int or kind is bool or (kind is float and item == item):
            continue
        if not _is_property(item, depth + 1):
            return False
    return True


def _is_deep_property(value: Any) -> bool:
    """Check without recursion: a deep or cyclic value must not exhaust Python's stack."""
    seen: set[int] = set()
    pending = [value]
    while pending:
        item = pending.pop()
        if not isinstance(item, (list, dict)):
            if not _is_property(item, 0):
                return False
        elif id(item) not in seen:
            seen.add(id(item))
            pending.extend(item if isinstance(item, list) else item.values())
    return True


def is_array_index(key: str) -> bool:
    """Return whether JavaScript treats `key` as an array index ("0", "7", not "07")."""
    return _ARRAY_INDEX.fullmatch(key) is not None and int(key) <= _MAX_ARRAY_INDEX


def key_order(mapping: dict[str, Any]) -> list[str]:
    """Return the keys in JavaScript's order: array indices ascending, then the others as inserted (section 0)."""
    keys = list(mapping)
    indices = [key for key in keys if isinstance(key, str) and key[:1].isdigit() and is_array_index(key)]
    if not indices:
        return keys
    chosen = set(indices)
    return sorted(indices, key=int) + [key for key in keys if key not in chosen]


def entries(value: Any) -> list[tuple[str, Any]]:
    """Return `Object.entries(value)` of JavaScript.

    Raises:
        JsTypeError: for null and undefined.

    """
    if isinstance(value, dict):
        return [(key, value[key]) for key in key_order(value)]
    if isinstance(value, (list, str)):
        return [(str(index), item) for index, item in enumerate(value)]
    if value is None or value is UNDEFINED:
        msg = "Cannot convert undefined or null to object"
        raise JsTypeError(msg)
    return []


def has_own_keys(value: Any) -> bool:
    """Return whether `Object.keys(value)` has any key; numbers and booleans have none.

    Raises:
        JsTypeError: for null and undefined.

    """
    if isinstance(value, dict):
        return bool(value)
    return bool(entries(value))


def same_value_key(value: Any) -> Hashable:
    """Return a key that is equal for two values exactly if `Array.prototype.includes` considers them the same.

    Maps and lists are compared by identity, NaN equals itself, and `true` differs from 1. The key of a map or list is
    valid only while the value exists.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "identity", id(value)
    double = as_double(value)
    return "number", double if double == double else "NaN"


def js_lower(text: str) -> str:
    """Return the text in lower case as `toLowerCase` does: full Unicode, independent of locale (section 0)."""
    return text.lower()


def replace_whitespace_runs(text: str, replacement: str) -> str:
    r"""Replace every run of JavaScript whitespace (`\s+`) with `replacement`."""
    return _WHITESPACE.sub(replacement, text)


def parse_number(text: str) -> float:
    """Return JavaScript's `Number(text)`: NaN for a text that is not a number (section 2.4, remove)."""
    stripped = _WHITESPACE.sub(" ", text).strip(" ")
    if stripped == "":
        return 0.0
    if _DECIMAL.fullmatch(stripped):
        return float(stripped.replace("Infinity", "inf"))
    if _RADIX.fullmatch(stripped):
        return as_double(int(stripped, 0))
    return math.nan


def json_text(value: Any) -> str:
    """Return `JSON.stringify(value)` of a map of strings, in JavaScript's key order (section 5.4)."""
    if isinstance(value, dict):
        value = {key: value[key] for key in key_order(value)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def kind_of(value: Any) -> str:
    """Name a JSON value for a message: `null`, `true`, `the number 5`, `text`, `a list`, `a map`.

    Text is never quoted, since it may be personal data or a misplaced secret.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {to_string(value)}"
    names: dict[type, str] = {str: "text", list: "a list", dict: "a map"}
    return names.get(type(value), type(value).__name__)


# 10000-01-01: from this day on, years are written with six digits.
LAST_PLAIN_MS: Final = 253_402_300_800_000

_DAY_MS: Final = 86_400_000
_MAX_MS: Final = 8.64e15
# Days from 1970-01-01 to 0001-01-01 and to 10000-01-01: the range of Python's calendar.
_FIRST_DAY: Final = -719_162
_LAST_DAY: Final = 2_932_897
_EPOCH: Final = date(1970, 1, 1)

# Tables instead of number formatting: formatting a date is a fifth of planning an event.
_MINUTES: Final = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_SECONDS: Final = tuple(f"{second:02d}." for second in range(60))
_MILLIS: Final = tuple(f"{milli:03d}Z" for milli in range(1000))

_ISO: Final = re.compile(
    r"(?P<year>\d{4}|[+-]\d{6})(-(?P<month>\d{2})(-(?P<day>\d{2}))?)?"
    r"([T ](?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})([.,](?P<fraction>\d+))?)?)?"
    r"\s*+(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?"
)
_NUMERIC: Final = re.compile(
    r"(?:(?P<year>\d{4})[/-](?P<month>\d{1,2})[/-](?P<day>\d{1,2})"
    r"|(?P<month2>\d{1,2})[/-](?P<day2>\d{1,2})[/-](?P<year2>\d{4}))"
    r"(?:,?\s++(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2}))?)?"
    r"(?:\s*+(?P<zone>Z|GMT|UTC|[+-]\d{2}:?\d{2}))?"
)
_NAMED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s++)?"
    r"(?:(?P<day>\d{1,2})\s++(?P<month>[A-Za-z]{3,9})|(?P<month2>[A-Za-z]{3,9})\s++(?P<day2>\d{1,2}))"
    r",?\s++(?P<year>\d{4})(?:\s++(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2}))?)?"
    r"\s*+(?:GMT|UTC)?(?P<zone>Z|[+-]\d{2}:?\d{2})?\s*+(?:\(.*\))?"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def date_ms(value: Any) -> int | None:
    """Return `new Date(value).getTime()`, in ms since 1970; None for an invalid date."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return _clip(value)
    if value is None:
        return 0
    try:
        text = to_string(value)
    except (JsTypeError, RecursionError):
        return None
    return _parse(text.strip())


def _clip(number: int | float) -> int | None:
    if number != number or abs(number) > _MAX_MS:
        return None
    return math.trunc(number)


def iso_string(ms: int) -> str:
    """Format ms since 1970 as `toISOString` does: three fraction digits, `Z`, long years as `±YYYYYY`."""
    time_ms = ms % _DAY_MS
    minute_ms = time_ms % 60_000
    return (
        f"{_day(ms // _DAY_MS)}{_MINUTES[time_ms // 60_000]}"
        f"{_SECONDS[minute_ms // 1000]}{_MILLIS[minute_ms % 1000]}"
    )


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    """Return `2023-11-14T` for days since 1970; cached, because consecutive events share a day."""
    if _FIRST_DAY <= days < _LAST_DAY:
        return f"{(_EPOCH + timedelta(days)).isoformat()}T"
    # The Gregorian calendar repeats every 400 years, or 146,097 days.
    cycles, day_of_cycle = divmod(days - _FIRST_DAY, 146_097)
    equivalent = date(1, 1, 1) + timedelta(day_of_cycle)
    year = equivalent.year + 400 * cycles
    sign = "-" if year < 0 else "+"
    year_text = f"{year:04d}" if 0 <= year <= 9999 else f"{sign}{abs(year):06d}"
    return f"{year_text}-{equivalent.month:02d}-{equivalent.day:02d}T"


def _parse(text: str) -> int | None:
    if match := _ISO.fullmatch(text):
        return _from_iso(match)
    for pattern in (_NUMERIC, _NAMED):
        if match := pattern.fullmatch(text):
            return _from_legacy(match)
    return None


def _from_iso(match: re.Match[str]) -> int | None:
    year = int(match["year"])
    month, day = int(match["month"] or 1), int(match["day"] or 1)
    hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
    second = int(match["second"] or 0)
    milli = int(((match["fraction"] or "") + "000")[:3])
    whole_day = hour == 24 and minute == second == milli == 0
    if not (1 <= month <= 12 and 1 <= day <= 31 and minute <= 59 and second <= 59):
        return None
    if hour > 23 and not whole_day:
        return None
    return _clip(_epoch_ms(year, month, day, hour, minute, second, milli) - _offset_ms(match["zone"]))


def _from_legacy(match: re.Match[str]) -> int | None:
    parts = match.groupdict()
    month_text = parts["month"] or parts["month2"] or ""
    if month_text.isdigit():
        month = int(month_text)
    elif month_text[:3].lower() in _MONTHS:
        month = _MONTHS.index(month_text[:3].lower()) + 1
    else:
        return None
    day = int(parts["day"] or parts["day2"] or 0)
    year = int(parts["year"] or parts.get("year2") or 0)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59):
        return None
    return _epoch_ms(year, month, day, hour, minute, second, 0) - _offset_ms(parts["zone"])


def _epoch_ms(year: int, month: int, day: int, hour: int, minute: int, second: int, milli: int) -> int:
    """Return ms since 1970; a day beyond the end of its month overflows into the next month, as in JavaScript."""
    cycles, base = divmod(year - 1, 400)
    start = datetime(base + 1, month, 1, tzinfo=UTC)
    days = start.toordinal() - _EPOCH.toordinal() + cycles * 146_097 + day - 1
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli


def _offset_ms(zone: str | None) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if zone[0] == "-" else minutes) * 60_000
