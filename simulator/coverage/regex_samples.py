"""Generate a text that a regular expression is likely to match."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["sample"]

_CLASSES: Final = {"d": "7", "w": "a", "s": " ", "D": "x", "W": "-", "S": "x", "b": "", "B": ""}
_COUNT: Final = re.compile(r"\{(\d+)(?:,\d*)?\}")


def sample(pattern: str) -> str:
    """Return a sample text: first alternatives, minimum repetitions, but one repetition for `*`."""
    text, _ = _sequence(pattern, 0)
    return text


def _sequence(pattern: str, at: int) -> tuple[str, int]:
    """Parse to the end of a group; only its first alternative counts."""
    parts: list[str] = []
    first = True
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            first = False
            at += 1
            continue
        text, at = _atom(pattern, at)
        times, at = _times(pattern, at)
        if first:
            parts.append(text * times)
    return "".join(parts), at


def _atom(pattern: str, at: int) -> tuple[str, int]:
    sign = pattern[at]
    if sign == "\\" and at + 1 < len(pattern):
        return _CLASSES.get(pattern[at + 1], pattern[at + 1]), at + 2
    if sign == "[":
        return _class(pattern, at + 1)
    if sign == "(":
        looks = pattern.startswith(("(?!", "(?<!"), at)
        begin = at + 1
        for prefix in ("?:", "?=", "?!", "?<=", "?<!"):
            if pattern.startswith(prefix, begin):
                begin += len(prefix)
                break
        else:
            if pattern.startswith("?<", begin):
                begin = pattern.find(">", begin) + 1
        inner, end = _sequence(pattern, begin)
        return "" if looks else inner, end + 1
    if sign in "^$":
        return "", at + 1
    return "x" if sign == "." else sign, at + 1


def _class(pattern: str, at: int) -> tuple[str, int]:
    negative = pattern.startswith("^", at)
    at += negative
    begin = at
    while at < len(pattern) and (pattern[at] != "]" or at == begin):
        at += 2 if pattern[at] == "\\" else 1
    inside = pattern[begin:at]
    if not negative:
        single = _CLASSES.get(inside[1:2], inside[1:2]) if inside.startswith("\\") else inside[:1]
        return single, at + 1
    return next((text for text in "x7-A_ é" if _admits(inside, text)), ""), at + 1


def _admits(inside: str, text: str) -> bool:
    try:
        return re.fullmatch(f"[^{inside}]", text) is not None
    except re.error:
        return True


def _times(pattern: str, at: int) -> tuple[int, int]:
    times, end = 1, at
    if at < len(pattern) and pattern[at] in "*+?":
        end = at + 1
    elif found := _COUNT.match(pattern, at):
        times, end = int(found.group(1)), found.end()
    if end > at and end < len(pattern) and pattern[end] in "?+":
        end += 1
    return min(times, 1000), end
