"""Parse untrusted JSON and YAML with the position of every value; depth and size are bounded, cycles are rejected."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

from hubspot_dest.config.syntax_fault import json_fault

__all__ = ["MAX_DEPTH", "Document", "DocumentError", "Position", "SourceMap", "is_json", "parse_document"]

Path = tuple[str | int, ...]

MAX_DEPTH: Final = 100
# A string, terminated or not, or a bracket.
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class DocumentError(Exception):
    """The text is neither JSON nor YAML, or cannot be a configuration.

    Attributes:
        line: counted from 1.
        column: counted from 1; None if only the line is known.

    """

    def __init__(self, message: str, line: int, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the text: line and column from 1, and the offsets of key and value.

    Attributes:
        line: line of the key in a map, else of the value.
        column: column of the key in a map, else of the value.
        start: offset of the key in a map, else of the value.
        value_start: offset of the value.
        value_end: offset after the value.

    """

    line: int
    column: int
    start: int
    value_start: int
    value_end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text.

    Attributes:
        value: the decoded value.
        positions: path to position, for every value.
        duplicates: keys that occur twice in a map: (path, line of the first, line of the second).

    """

    value: Any
    positions: dict[Path, Position]
    duplicates: tuple[tuple[Path, int, int], ...] = ()


def is_json(name: str, text: str) -> bool:
    """Return whether a text is JSON rather than YAML: by the file name's suffix, else by the first character."""
    lowered = name.lower()
    if lowered.endswith((".json", ".yaml", ".yml")):
        return lowered.endswith(".json")
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def parse_document(name: str, text: str) -> Document:
    """Parse JSON or YAML.

    Args:
        name: the file's name, see `is_json`.
        text: the file's text.

    Raises:
        DocumentError: the text cannot be parsed, is nested too deeply, or expands to too many values.

    """
    if is_json(name, text):
        return _JsonScanner(text).parse()
    from hubspot_dest.config.yaml_document import parse_yaml  # loads PyYAML

    return parse_yaml(text)


@dataclass(slots=True)
class _JsonScanner:
    """A JSON parser that records positions, which the standard library's does not."""

    text: str
    positions: dict[Path, Position] = field(default_factory=dict)
    duplicates: list[tuple[Path, int, int]] = field(default_factory=list)
    _line_starts: list[int] = field(default_factory=list)

    def parse(self) -> Document:
        _require_flat(self.text)
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        start = 1 if self.text.startswith("\ufeff") else 0
        try:
            json.loads(self.text[start:])
        except json.JSONDecodeError as error:
            fault = json_fault(self.text[start:], error.msg, error.pos)
            raise DocumentError(f"invalid JSON: {fault.message}", fault.line, fault.column) from None
        except ValueError:
            pass  # a number of more than 4,300 digits, which `_value` reports with its position
        value, _ = self._value(self._space(start), (), None)
        return Document(value, self.positions, tuple(self.duplicates))

    def _space(self, at: int) -> int:
        text = self.text
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        return at

    def _value(self, at: int, path: Path, key_at: int | None) -> tuple[Any, int]:
        sign = self.text[at]
        value: Any
        if sign == "{":
            value, end = self._object(at + 1, path)
        elif sign == "[":
            value, end = self._array(at + 1, path)
        elif sign == '"':
            value, end = scanstring(self.text, at + 1, True)
        else:
            try:
                value, end = json.JSONDecoder().raw_decode(self.text, at)
            except ValueError as error:
                raise DocumentError(f"invalid JSON: {error}", *self._line(at)) from None
        start = at if key_at is None else key_at
        line, column = self._line(start)
        self.positions[path] = Position(line, column, start, at, end)
        return value, end

    def _object(self, at: int, path: Path) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        at = self._space(at)
        while self.text[at] != "}":
            key_at = at
            key, at = scanstring(self.text, at + 1, True)
            at = self._space(self._space(at) + 1)  # the colon
            inner = (*path, key)
            if key in members:
                self.duplicates.append((inner, self.positions[inner].line, self._line(key_at)[0]))
            members[key], at = self._value(at, inner, key_at)
            at = self._space(at)
            if self.text[at] == ",":
                at = self._space(at + 1)
        return members, at + 1

    def _array(self, at: int, path: Path) -> tuple[list[Any], int]:
        items: list[Any] = []
        at = self._space(at)
        while self.text[at] != "]":
            value, at = self._value(at, (*path, len(items)), None)
            items.append(value)
            at = self._space(at)
            if self.text[at] == ",":
                at = self._space(at + 1)
        return items, at + 1

    def _line(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def _require_flat(text: str) -> None:
    """Raise DocumentError for JSON that is nested too deeply, before a recursive parser reads it."""
    depth = 0
    for token in _JSON_TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                line = text.count("\n", 0, token.start()) + 1
                raise DocumentError(f"nested more than {MAX_DEPTH} levels deep", line)
        elif first != '"':
            depth -= 1


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The lines of a configuration's values in its file.

    Attributes:
        file: the file's name as the user gave it.
        lines: path from the root of the configuration to line, counted from 1.

    """

    file: str
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or else of its nearest enclosing value."""
        steps = path
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps)
