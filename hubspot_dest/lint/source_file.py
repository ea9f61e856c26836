"""A configuration file with the position of every value, also through `$var` references."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.config.document import Position, is_json, parse_document

__all__ = ["SourceFile", "parse_source"]

Path = tuple[str | int, ...]

_WHOLE_VAR: Final = re.compile(r"\$var\.([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)")


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
        """Return the value at a path; None without one."""
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
        DocumentError: the text cannot be parsed, or its document is larger than a configuration can be.

    """
    document = parse_document(name, text)
    duplicates = tuple((path, first) for path, first, _second in document.duplicates)
    return SourceFile(name, text, document.value, document.positions, duplicates, is_json=is_json(name, text))
