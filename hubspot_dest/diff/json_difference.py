"""Find the differences between two JSON values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["MISSING", "Difference", "differences"]


class _Missing:
    def __repr__(self) -> str:
        return "(nothing)"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two values at a path; `MISSING` if one of them has no value there."""

    path: str
    expected: Any
    actual: Any


def differences(expected: Any, actual: Any, path: str = "") -> list[Difference]:
    """Return every difference of `actual` from `expected`; key order is ignored, 1 equals 1.0 but not true."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        keys = [*expected, *(key for key in actual if key not in expected)]
        return [
            difference
            for key in keys
            for difference in differences(
                expected.get(key, MISSING), actual.get(key, MISSING), f"{path}.{key}"
            )
        ]
    if isinstance(expected, list) and isinstance(actual, list):
        found: list[Difference] = []
        for index in range(max(len(expected), len(actual))):
            left = expected[index] if index < len(expected) else MISSING
            right = actual[index] if index < len(actual) else MISSING
            found += differences(left, right, f"{path}[{index}]")
        return found
    if _same(expected, actual):
        return []
    return [Difference(path.lstrip(".") or "result", expected, actual)]


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float)):
        # JSON numbers are doubles in JavaScript, where the vectors were recorded.
        return _double(expected) == _double(actual)
    return type(expected) is type(actual) and bool(expected == actual)


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
