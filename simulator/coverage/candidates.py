"""Candidate values for the properties that a function reads, so that it returns true or false."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from simulator.coverage.event_shapes import ABSENT, Edits, Resize
from simulator.coverage.js_scan import CodeHints, JsComparison, PropertyRead
from simulator.coverage.mapping_tree import Path
from simulator.coverage.regex_samples import sample

__all__ = ["POOL", "candidates", "read_path"]

# Typical and unusual event values, tried without better candidates.
POOL: Final[tuple[Any, ...]] = (
    ABSENT, "text", 7, True, 1, 0, None, "", False, 1000, -1, 0.5, "1", "ada@example.com", "https://www.example.com/a",
    ["text"], [], {"id": "x"}, {}, 1_000_000, "2026-01-05T09:00:00Z", 1_767_600_000_000, "x" * 300, [1, 2, 3],
)  # fmt: skip
_TYPES: Final[dict[Any, Any]] = {
    "string": "text",
    "number": 7,
    "boolean": True,
    "object": {"id": "x"},
    "undefined": ABSENT,
}


def read_path(look: PropertyRead, base: Path | None) -> Path | None:
    """Return the event path that a function reads, given the path of its input; None if unknown."""
    if look.whole:
        return look.path
    return None if base is None else base + look.path


def candidates(hints: CodeHints, base: Path | None, *, yes: bool) -> Iterator[Edits]:
    """Yield edits that may make a function return true (or false), the likeliest first.

    Args:
        hints: the properties that the function reads.
        base: the path of its input in the event.
        yes: the wanted result.

    """
    sides = [side for comparison in hints.comparisons if (side := _sides(comparison, base)) is not None]
    wanted, other = (0, 1) if yes else (1, 0)
    if sides:
        yield _all(sides, wanted)
        for number in range(len(sides)):
            yield _all(sides, other, turned=number)
        for number in range(len(sides)):
            yield _all(sides, wanted, turned=number)
        for side in sides:
            yield from ((pair,) for pair in side[wanted])
        yield _all(sides, other)
        yield _all(sides, wanted, choice=1)
        for side in sides:
            yield from ((pair,) for pair in side[other])
    paths = list(
        dict.fromkeys(path for look in hints.looks if (path := read_path(look, base)) is not None and path)
    )
    if base and not paths:
        paths = [base]
    values = [*_near(hints.literals), *POOL]
    for path in paths:
        yield from (((path, value),) for value in values)
    for first, second in pairwise(paths):
        yield from (((first, item), (second, two)) for item in values[:8] for two in values[:8])


Side = tuple[list[tuple[Path, Any]], list[tuple[Path, Any]]]


def _all(sides: list[Side], which: int, *, turned: int = -1, choice: int = 0) -> Edits:
    picked = []
    for number, side in enumerate(sides):
        options = side[1 - which if number == turned else which]
        if options:
            picked.append(options[min(choice, len(options) - 1)])
    return tuple(picked)


def _sides(js_comparison: JsComparison, base: Path | None) -> Side | None:
    """Return the values that make a comparison true and false."""
    path = read_path(js_comparison.look, base)
    if path is None:
        return None
    if path[-1:] == ("length",):
        yes, no = _values(js_comparison.operator, js_comparison.literal)
        return _sized(path[:-1], yes), _sized(path[:-1], no)
    if js_comparison.operator == "hasOwnProperty":
        inside = (*path, str(js_comparison.literal))
        return [(inside, "text")], [(inside, ABSENT)]
    yes, no = _values(js_comparison.operator, js_comparison.literal)
    # In a list, one matching value satisfies `some`, and one that does not match falsifies `every`.
    firsts = (tuple("0" if step == "*" else step for step in path),) if "*" in path else ()
    return (
        [(where, value) for where in (path, *firsts) for value in yes],
        [(where, value) for where in (path, *firsts) for value in no],
    )


def _sized(path: Path, counts: list[Any]) -> list[tuple[Path, Any]]:
    whole = [
        max(0, min(1000, int(count)))
        for count in counts
        if isinstance(count, (int, float)) and count == count
    ]
    found = [(path, Resize(number)) for number in whole] + [(path, "x" * number) for number in whole]
    return found or [(path, ABSENT)]


def _values(operator: str, literal: Any) -> tuple[list[Any], list[Any]]:
    if operator in ("===", "=="):
        return [ABSENT if literal is None else literal, literal], _others(literal)
    if operator in ("!==", "!="):
        return _others(literal), [ABSENT if literal is None else literal, literal]
    if operator in (">", ">=", "<", "<="):
        return _ordered(operator, literal)
    if operator in ("typeof", "not typeof"):
        named = [_TYPES.get(literal, "text")]
        rest = [value for name, value in _TYPES.items() if name != literal]
        return (named, rest) if operator == "typeof" else (rest, named)
    if operator == "truthy":
        return ["text", True, 7, ["text"]], [ABSENT, False, 0, "", None]
    if operator == "falsy":
        return [ABSENT, False, 0, "", None], ["text", True, 7, ["text"]]
    if operator == "isArray":
        return [["text"], [{"id": "x"}, {"id": "y"}]], ["text", ABSENT]
    text = sample(literal) if operator == "test" else str(literal)
    fitting = {"startsWith": [f"{text}x", text], "endsWith": [f"x{text}", text], "test": [text, f"{text}x"]}
    return fitting.get(operator, [f"x{text}x", text, [literal]]), ["%", [], ABSENT, ""]


def _ordered(operator: str, literal: Any) -> tuple[list[Any], list[Any]]:
    if isinstance(literal, bool) or not isinstance(literal, (int, float)):
        text = str(literal)
        after: list[Any] = [f"{text}z", "~"]
        ahead: list[Any] = ["", " "]
        return (after, ahead) if operator[0] == ">" else (ahead, after)
    equal = [literal] if operator[1:] else []
    unequal = [] if operator[1:] else [literal]
    above: list[Any] = [literal + 1, literal * 2 + 1]
    below: list[Any] = [literal - 1, ABSENT]
    if operator[0] == ">":
        return [*equal, *above], [*unequal, *below]
    return [*equal, literal - 1], [*unequal, *above, ABSENT]


def _others(literal: Any) -> list[Any]:
    if isinstance(literal, bool):
        return [not literal, ABSENT]
    if isinstance(literal, (int, float)):
        return [literal + 1, literal - 1, ABSENT]
    if isinstance(literal, str):
        return [f"{literal}x", "other", ABSENT]
    return ["text", 7]


def _moments(number: float) -> list[int]:
    """Return timestamps whose year, hour, weekday or day of the month is a number."""
    if 1970 <= number <= 2200:
        return [int((number - 1970 + more) * 365.25 * 86_400_000) + 5 * 86_400_000 for more in (0, 1, -1)]
    if 0 <= number <= 31:
        midnight = 1_767_484_800_000  # a Sunday, the 4th
        return [
            midnight + int(number + more) * unit for unit in (3_600_000, 86_400_000) for more in (0, 1, -1)
        ]
    return []


def _near(literals: list[Any]) -> list[Any]:
    """Return the literals of a function and their neighbouring values."""
    found: list[Any] = []
    for literal in literals:
        found.append(literal)
        if isinstance(literal, (int, float)) and not isinstance(literal, bool):
            found += [literal + 1, literal - 1, str(literal), *_moments(literal)]
        elif isinstance(literal, str) and literal:
            found += [f"x{literal}x", literal.upper(), literal.lower(), [literal]]
    return [*found[:80], *_between(literals)]


def _between(literals: list[Any]) -> list[float]:
    """Return values between two adjacent numbers, as they are and divided by a factor."""
    numbers = sorted(
        {
            literal
            for literal in literals
            if isinstance(literal, (int, float)) and not isinstance(literal, bool)
        }
    )
    middles = [(low + high) / 2 for low, high in pairwise(numbers)]
    return [
        *middles,
        *(middle / number for middle in middles for number in numbers if number and abs(number) != 1),
    ][:40]
