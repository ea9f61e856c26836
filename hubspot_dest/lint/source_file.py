"""A configuration file with the position of every value, also through `$var` references."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

import yaml

from hubspot_dest.config.yaml_document import BoundedLoader

__all__ = ["Position", "SourceFile", "SourceSyntaxError", "parse_source"]

Path = tuple[str | int, ...]

_WHOLE_VAR: Final = re.compile(r"\$var\.([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)")
_MAX_NODES: Final = 200_000
_MAX_DEPTH: Final = 200


class SourceSyntaxError(Exception):
    """The text is neither JSON nor YAML, or too large a document.

    Attributes:
        line: counted from 1.
        column: counted from 1.

    """

    def __init__(self, message: str, line: int, column: int = 1) -> None:
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
class SourceFile:
    """A parsed file.

    Attributes:
        name: the file's name for messages.
        text: its text.
        value: the decoded document.
        positions: the position of every value by its path.
        duplicates: keys that a map has twice: (path, line of the first).
        is_json: parsed as JSON.

    """

    name: str
    text: str
    value: Any
    positions: dict[Path, Position]
    duplicates: tuple[tuple[Path, int], ...] = ()
    is_json: bool = False

    def position(self, path: Path) -> Position | None:
        """Return the position of a path, or of its nearest parent that has one."""
        while path not in self.positions:
            if not path:
                return None
            path = path[:-1]
        return self.positions[path]

    def origin(self, path: Path, scopes: tuple[Path, ...] = (), *, of_value: bool = False) -> Path:
        """Return where a value of the resolved configuration is written: whole `$var` references are followed.

        Args:
            path: from the root of the file.
            scopes: the paths of the `variables` blocks that apply, the nearest first.
            of_value: follow a reference that is the value itself, not only those above it.

        """
        seen: set[Path] = set()
        node: Any = self.value
        here: Path = ()
        rest = path
        while rest or of_value:
            if isinstance(node, str) and (found := _WHOLE_VAR.fullmatch(node)) and here not in seen:
                seen.add(here)
                target = self._variable(found[1], scopes)
                if target is None:
                    return here
                steps: Path = tuple(found[2].split(".")[1:])
                node, here, rest = self.at(()), (), (*target, *steps, *rest)
                continue
            if not rest:
                break
            step, rest = rest[0], rest[1:]
            present, node = _child(node, step)
            if not present:
                return here
            here = (*here, step)
        return here

    def _variable(self, name: str, scopes: tuple[Path, ...]) -> Path | None:
        for scope in scopes:
            block = self.at(scope)
            if isinstance(block, dict) and name in block:
                return (*scope, name)
        return None

    def at(self, path: Path) -> Any:
        """Return the value at a path; None where there is none."""
        node = self.value
        for step in path:
            _, node = _child(node, step)
        return node


def _child(node: Any, step: str | int) -> tuple[bool, Any]:
    """Return (whether it exists, the value) one step below a value."""
    if isinstance(node, dict):
        return step in node, node.get(step)
    if isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
        return True, node[step]
    return False, None


def parse_source(name: str, text: str) -> SourceFile:
    """Parse JSON or YAML with positions.

    Args:
        name: the file's name; its suffix decides, else the first character.
        text: the file's text.

    Raises:
        SourceSyntaxError: the text cannot be parsed, or its document is larger than a configuration can be.

    """
    lowered = name.lower()
    first = text.lstrip("\ufeff \t\r\n")[:1]
    is_json = lowered.endswith(".json") or (not lowered.endswith((".yaml", ".yml")) and first in ("{", "["))
    if is_json:
        return _JsonScanner(name, text).parse()
    return _parse_yaml(name, text)


@dataclass(slots=True)
class _JsonScanner:
    """A JSON parser that notes positions; the standard library's does not."""

    name: str
    text: str
    positions: dict[Path, Position] = field(default_factory=dict)
    duplicates: list[tuple[Path, int]] = field(default_factory=list)
    _line_starts: list[int] = field(default_factory=list)

    def parse(self) -> SourceFile:
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        start = 1 if self.text.startswith("\ufeff") else 0
        try:
            json.loads(self.text[start:])
        except json.JSONDecodeError as error:
            raise SourceSyntaxError(error.msg, error.lineno, error.colno) from None
        except RecursionError:
            raise SourceSyntaxError("nested too deeply to be a configuration", 1) from None
        value, _ = self._value(self._space(start), (), None)
        return SourceFile(self.name, self.text, value, self.positions, tuple(self.duplicates), is_json=True)

    def _space(self, at: int) -> int:
        text = self.text
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        return at

    def _value(self, at: int, path: Path, key_at: int | None) -> tuple[Any, int]:
        if len(path) > _MAX_DEPTH:
            raise SourceSyntaxError("nested too deeply to be a configuration", self._line(at)[0])
        sign = self.text[at]
        value: Any
        if sign == "{":
            value, end = self._object(at + 1, path)
        elif sign == "[":
            value, end = self._array(at + 1, path)
        elif sign == '"':
            value, end = scanstring(self.text, at + 1, True)
        else:
            value, end = json.JSONDecoder().raw_decode(self.text, at)
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
                self.duplicates.append((inner, self.positions[inner].line))
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
        import bisect

        line = bisect.bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def _parse_yaml(name: str, text: str) -> SourceFile:
    positions: dict[Path, Position] = {}
    duplicates: list[tuple[Path, int]] = []
    try:
        node = yaml.compose(text, Loader=BoundedLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise SourceSyntaxError(str(error.problem), line, column) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SourceSyntaxError(str(error).splitlines()[0] if str(error) else "broken YAML", 1) from None
    if node is None:
        return SourceFile(name, text, None, positions)
    _bound(node)
    scalars = yaml.SafeLoader("")
    try:
        value = _Constructor(scalars, positions, duplicates).construct(node, (), None)
    finally:
        scalars.dispose()  # type: ignore[no-untyped-call,unused-ignore]
    return SourceFile(name, text, value, positions, tuple(duplicates))


def _bound(root: yaml.Node) -> None:
    """Refuse a document whose aliases expand to more nodes than a configuration has, and a cyclic one.

    Raises:
        SourceSyntaxError: with the line of the node.

    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        line = node.start_mark.line + 1
        if id(node) in open_nodes:
            raise SourceSyntaxError("an alias refers to a node that contains it", line)
        if depth > _MAX_DEPTH:
            raise SourceSyntaxError("nested too deeply to be a configuration", line)
        open_nodes.add(id(node))
        total = 1 + sum(size(child, depth + 1) for child in _children(node))
        open_nodes.discard(id(node))
        if total > _MAX_NODES:
            raise SourceSyntaxError(f"aliases expand to more than {_MAX_NODES:,} values", line)
        sizes[id(node)] = total
        return total

    size(root, 0)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


@dataclass(slots=True)
class _Constructor:
    """Builds values from YAML nodes and notes their positions. Keys are text, as they are written."""

    scalars: yaml.SafeLoader
    positions: dict[Path, Position]
    duplicates: list[tuple[Path, int]]

    def construct(self, node: yaml.Node, path: Path, key: yaml.Node | None) -> Any:
        first = node if key is None else key
        self.positions.setdefault(
            path,
            Position(
                first.start_mark.line + 1,
                first.start_mark.column + 1,
                first.start_mark.index,
                node.start_mark.index,
                node.end_mark.index,
            ),
        )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.construct(inner, (*path, index), None) for index, inner in enumerate(node.value)]
        try:
            return self.scalars.construct_object(node)  # type: ignore[no-untyped-call,unused-ignore]
        except (yaml.YAMLError, ValueError):
            return str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, inner in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else str(key.tag)
            if name == "<<" and isinstance(key, yaml.ScalarNode) and key.style is None:
                merged.update(self._merge(inner, path))
                continue
            if name in found:
                self.duplicates.append(((*path, name), self.positions[(*path, name)].line))
            found[name] = self.construct(inner, (*path, name), key)
        return {**merged, **found}

    def _merge(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for inner in reversed(node.value if isinstance(node, yaml.SequenceNode) else [node]):
            value = self.construct(inner, path, None)
            if isinstance(value, dict):
                found.update(value)
        return found
