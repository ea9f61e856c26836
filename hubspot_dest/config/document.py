"""JSON and YAML of unknown origin, with the position of every value: bounded in depth and size, free of cycles."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

import yaml

__all__ = ["BoundedLoader", "Document", "DocumentError", "Position", "SourceMap", "is_json", "parse_document"]

Path = tuple[str | int, ...]

_MAX_DEPTH: Final = 100
_MAX_ALIAS_NODES: Final = 100_000
_JSON_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "merge")
)
_TEXT: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
# A text, also one without an end, or a bracket.
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class DocumentError(Exception):
    """The text is neither JSON nor YAML, or not a document that a configuration can be.

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
        line: of the key in a map, else of the value.
        column: likewise.
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
        positions: the position of every value by its path.
        duplicates: keys that a map has twice: (path, line of the first, line of the second).

    """

    value: Any
    positions: dict[Path, Position]
    duplicates: tuple[tuple[Path, int, int], ...] = ()


def is_json(name: str, text: str) -> bool:
    """Tell whether a text is JSON, not YAML: by the suffix of the file's name, else by the first character."""
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
    return _JsonScanner(text).parse() if is_json(name, text) else _parse_yaml(text)


@dataclass(slots=True)
class _JsonScanner:
    """A JSON parser that notes positions; the standard library's does not."""

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
            raise DocumentError(f"broken JSON: {error.msg}", error.lineno, error.colno) from None
        except ValueError:
            pass  # a number of more than 4,300 digits, which `_value` finds again, with its position
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
                raise DocumentError(f"broken JSON: {error}", *self._line(at)) from None
        start = at if key_at is None else key_at
        line, column = self._line(start)
        self.positions[path] = Position(line, column, start, at, end)
        return value, end

    def _object(self, at: int, path: Path) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self._space(at)
        while self.text[at] != "}":
            key_at = at
            key, at = scanstring(self.text, at + 1, True)
            at = self._space(self._space(at) + 1)  # the colon
            inner = (*path, key)
            if key in found:
                self.duplicates.append((inner, self.positions[inner].line, self._line(key_at)[0]))
            found[key], at = self._value(at, inner, key_at)
            at = self._space(at)
            if self.text[at] == ",":
                at = self._space(at + 1)
        return found, at + 1

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
    """Refuse JSON that is nested too deeply, before anything recurses into it. Raises DocumentError."""
    depth = 0
    for found in _JSON_TOKEN.finditer(text):
        first = text[found.start()]
        if first in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                line = text.count("\n", 0, found.start()) + 1
                raise DocumentError(f"nested more than {_MAX_DEPTH} levels deep", line)
        elif first != '"':
            depth -= 1


def _parse_yaml(text: str) -> Document:
    positions: dict[Path, Position] = {}
    duplicates: list[tuple[Path, int, int]] = []
    loader = None
    try:
        loader = JsonLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(None, positions)
        _note_positions(node, (), None, positions, duplicates)
        return Document(loader.construct_document(node), positions, tuple(duplicates))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise DocumentError(f"broken YAML: {error.problem}", line, column) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        msg = f"broken YAML: the character {text[error.position]!r} is not allowed"
        raise DocumentError(msg, line) from None
    finally:
        if loader is not None:
            loader.dispose()


def _note_positions(
    node: yaml.Node,
    path: Path,
    key: yaml.Node | None,
    positions: dict[Path, Position],
    duplicates: list[tuple[Path, int, int]],
) -> None:
    """Note the positions of a node and of all nodes inside it; a position that is known already stays."""
    first = node if key is None else key
    start, end = node.start_mark, node.end_mark
    line, column = first.start_mark.line + 1, first.start_mark.column + 1
    positions.setdefault(path, Position(line, column, first.start_mark.index, start.index, end.index))
    if isinstance(node, yaml.SequenceNode):
        for index, inner in enumerate(node.value):
            _note_positions(inner, (*path, index), None, positions, duplicates)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    merged: list[yaml.Node] = []
    for inner_key, inner in node.value:
        if inner_key.tag == _MERGE:
            merged += inner.value if isinstance(inner, yaml.SequenceNode) else [inner]
            continue
        name = str(inner_key.value)
        line = inner_key.start_mark.line + 1
        if name in lines:
            duplicates.append(((*path, name), lines[name], line))
        lines.setdefault(name, line)
        _note_positions(inner, (*path, name), inner_key, positions, duplicates)
    # What `<<` merges has the position of its own text, unless the map has the key itself.
    for inner in merged:
        _note_positions(inner, path, None, positions, duplicates)


class BoundedLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which refuses what grows without bound; each error has its line.

    Eight levels of nine aliases are 43 million values in a file of 300 bytes: values are counted before any is built.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._depth = 0
        self._alias_nodes = 0
        self._sizes: dict[int, int] = {}  # number of values in a finished node, its aliases expanded

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node and count what it expands to."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            size = self._sizes.get(id(node))
            if size is None:
                raise _error(
                    f"the alias *{event.anchor} is part of the value that it names", event.start_mark
                )
            self._alias_nodes += size
            if self._alias_nodes > _MAX_ALIAS_NODES:
                raise _error(f"the aliases expand to more than {_MAX_ALIAS_NODES:,} values", event.start_mark)
            return node
        if self._depth == _MAX_DEPTH:
            raise _error(f"nested more than {_MAX_DEPTH} levels deep", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        assert node is not None
        self._sizes[id(node)] = 1 + self._size_of_children(node)
        return node

    def _size_of_children(self, node: yaml.Node) -> int:
        if isinstance(node, yaml.MappingNode):
            return sum(self._sizes[id(key)] + self._sizes[id(value)] for key, value in node.value)
        if isinstance(node, yaml.SequenceNode):
            return sum(self._sizes[id(item)] for item in node.value)
        return 0

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build a value; one that cannot be built (`2024-99-99`) is an error with its line."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError) as error:
            raise _error(str(error), node.start_mark) from None


class JsonLoader(BoundedLoader):
    """YAML that means JSON: every key is text as it was written, and dates stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own form
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node of a kind that JSON has."""
        node = super().compose_node(parent, index)
        if node is not None and node.tag not in _JSON_TAGS:
            raise _error(
                f"a value of the kind {node.tag} cannot be in a configuration: JSON has none", node.start_mark
            )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Compose a map whose keys are text."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        for position, (key, value) in enumerate(node.value):
            if not isinstance(key, yaml.ScalarNode):
                raise _error("a key must be text, not a list or a map", key.start_mark)
            if key.tag not in (_TEXT, _MERGE):
                text = yaml.ScalarNode(_TEXT, key.value, key.start_mark, key.end_mark)
                self._sizes[id(text)] = 1
                node.value[position] = (text, value)
        return node


def _error(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Lines of a file, by path from the top of the configuration.

    Attributes:
        file: the file's name as the user gave it.
        lines: path to line, counted from 1.

    """

    file: str
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest part around it."""
        steps = path
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps)
