"""Encode values that JSON cannot represent as the vector files do: `{"$undefined": true}`, `{"$number": "NaN"}`."""

from __future__ import annotations

import math
from typing import Any, Final

from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign

__all__ = ["decode", "encode"]

_NUMBERS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}
_FOREIGN: Final = {"$date": "Date", "$invalidDate": "Date", "$function": "function"}


def decode(value: Any) -> Any:
    """Decode a value from a vector's JSON."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key, inner), *_ = value.items()
        if key == "$undefined":
            return UNDEFINED
        if key == "$number":
            return _NUMBERS.get(str(inner), value)
        if key in _FOREIGN:
            return Foreign(_FOREIGN[key])
    return {key: decode(item) for key, item in value.items()}


def encode(value: Any) -> Any:
    """Encode a value as a vector's JSON."""
    if value is UNDEFINED:
        return {"$undefined": True}
    if isinstance(value, Foreign):
        return {"$function": True} if value.kind == "function" else {f"${value.kind.lower()}": True}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and (
        not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0)
    ):
        return {"$number": _number(value)}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    return value


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if value == 0:
        return "-0"
    return "Infinity" if value > 0 else "-Infinity"
