"""Derive sound static facts about a `$code:` function; unknown is a possible result."""

from __future__ import annotations

import json
from functools import lru_cache
from math import inf
from typing import Any, Final

from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError
from hubspot_dest.mapping.jsvalues import UNDEFINED, cast_to_property, truthy
from hubspot_dest.mapping.values import Callbacks, may_return_promise
from simulator.coverage.js_scan import CodeHints, JsComparison, PropertyRead, read_hints
from simulator.coverage.js_tokens import JsToken, tokens
from simulator.coverage.mapping_tree import MarkedCode, Path, RuleNode

__all__ = ["contradiction", "gives_nothing", "is_constant", "needs"]

_KEYWORDS: Final = frozenset(
    """
    async await function return const let var if else true false null undefined typeof new in of for while
    instanceof void switch case break default try catch finally throw Error TypeError RangeError NaN Infinity
    """.split()  # noqa: SIM905 - words read better as words
)
_COMPARED: Final = frozenset({"===", ">", ">=", "<", "<="})


def is_constant(code: MarkedCode, *, true: bool) -> bool:
    """Return whether a function reads nothing and returns a truthy (or falsy) value; one that throws is neither."""
    known, result = _constant(code)
    return known and not isinstance(result, BaseException) and truthy(result) is true


def gives_nothing(code: MarkedCode) -> str:
    """Return why a function that reads nothing never gives a property; empty for any other function."""
    known, result = _constant(code)
    if known and isinstance(result, BaseException):
        return f"its function always throws: {getattr(result, 'message', None) or result}"
    if known and cast_to_property(result) is UNDEFINED:
        return "its function never gives a value, whatever its input"
    return ""


def _constant(code: MarkedCode) -> tuple[bool, Any]:
    """Return whether a function reads nothing, and its result or error."""
    if isinstance(code.owner, RuleNode) and may_return_promise(code):
        return False, None  # walkerOS 4.4 treats the promise as true; newer versions await it
    return _run(str(code))


# Several checks evaluate the same function, and an endless loop costs its time limit each time.
@lru_cache(maxsize=4096)
def _run(source: str) -> tuple[bool, Any]:
    words = tokens(source.removeprefix("$code:"))
    arrow = _arrow(words)
    body = words[arrow + 1 :] if arrow is not None else []
    names = {js_token.text for js_token in body if js_token.kind == "name"} - _KEYWORDS
    strange = any(
        "${" in js_token.text or (js_token.kind == "sign" and not js_token.text.isascii())
        for js_token in body
    )
    if not body or names or strange:
        return False, None
    function = Callbacks().callable(source)
    try:
        return True, function({}, CallContext())
    except JavaScriptLimitError:  # on another machine it may finish in time
        return False, None
    except Exception as error:  # a user's function may throw anything
        return True, error.with_traceback(None)


def needs(code: MarkedCode, path: Path) -> bool:
    """Return whether a condition cannot hold if `path` of its input has no usable value.

    This is proven for `A && B && …` if one operand compares the path with a literal in a way that is false for null
    and for any map or list that contains null.
    """
    body = _body(code)
    if body is None:
        return False
    return any(_fails_without(code, part, path) for part in _conjuncts(body))


def contradiction(code: MarkedCode) -> str:
    """Return the path with contradictory comparisons in a condition, such as above 10 and below 5 in `A && B`.

    Empty if there is no contradiction.
    """
    body = _body(code)
    ranges: dict[PropertyRead, list[tuple[str, float]]] = {}
    for part in _conjuncts(body) if body is not None else []:
        js_comparison = _comparison(code, part)
        if (
            js_comparison is None
            or isinstance(js_comparison.literal, bool)
            or not isinstance(js_comparison.literal, (int, float))
        ):
            continue
        ranges.setdefault(js_comparison.look, []).append((js_comparison.operator, js_comparison.literal))
    for look, limits in ranges.items():
        lower = max((limit for sign, limit in limits if sign in (">", ">=", "===")), default=-inf)
        upper = min((limit for sign, limit in limits if sign in ("<", "<=", "===")), default=inf)
        strict = any(limit in (lower, upper) and sign in ("<", ">") for sign, limit in limits)
        if lower > upper or (lower == upper and strict):
            return ".".join(look.path)
    return ""


def _body(code: MarkedCode) -> list[JsToken] | None:
    """Return the expression of an arrow function; None for other functions.

    Also None for parameters with defaults or list patterns, where an absent value is not undefined.
    """
    words = tokens(code.removeprefix("$code:"))
    arrow = _arrow(words)
    if arrow is None or words[arrow + 1 : arrow + 2] == [JsToken("sign", "{")]:
        return None
    if any(word in (JsToken("sign", "="), JsToken("sign", "[")) for word in words[:arrow]):
        return None
    return words[arrow + 1 :]


def _arrow(words: list[JsToken]) -> int | None:
    """Return the index of the function's own arrow, which follows its parameters; callbacks have arrows too."""
    at = 1 if words[:1] == [JsToken("name", "async")] else 0
    if words[at : at + 1] == [JsToken("sign", "(")]:
        depth = 0
        for end in range(at, len(words)):
            sign = words[end].text if words[end].kind == "sign" else ""
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                at = end
                break
    return at + 1 if words[at + 1 : at + 2] == [JsToken("sign", "=>")] else None


def _conjuncts(body: list[JsToken]) -> list[list[JsToken]]:
    """Return the operands of `&&`; empty if another operator could determine the result."""
    parts: list[list[JsToken]] = [[]]
    depth = 0
    for word in body:
        sign = word.text if word.kind == "sign" else ""
        depth += (sign in ("(", "[", "{")) - (sign in (")", "]", "}"))
        if depth == 0 and sign in ("||", "??", "?", ",", ";", "=", "=>"):
            return []
        if depth == 0 and sign == "&&":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _fails_without(code: MarkedCode, part: list[JsToken], path: Path) -> bool:
    if part[:1] == [JsToken("sign", "[")]:
        return _listed(code, part, path)
    js_comparison = _comparison(code, part)
    if js_comparison is None or js_comparison.look != PropertyRead(path):
        return False
    if js_comparison.operator == "===":
        return js_comparison.literal is not None
    if isinstance(js_comparison.literal, bool) or not isinstance(js_comparison.literal, (int, float)):
        return False
    # An absent value compares as NaN; null and a list of nulls compare as 0, so 0 must fail too.
    holds = {
        ">": js_comparison.literal < 0,
        ">=": js_comparison.literal <= 0,
        "<": js_comparison.literal > 0,
        "<=": js_comparison.literal >= 0,
    }
    return js_comparison.operator in holds and not holds[js_comparison.operator]


def _comparison(code: MarkedCode, part: list[JsToken]) -> JsComparison | None:
    """Parse a part of a condition that is a single comparison; None for other parts.

    The part must be exactly `path operator literal` or the reverse: `5 - path > 1` compares another value.
    """
    at = [
        place for place, js_token in enumerate(part) if js_token.kind == "sign" and js_token.text in _COMPARED
    ]
    if len(at) != 1:
        return None
    left, right = part[: at[0]], part[at[0] + 1 :]
    if not ((_is_path(left) and _is_literal(right)) or (_is_literal(left) and _is_path(right))):
        return None
    compared = _hints(code, part).comparisons
    return compared[0] if len(compared) == 1 and compared[0].operator in _COMPARED else None


def _is_path(words: list[JsToken]) -> bool:
    """Return whether tokens form a path such as `event.data?.total`."""
    names, dots = words[::2], words[1::2]
    plain = all(name.kind == "name" and name.text not in _KEYWORDS for name in names)
    return len(words) % 2 == 1 and plain and all(dot.text in (".", "?.") for dot in dots)


def _is_literal(words: list[JsToken]) -> bool:
    if len(words) == 2 and words[0] == JsToken("sign", "-"):
        return words[1].kind == "number"
    known = len(words) == 1 and words[0].kind == "name" and words[0].text in ("true", "false", "null")
    return known or (len(words) == 1 and words[0].kind in ("text", "number"))


def _listed(code: MarkedCode, part: list[JsToken], path: Path) -> bool:
    """Return whether a part is `["a", "b"].includes(path)` with texts and numbers only."""
    end = next((at for at, js_token in enumerate(part) if js_token == JsToken("sign", "]")), 0)
    plain = all(js_token.kind in ("text", "number") or js_token.text == "," for js_token in part[1:end])
    call = [js_token.text for js_token in part[end + 1 : end + 4]] == [".", "includes", "("]
    inside = part[end + 4 : -1]
    if not plain or not call or part[-1] != JsToken("sign", ")"):
        return False
    if any(js_token.kind == "sign" and js_token.text not in (".", "?.") for js_token in inside):
        return False
    return _hints(code, inside).looks == [PropertyRead(path)]


def _hints(code: MarkedCode, part: list[JsToken]) -> CodeHints:
    head = code.removeprefix("$code:").split("=>")[0]
    return read_hints(f"{head}=> {' '.join(_source(js_token) for js_token in part)}")


def _source(word: JsToken) -> str:
    return json.dumps(word.text) if word.kind == "text" else word.text
