"""Functions that people write, and what Node 20 makes of them under UTC."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript import JavaScriptEngine, JavaScriptError
from hubspot_dest.mapping.jsvalues import UNDEFINED

__all__ = ["AT_LENGTH", "EVENT", "EVERYDAY", "outcome"]

_DATA: Final = json.loads((Path(__file__).parent / "everyday_functions.json").read_text())

EVENT: Final[dict[str, Any]] = _DATA["event"]
EVERYDAY: Final[dict[str, Any]] = {candidate["code"]: candidate["node"] for candidate in _DATA["everyday"]}
"""The source without `$code:`, and `{"value": …}` or `{"error": name}`, as Node recorded it."""
AT_LENGTH: Final[list[str]] = _DATA["at_length"]
"""Sources that go through hundreds of formats, orders and addresses; only Node itself knows what they give."""


def outcome(engine: JavaScriptEngine, source: str) -> dict[str, Any]:
    """Return what a function gives here, in the shape of `EVERYDAY`."""
    context = CallContext(event=EVENT, scope=object())
    try:
        return {"value": _plain(engine.function(source)(EVENT, context))}
    except JavaScriptError as error:
        return {"error": error.name}


def _plain(value: Any) -> Any:
    if value is UNDEFINED:
        return {"$undefined": True}
    if isinstance(value, float):
        if not math.isfinite(value):
            return {"$number": "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"}
        if value == 0 and math.copysign(1, value) < 0:
            return {"$number": "-0"}
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
