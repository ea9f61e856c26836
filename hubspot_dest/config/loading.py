"""Load a configuration or a complete flow from JSON or YAML; every problem is reported with its line.

A file is of unknown origin. It is parsed to a document with the position of every value: bounded in depth and
size, and free of cycles.
"""

from __future__ import annotations

import bisect
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any, Final

from hubspot_dest.config.model import Config, ConfigError, SourceMap
from hubspot_dest.config.syntax_fault import json_fault
from hubspot_dest.config.validation import Problem
from hubspot_dest.flow.document import find_destination, ignored_parts, is_flow
from hubspot_dest.flow.references import FlowError
from hubspot_dest.flow.step_examples import StepExample, step_examples

__all__ = [
    "ConfigFileError",
    "Document",
    "DocumentError",
    "MAX_DEPTH",
    "Position",
    "TOKEN_VARIABLE",
    "ValuePath",
    "file_of",
    "is_json",
    "load_config",
    "load_examples",
    "parse_document",
    "read_document",
    "read_text",
    "split_name",
]

ValuePath = tuple[str | int, ...]

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
    positions: dict[ValuePath, Position]
    duplicates: tuple[tuple[ValuePath, int, int], ...] = ()


TOO_MANY_DIGITS: Final = "a number has too many digits; write it in quotation marks, as text"


def is_json(name: str, text: str) -> bool:
    """Return whether a text is JSON rather than YAML: by the file name's suffix, else by the first character."""
    lowered = name.lower()
    if lowered.endswith((".json", ".yaml", ".yml")):
        return lowered.endswith(".json")
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def is_digit_limit(error: Exception) -> bool:
    """Return whether an error is Python's limit of the digits of a whole number (4,300)."""
    return "set_int_max_str_digits" in str(error)


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
    positions: dict[ValuePath, Position] = field(default_factory=dict)
    duplicates: list[tuple[ValuePath, int, int]] = field(default_factory=list)
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

    def _value(self, at: int, path: ValuePath, key_at: int | None) -> tuple[Any, int]:
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
                message = TOO_MANY_DIGITS if is_digit_limit(error) else str(error)
                raise DocumentError(f"invalid JSON: {message}", *self._line(at)) from None
        start = at if key_at is None else key_at
        line, column = self._line(start)
        self.positions[path] = Position(line, column, start, at, end)
        return value, end

    def _object(self, at: int, path: ValuePath) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        lines: dict[str, int] = {}
        at = self._space(at)
        while self.text[at] != "}":
            key_at = at
            key, at = scanstring(self.text, at + 1, True)
            at = self._space(self._space(at) + 1)  # the colon
            inner = (*path, key)
            if key in lines:
                self.duplicates.append((inner, lines[key], self._line(key_at)[0]))
            members[key], at = self._value(at, inner, key_at)
            lines.setdefault(key, self.positions[inner].line)
            at = self._space(at)
            if self.text[at] == ",":
                at = self._space(at + 1)
        return members, at + 1

    def _array(self, at: int, path: ValuePath) -> tuple[list[Any], int]:
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


TOKEN_VARIABLE = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
_MAX_BYTES = 16 * 1024 * 1024


class ConfigFileError(Exception):
    """A configuration file that cannot be used.

    Attributes:
        lines: one per problem, as shown to users: `shop.yaml, line 4: settings.batchsize: unknown key …`.

    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class _Opened:
    """A configuration as found in a file, with its positions and notes."""

    file: Path
    raw: Any
    places: dict[tuple[Any, ...], Position]
    prefix: tuple[Any, ...] = ()
    notes: list[str] = field(default_factory=list)
    entry: Any = None
    collector: dict[str, Any] = field(default_factory=dict)


def load_config(path: Path, *, needs_token: bool = True) -> tuple[Config, list[str]]:
    """Load and validate a configuration; HUBSPOT_ACCESS_TOKEN takes precedence over the file's token.

    Args:
        path: a destination's configuration, its entry in a flow, or a complete flow file; `FILE#flow.destination`
            selects one of several destinations.
        needs_token: reject a configuration without a token.

    Returns:
        The configuration, and its warnings as lines for users.

    Raises:
        ConfigFileError: the file cannot be read, is neither JSON nor YAML, or is not a valid configuration.

    """
    return _checked(_open(path), needs_token=needs_token)


def load_examples(path: Path) -> tuple[Config, list[StepExample]]:
    """Load a configuration, which needs no token, and its step examples; only an entry of a flow can have examples.

    Raises:
        ConfigFileError: see `load_config`.

    """
    opened = _open(path)
    return _checked(opened, needs_token=False)[0], step_examples(opened.entry)


def _checked(opened: _Opened, *, needs_token: bool) -> tuple[Config, list[str]]:
    def lines(problems: Iterable[Problem]) -> list[str]:
        return [_line(opened.file, opened.places, problem, opened.prefix) for problem in problems]

    try:
        config = Config.strict(opened.raw, token=os.environ.get(TOKEN_VARIABLE) or None)
        config.require_settings(needs_token=needs_token)
    except ConfigError as error:
        raise ConfigFileError(lines(error.problems) + opened.notes) from None
    if needs_token:
        try:
            config.check_token()
        except ConfigError as error:
            if not os.environ.get(TOKEN_VARIABLE):
                raise ConfigFileError(lines(error.problems) + opened.notes) from None
            messages = [f"{TOKEN_VARIABLE}: {problem.message} ({problem.hint})" for problem in error.problems]
            raise ConfigFileError(messages) from None
    if opened.collector:
        config = replace(config, collector=opened.collector)
    config = replace(config, source=_source_map(opened))
    return config, opened.notes + lines(config.warnings)


def _source_map(opened: _Opened) -> SourceMap:
    """Return the lines of the configuration, by paths from its own root."""
    depth = len(opened.prefix)
    lines = {
        path[depth:]: place.line for path, place in opened.places.items() if path[:depth] == opened.prefix
    }
    return SourceMap(str(opened.file), lines)


def read_document(path: Path) -> Any:
    """Load a JSON or YAML file; a key that occurs twice in a map is an error.

    Raises:
        ConfigFileError: the file cannot be read, or is neither JSON nor YAML.

    """
    return _parse(path, read_text(path)).value


def file_of(path: Path) -> Path:
    """Return FILE of `FILE#flow.destination`."""
    return split_name(path)[0]


def split_name(path: Path) -> tuple[Path, str]:
    """Return FILE and `flow.destination` of `FILE#flow.destination`; without a destination, an empty text."""
    text = str(path)
    if "#" not in text or path.exists():
        return path, ""
    file, _, wanted = text.rpartition("#")
    return Path(file), wanted


def _open(path: Path) -> _Opened:
    file, wanted = split_name(path)
    document = _parse(file, read_text(file))
    raw, places = document.value, document.positions
    if not is_flow(raw):
        if wanted:
            raise ConfigFileError([f"{file} is not a flow file, so it has no destination {wanted!r}"])
        return _unwrap(file, raw, places)
    try:
        destination = find_destination(raw, wanted, os.environ)
    except FlowError as error:
        raise ConfigFileError([_line(file, places, error.problem, ())]) from None
    notes = []
    if destination.several:
        notes.append(f"{file}: using destination {destination.name!r} of flow {destination.flow!r}")
    notes += [_line(file, places, note, ()) for note in destination.notes]
    return _Opened(
        file,
        destination.config,
        places,
        destination.path,
        notes,
        destination.entry,
        destination.collector,
    )


def read_text(path: Path) -> str:
    """Return the text of a file of at most 16 MiB.

    Raises:
        ConfigFileError: the file cannot be read, is too large, or is not UTF-8.

    """
    try:
        if path.is_dir():
            raise ConfigFileError([f"{path} is a folder, not a file"])
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigFileError([f"{path} cannot be read: {error.strerror or error}"]) from None
    if len(content) > _MAX_BYTES:
        raise ConfigFileError([f"{path} is larger than 16 MiB"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigFileError([f"{path} is not UTF-8 text (byte {error.start})"]) from None


def _parse(path: Path, text: str) -> Document:
    """Parse a file; a key that occurs twice in a map is an error. Raises ConfigFileError."""
    try:
        document = parse_document(path.name, text)
    except DocumentError as error:
        column = "" if error.column is None else f", column {error.column}"
        raise ConfigFileError([f"{path}, line {error.line}{column}: {error}"]) from None
    for inner, first, line in document.duplicates:
        duplicate = f"the key {inner[-1]!r} occurs twice in the same map, first in line {first}"
        raise ConfigFileError([f"{path}, line {line}: {duplicate}; remove one of them"])
    return document


def _unwrap(path: Path, raw: Any, places: dict[tuple[Any, ...], Position]) -> _Opened:
    """Return the configuration, unwrapped if the file holds a flow's destination entry."""
    if isinstance(raw, dict) and isinstance(raw.get("config"), dict) and "settings" not in raw:
        notes = [f"{path}: this is a flow's destination entry; using its config"]
        notes += [_line(path, places, note, ()) for note in ignored_parts(raw, ())]
        return _Opened(path, raw["config"], places, ("config",), notes, raw)
    return _Opened(path, raw, places)


def _line(
    path: Path, places: dict[tuple[Any, ...], Position], problem: Problem, prefix: tuple[Any, ...]
) -> str:
    steps: tuple[Any, ...] = (*prefix, *problem.path)
    while steps and steps not in places:
        steps = steps[:-1]
    place = places.get(steps)
    where = f"{path}, line {place.line}" if place is not None else str(path)
    return f"{where}: {problem}"
