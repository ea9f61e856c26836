"""JSON as coloured lines: bounded in length and depth, and harmless whatever it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hubspot_dest.diff.json_difference import MISSING
from simulator.tui.widgets.lines import Piece, TextLine
from simulator.tui.widgets.text_width import harmless

__all__ = ["json_lines", "short"]

_LONGEST = 160
_DEEPEST = 12


def short(value: Any, limit: int = 60) -> str:
    """Return a value as one short harmless text; what is not there is `nothing`, without quotation marks."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, str):
        return harmless(f'"{value[: limit + 1]}"', limit)
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = str(type(value).__name__)
    return harmless(text, limit) if len(text) <= limit else harmless(text[:limit]) + "…"


def json_lines(value: Any, *, indent: int = 1, most: int = 400) -> list[TextLine]:
    """Return a value as indented lines, at most `most`."""
    lines: list[TextLine] = []
    for found in _lines(value, indent, "", 0):
        if len(lines) >= most:
            lines.append(TextLine(((" " * indent + "… and more", "faint"),)))
            break
        lines.append(found)
    return lines


def _lines(value: Any, indent: int, name: str, depth: int) -> Iterator[TextLine]:
    head: list[Piece] = [(" " * indent, "text")]
    if name:
        head += [(harmless(name, 80), "info"), ("  ", "faint")]
    if isinstance(value, dict | list) and value and depth < _DEEPEST:
        if (
            isinstance(value, list)
            and len(value) <= 4
            and not any(isinstance(item, dict | list) for item in value)
        ):
            yield TextLine((*head, *_scalar(value)))
            return
        if name or depth:
            yield TextLine((*head[:-1], ("" if name else "─", "faint")) if name else (*head, ("─", "faint")))
        inner = indent + (2 if name or depth else 0)
        pairs = value.items() if isinstance(value, dict) else ((f"{i}", item) for i, item in enumerate(value))
        for key, pair in pairs:
            yield from _lines(pair, inner, str(key), depth + 1)
        return
    yield TextLine((*head, *_scalar(value)))


def _scalar(value: Any) -> tuple[Piece, ...]:
    if isinstance(value, bool) or value is None:
        return ((json.dumps(value), "violet"),)
    if isinstance(value, int | float):
        return ((harmless(value, 40), "warn"),)
    if isinstance(value, str):
        return ((harmless(value, _LONGEST) or '""', "text"),)
    return ((short(value, _LONGEST), "dim"),)
