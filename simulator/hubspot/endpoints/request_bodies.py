"""Read request bodies, and refuse them in the words of HubSpot's Java (HubSpot wire facts, section 1.3)."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec

from simulator.hubspot.endpoints.errors import Refusal

__all__ = ["Scalar", "decode", "missing_fields", "text_of"]

Scalar = str | int | float | bool | None
_Body = TypeVar("_Body")
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_GOT: Final = re.compile(r"got `(\w+)`")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_TOKENS: Final = {
    "object": "Object value (token `JsonToken.START_OBJECT`)",
    "array": "Array value (token `JsonToken.START_ARRAY`)",
    "str": "String value (token `JsonToken.VALUE_STRING`)",
    "int": "Integer value (token `JsonToken.VALUE_NUMBER_INT`)",
    "float": "Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)",
    "bool": "Boolean value (token `JsonToken.VALUE_TRUE`)",
    "null": "Null value (token `JsonToken.VALUE_NULL`)",
}
_EXPECTED: Final = (
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)


def decode(decoder: msgspec.json.Decoder[_Body], body: bytes) -> _Body:
    """Read a JSON body.

    Raises:
        Refusal: 400 that names line and column.

    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _wrong_shape(str(error), body) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = _BYTE.search(str(error))
        raise _malformed(body, int(found[1]) if found else None) from error
    except RecursionError as error:
        raise _malformed(body, None) from error


def missing_fields(body: bytes, *names: str) -> Refusal:
    """Return the refusal of a body that lacks required fields."""
    message = (
        f"Invalid input JSON on line 1, column {len(body)}. Some required fields were not set: "
        f"[{', '.join(names)}]"
    )
    return Refusal(400, message, "json.required")


def text_of(value: Any) -> str:
    """Return a property value as HubSpot stores it: text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _wrong_shape(said: str, body: bytes) -> Refusal:
    missing = _MISSING.search(said)
    if missing:
        return missing_fields(body, missing[1])
    got = _GOT.search(said)
    token = _TOKENS.get(got[1] if got else "object", _TOKENS["object"])
    wanted = "java.util.LinkedHashMap" if "Expected `object" in said else "java.lang.String"
    message = (
        f"Invalid input JSON on line 1, column {len(body)}: Cannot deserialize value of type `{wanted}` "
        f"from {token}"
    )
    return Refusal(400, message, "json.shape", f"the body has the wrong shape: {said}", category=None)


def _malformed(body: bytes, position: int | None) -> Refusal:
    if position is None or position >= len(body):
        message = "Invalid input JSON on line 1, column 0: Unexpected end-of-input"
        return Refusal(400, message, "json.malformed", category=None)
    before = body[:position]
    line, column = before.count(b"\n") + 1, position - (before.rfind(b"\n") + 1) + 1
    code = body[position]
    message = (
        f"Invalid input JSON on line {line}, column {column}: Unexpected character "
        f"('{chr(code)}' (code {code})): {_EXPECTED}"
    )
    return Refusal(400, message, "json.malformed", category=None)
