"""YAML of unknown origin: bounded in depth and in what its aliases expand to, and free of cycles."""

from __future__ import annotations

from typing import Any, Final

import yaml

__all__ = ["MAX_DEPTH", "BoundedLoader", "JsonLoader"]

MAX_DEPTH: Final = 100
_MAX_ALIAS_NODES: Final = 100_000
_JSON_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "merge")
)
_TEXT: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


class BoundedLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which refuses what grows without bound; each error has its line.

    Eight levels of nine aliases are 43 million values in a file of 300 bytes: values are counted before any is built.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._depth = 0
        self._alias_nodes = 0
        self._sizes: dict[int, int] = {}  # values that a finished node stands for, its aliases expanded

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
