"""Decode request bodies, with HubSpot's error messages (HubSpot wire facts, sections 1.3 and 11).

HubSpot parses JSON with Jackson, which coerces scalars: a number or a boolean becomes a string where one is expected,
`"10"` becomes a number and `"true"` a boolean. A body of the expected types is decoded in one pass; any other body is
decoded again with these coercions.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import inspect

from simulator.hubspot.endpoints.errors import Refusal

__all__ = ["Integer", "Scalar", "decode", "missing_fields", "text_of"]

Scalar = str | int | float | bool | None
Integer = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""A Java `int`: 32 bits, signed."""
_Body = TypeVar("_Body")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_EXPECTED: Final = (
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)


def decode(decoder: msgspec.json.Decoder[_Body], body: bytes) -> _Body:
    """Decode a JSON body.

    Raises:
        Refusal: 400, with line and column if the body is not JSON.

    """
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            # Decode the rest too: msgspec stopped at the first wrong type, and what follows may not be JSON.
            return _convert(decoder, body, msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = _BYTE.search(str(error))
        raise _malformed(body, int(found[1]) if found else None) from error
    except RecursionError as error:
        raise _malformed(body, None) from error


def missing_fields(body: bytes, *names: str) -> Refusal:
    """Return the 400 for a body without required fields."""
    message = (
        f"Invalid input JSON on line 1, column {len(body)}. Some required fields were not set: "
        f"[{', '.join(names)}]"
    )
    return Refusal(400, message, "json.required")


def text_of(value: Any) -> str:
    """Convert a property value to text, as HubSpot stores it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _convert(decoder: msgspec.json.Decoder[_Body], body: bytes, read: Any) -> _Body:
    try:
        value = _BodyReader(body).read(inspect.type_info(decoder.type), read)
        return msgspec.convert(value, decoder.type)
    except (
        msgspec.ValidationError,
        RecursionError,
    ) as error:  # for example a string that is too long
        message = f"Invalid input JSON on line 1, column {len(body)}"
        raise Refusal(400, message, "json.shape", str(error), category=None) from error


class _BodyReader:
    """Coerce the scalars of a body to the types of its fields, as Jackson does.

    Args:
        body: the raw body; its length is the column in error messages.

    """

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, kind: inspect.Type, value: Any) -> Any:
        """Return the value with its scalars coerced to `kind`. Raises Refusal."""
        if isinstance(kind, inspect.UnionType):
            return self._read_union(kind, value)
        if isinstance(kind, inspect.StructType):
            return self._read_object(kind, value)
        if isinstance(kind, inspect.ListType):
            if not isinstance(value, list):
                self._refuse("java.util.ArrayList", value)
            return [self.read(kind.item_type, item) for item in value]
        if isinstance(kind, inspect.DictType):
            if not isinstance(value, dict):
                self._refuse("java.util.LinkedHashMap", value)
            return {name: self.read(kind.value_type, item) for name, item in value.items()}
        return self._read_scalar(kind, value)

    def _read_union(self, kind: inspect.UnionType, value: Any) -> Any:
        kinds = [
            property_type for property_type in kind.types if not isinstance(property_type, inspect.NoneType)
        ]
        if value is None and len(kinds) < len(kind.types):
            return None
        if isinstance(value, dict | list):
            containers = (
                (inspect.StructType, inspect.DictType) if isinstance(value, dict) else inspect.ListType
            )
            kinds = [current_kind for current_kind in kinds if isinstance(current_kind, containers)] or kinds
        else:
            fitting = [current_kind for current_kind in kinds if _fits(current_kind, value)]
            if fitting:
                return self._read_scalar(fitting[0], value)
        texts = [current_kind for current_kind in kinds if isinstance(current_kind, inspect.StrType)]
        return self.read((texts or kinds)[0], value)

    def _read_object(self, kind: inspect.StructType, value: Any) -> Any:
        if not isinstance(value, dict):
            self._refuse("java.util.LinkedHashMap", value)
        required = [field.encode_name for field in kind.fields if field.required]
        missing = [name for name in required if value.get(name) is None]
        if missing:  # Jackson treats null as not set
            raise missing_fields(self._body, *missing)
        kinds = {field.encode_name: field.type for field in kind.fields}
        return {name: self.read(kinds[name], item) for name, item in value.items() if name in kinds}

    def _read_scalar(self, kind: inspect.Type, value: Any) -> Any:
        if isinstance(kind, inspect.StrType):
            if value is None or isinstance(value, dict | list):
                self._refuse("java.lang.String", value)
            return value if isinstance(value, str) else text_of(value)
        if isinstance(kind, inspect.IntType):
            return self._read_number(kind, value)
        if isinstance(kind, inspect.BoolType):
            return self._read_flag(value)
        return value

    def _read_number(self, kind: inspect.IntType, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self._refuse("java.lang.Integer", value)
        try:
            number = int(value)
        except (ValueError, OverflowError):
            self._refuse("java.lang.Integer", value, "not a valid `java.lang.Integer` value")
        if kind.le is not None and kind.ge is not None and not kind.ge <= number <= kind.le:
            message = (
                f"Invalid input JSON on line 1, column {len(self._body)}: Numeric value ({value}) out of range of int "
                "(-2147483648 - 2147483647)"
            )
            raise Refusal(400, message, "json.shape", category=None)
        return number

    def _read_flag(self, value: Any) -> bool:
        if isinstance(value, str):
            if value.lower() not in ("true", "false"):
                self._refuse("java.lang.Boolean", value, 'only "true" or "false" recognized')
            return value.lower() == "true"
        if not isinstance(value, int):
            self._refuse("java.lang.Boolean", value)
        return bool(value)

    def _refuse(self, java_type: str, value: Any, why: str = "") -> NoReturn:
        got = f'String "{value}": {why}' if why else _token(value)
        message = (
            f"Invalid input JSON on line 1, column {len(self._body)}: Cannot deserialize value of type "
            f"`{java_type}` from {got}"
        )
        raise Refusal(400, message, "json.shape", category=None)


def _fits(kind: inspect.Type, value: Any) -> bool:
    if isinstance(value, bool):
        return isinstance(kind, inspect.BoolType)
    if isinstance(value, str):
        return isinstance(kind, inspect.StrType)
    if isinstance(value, int):
        return isinstance(kind, inspect.IntType)
    return isinstance(value, float) and isinstance(kind, inspect.FloatType)


def _token(value: Any) -> str:
    if value is None:
        return "Null value (token `JsonToken.VALUE_NULL`)"
    if isinstance(value, bool):
        return f"Boolean value (token `JsonToken.VALUE_{str(value).upper()}`)"
    if isinstance(value, dict):
        return "Object value (token `JsonToken.START_OBJECT`)"
    if isinstance(value, list):
        return "Array value (token `JsonToken.START_ARRAY`)"
    if isinstance(value, str):
        return "String value (token `JsonToken.VALUE_STRING`)"
    kind = "FLOAT" if isinstance(value, float) else "INT"
    word = "Floating-point" if isinstance(value, float) else "Integer"
    return f"{word} value (token `JsonToken.VALUE_NUMBER_{kind}`)"


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
