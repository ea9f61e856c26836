"""JavaScript's idea of strings, truth and undefined, in one place.

walkerOS runs in JavaScript, and its mapping language leans on distinctions that Python lacks
(walkerOS 4.4, spec sections 0, 2.7 and 5.6): `undefined` beside `null`, empty lists that are true,
numbers that are doubles and print their own way. Everything else in the package asks here.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, final

__all__ = [
    "OBJECT_TEXT",
    "UNDEFINED",
    "BareObject",
    "Foreign",
    "JsTypeError",
    "Undefined",
    "cast_to_property",
    "entries",
    "has_own_keys",
    "is_array_index",
    "js_lower",
    "json_text",
    "key_order",
    "number_to_string",
    "parse_number",
    "same_value_zero",
    "to_string",
    "truthy",
    "whitespace_runs_to",
]

OBJECT_TEXT: Final = "[object Object]"
"""What JavaScript makes of an object that is to be a text."""


class JsTypeError(TypeError):
    """What upstream would throw as a TypeError: a mapping of an impossible shape, a value with its own `toString`."""


@final
class Undefined:
    """The type of `UNDEFINED`: JavaScript's `undefined`, which is not `null` (Python's None)."""

    _one: Undefined | None = None

    def __new__(cls) -> Undefined:
        """Return the one instance: identity comparison is safe, also after copying and pickling."""
        if cls._one is None:
            cls._one = super().__new__(cls)
        return cls._one

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
    """A JavaScript value that JSON cannot carry (a Date, a function, a BigInt, a symbol …).

    It is true, and never a property: `cast_to_property` turns it into `UNDEFINED`.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<JavaScript {self.kind}>"


@final
class BareObject(dict[str, Any]):
    """A map that JavaScript made without a prototype, as `exec(…).groups` is: it has no text, not even a useless one."""

    __slots__ = ()


# JavaScript's `\s` (spec section 0): with U+FEFF, without U+0085 and U+001C-001F, unlike Python's.
_WHITESPACE: Final = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_ARRAY_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_MAX_ARRAY_INDEX: Final = 2**32 - 2
_DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Infinity)")
_RADIX: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_SAFE_INTEGER: Final = 2**53
_QUICK_DEPTH: Final = 64


def truthy(value: Any) -> bool:
    """Tell whether JavaScript takes `value` for true: empty lists and empty maps are (spec section 0)."""
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
    """Print a number as JavaScript does (spec section 5.6): `99.5`, `1` for 1.0, `1e+21`, `1e-7`.

    Integers become doubles first, as JSON numbers do in JavaScript; those beyond the range of a double print
    as `Infinity`.
    """
    if type(number) is int and -_SAFE_INTEGER <= number <= _SAFE_INTEGER:
        return str(number)
    try:
        double = float(number)
    except OverflowError:
        return "Infinity" if number > 0 else "-Infinity"
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


def _relayout(shortest: str) -> str:
    """Lay out Python's shortest digits as ECMAScript's Number::toString does; Python switches to `e` earlier."""
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
    """Return what JavaScript's `String(value)` returns (spec section 5.6).

    Raises:
        JsTypeError: for a map with an own `toString`, or without a prototype, which JavaScript cannot convert.

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
        return ",".join(["" if item is None or item is UNDEFINED else to_string(item) for item in value])
    if isinstance(value, dict):
        if "toString" in value or type(value) is BareObject:
            msg = "Cannot convert object to primitive value"
            raise JsTypeError(msg)
        return OBJECT_TEXT
    return str(value)


def cast_to_property(value: Any) -> Any:
    """Return `value` if it is a property through and through, else `UNDEFINED` (spec section 2.7).

    A property is a string, a boolean, a number other than NaN, `UNDEFINED`, or a list or map of properties.
    All or nothing: one null anywhere inside makes the whole value `UNDEFINED`.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    return value if _is_property(value, 0) else UNDEFINED


def _is_property(value: Any, depth: int) -> bool:
    if isinstance(value, (str, bool, int)) or value is UNDEFINED:
        return True
    if isinstance(value, float):
        return value == value
    if depth > _QUICK_DEPTH:
        return _is_deep_property(value)
    if isinstance(value, list):
        return all([_is_property(item, depth + 1) for item in value])
    if isinstance(value, dict):
        return all([_is_property(item, depth + 1) for item in value.values()])
    return False


def _is_deep_property(value: Any) -> bool:
    """Check without recursion: a value nested (or cyclic) beyond Python's stack must not end the process."""
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
    """Tell whether JavaScript treats the key `key` as an array index ("0", "7", not "07")."""
    return _ARRAY_INDEX.fullmatch(key) is not None and int(key) <= _MAX_ARRAY_INDEX


def key_order(mapping: dict[str, Any]) -> list[str]:
    """Return the keys in JavaScript's order: array indices ascending, then as inserted (spec section 0)."""
    keys = list(mapping)
    indices = [key for key in keys if isinstance(key, str) and key[:1].isdigit() and is_array_index(key)]
    if not indices:
        return keys
    chosen = set(indices)
    return sorted(indices, key=int) + [key for key in keys if key not in chosen]


def entries(value: Any) -> list[tuple[str, Any]]:
    """Return what JavaScript's `Object.entries(value)` returns.

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
    """Tell whether `Object.keys(value)` has any: false for numbers and booleans, too.

    Raises:
        JsTypeError: for null and undefined.

    """
    if isinstance(value, dict):
        return bool(value)
    return bool(entries(value))


def same_value_zero(left: Any, right: Any) -> bool:
    """Compare as `Array.prototype.includes` does: maps and lists by identity, NaN equal to itself."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right or (left != left and right != right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return left is right


def js_lower(text: str) -> str:
    """Lower-case as JavaScript's `toLowerCase`: full Unicode, whatever the locale (spec section 0)."""
    return text.lower()


def whitespace_runs_to(text: str, replacement: str) -> str:
    r"""Replace every run of JavaScript whitespace (`\s+`) with `replacement`."""
    return _WHITESPACE.sub(replacement, text)


def parse_number(text: str) -> float:
    """Return what JavaScript's `Number(text)` returns; NaN where it is no number (spec section 2.4, remove)."""
    stripped = _WHITESPACE.sub(" ", text).strip(" ")
    if stripped == "":
        return 0.0
    if _DECIMAL.fullmatch(stripped):
        return float(stripped.replace("Infinity", "inf"))
    if _RADIX.fullmatch(stripped):
        return float(int(stripped, 0))
    return math.nan


def json_text(value: Any) -> str:
    """Return `JSON.stringify(value)` for a map of strings, in JavaScript's key order (spec section 5.4)."""
    if isinstance(value, dict):
        value = {key: value[key] for key in key_order(value)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
