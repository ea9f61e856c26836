"""Fold a line for a terminal: at spaces only, since a terminal itself breaks words, paths and tokens."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Final, TextIO

__all__ = ["columns_of", "fold"]

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_PART: Final = re.compile(r"( *)([^ ]+)")
_USUAL: Final = 80
_NARROWEST: Final = 20


def columns_of(stream: TextIO) -> int:
    """Return the width of a stream's terminal; COLUMNS takes precedence, as in other programs."""
    known = os.environ.get("COLUMNS", "")
    if known.isascii() and known.isdigit() and int(known):
        return int(known)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def fold(line: str, columns: int) -> str:
    """Return a line in parts of at most `columns` characters, broken at spaces; what follows the first is indented.

    A word that is longer, such as a path or a token, is on a line of its own, and whole.
    """
    if columns < _NARROWEST or _width(line) <= columns:
        return line
    indent = len(line) - len(line.lstrip(" ")) + 2
    margin = " " * (indent if indent <= columns // 2 else 2)
    rows: list[str] = []
    row, width = "", 0
    for space, word in _PART.findall(line):
        wide = _width(word)
        if row.strip() and width + len(space) + wide > columns:
            rows.append(row)
            row, width = margin + word, len(margin) + wide
        else:
            row, width = row + space + word, width + len(space) + wide
    return "\n".join([*rows, row])


def _width(text: str) -> int:
    """Return how many columns a text takes: colours none, wide characters two."""
    plain = _COLOUR.sub("", text)
    if plain.isascii():
        return len(plain)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in plain
    )
