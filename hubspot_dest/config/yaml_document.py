"""Parse untrusted YAML; depth and size are bounded, cycles are rejected. JSON is parsed elsewhere, without PyYAML."""

from __future__ import annotations

from typing import Any, Final

import yaml

from hubspot_dest.config.loading import (
    MAX_DEPTH,
    TOO_MANY_DIGITS,
    Document,
    DocumentError,
    Position,
    ValuePath,
    is_digit_limit,
)
from hubspot_dest.config.syntax_fault import yaml_fault

__all__ = ["BoundedLoader", "JsonLoader", "parse_yaml"]

_MAX_ALIAS_NODES: Final = 100_000
_JSON_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "merge")
)
_YAML_TAGS: Final = "tag:yaml.org,2002:"
_TEXT: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


def parse_yaml(text: str) -> Document:
    """Parse YAML that has a JSON equivalent.

    Raises:
        DocumentError: the text is not YAML, or has no JSON equivalent.
    """
    positions: dict[ValuePath, Position] = {}
    duplicates: list[tuple[ValuePath, int, int]] = []
    loader = None
    try:
        loader = JsonLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(None, positions)
        _record_positions(node, (), None, positions, duplicates)
        return Document(loader.construct_document(node), positions, tuple(duplicates))
    except yaml.MarkedYAMLError as error:
        fault = yaml_fault(text, error)
        raise DocumentError(f"invalid YAML: {fault.message}", fault.line, fault.column) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        msg = f"invalid YAML: the character {text[error.position]!r} is not allowed"
        raise DocumentError(msg, line) from None
    finally:
        if loader is not None:
            loader.dispose()


def _record_positions(
    node: yaml.Node,
    path: ValuePath,
    key: yaml.Node | None,
    positions: dict[ValuePath, Position],
    duplicates: list[tuple[ValuePath, int, int]],
) -> None:
    """Record the positions of a node and of all nodes inside it; positions already recorded are kept."""
    first = node if key is None else key
    start, end = node.start_mark, node.end_mark
    line, column = first.start_mark.line + 1, first.start_mark.column + 1
    positions.setdefault(path, Position(line, column, first.start_mark.index, start.index, end.index))
    if isinstance(node, yaml.SequenceNode):
        for index, inner in enumerate(node.value):
            _record_positions(inner, (*path, index), None, positions, duplicates)
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
        _record_positions(inner, (*path, name), inner_key, positions, duplicates)
    # Keys merged by `<<` get the position of the merged map, unless the map has the key itself.
    for inner in merged:
        _record_positions(inner, path, None, positions, duplicates)


class BoundedLoader(yaml.SafeLoader):
    """PyYAML's safe loader with bounds on depth and size; each error has its line.

    Eight levels of nine aliases are 43 million values in a file of 300 bytes, so values are counted before any is
    built.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._depth = 0
        self._alias_nodes = 0
        self._sizes: dict[int, int] = {}  # number of values in a finished node, its aliases expanded

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node and count the values that it expands to.

        Raises:
            yaml.MarkedYAMLError: the node is nested too deeply, contains itself, or expands to too many values.
        """
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
        if self._depth == MAX_DEPTH:
            raise _error(f"nested more than {MAX_DEPTH} levels deep", event.start_mark)
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
        """Build a value; raise an error with the line if that fails, as for `2024-99-99`."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError) as error:
            message = TOO_MANY_DIGITS if is_digit_limit(error) else str(error)
            raise _error(message, node.start_mark) from None


class JsonLoader(BoundedLoader):
    """A YAML loader for the JSON types: keys are text as written, and dates stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own form
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node; raise an error if its type does not exist in JSON."""
        node = super().compose_node(parent, index)
        if node is not None and node.tag not in _JSON_TAGS:
            kind = node.tag if node.tag.startswith(_YAML_TAGS) else "!****"  # may be an unquoted secret
            raise _error(f"a value of type {kind} is not allowed: JSON has no such type", node.start_mark)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Compose a map, with its scalar keys as text."""
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
