"""A configuration file with the position of every value; `$var` references are followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.config.loading import Position, is_json, parse_document

__all__ = ["SourceFile", "parse_source"]

Path = tuple[str | int, ...]

_WHOLE_VAR: Final = re.compile(r"\$var\.([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A parsed file.

    Attributes:
        name: the file's name in messages.
        text: the file's text.
        value: the decoded document.
        positions: path to position, for every value.
        duplicates: keys that occur twice in a map: (path, line of the first, line of the second).
        is_json: whether the file is JSON rather than YAML.

    """

    name: str
    text: str
    value: Any
    positions: dict[Path, Position]
    duplicates: tuple[tuple[Path, int, int], ...] = ()
    is_json: bool = False

    def position(self, path: Path) -> Position | None:
        """Return the position of a path, or else of its nearest ancestor with a position."""
        while path not in self.positions:
            if not path:
                return None
            path = path[:-1]
        return self.positions[path]

    def origin(self, path: Path, scopes: tuple[Path, ...] = (), *, of_value: bool = False) -> Path:
        """Return the path where a value of the resolved configuration is defined, following `$var` references.

        Args:
            path: the path of the value from the root of the file.
            scopes: the paths of the `variables` blocks that apply, nearest first.
            of_value: whether to follow a reference that is the value itself, not only those above it.

        """
        followed: set[Path] = set()
        node: Any = self.value
        here: Path = ()
        remaining = path
        while remaining or of_value:
            if isinstance(node, str) and (match := _WHOLE_VAR.fullmatch(node)) and here not in followed:
                followed.add(here)
                target = self._variable(match[1], scopes)
                if target is None:
                    return here
                steps: Path = tuple(match[2].split(".")[1:])
                node, here, remaining = self.at(()), (), (*target, *steps, *remaining)
                continue
            if not remaining:
                break
            step, remaining = remaining[0], remaining[1:]
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
        """Return the value at a path; None if there is none."""
        node = self.value
        for step in path:
            _, node = _child(node, step)
        return node


def _child(node: Any, step: str | int) -> tuple[bool, Any]:
    """Return (whether it exists, the value) for the child of a value."""
    if isinstance(node, dict):
        return step in node, node.get(step)
    if isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
        return True, node[step]
    return False, None


def parse_source(name: str, text: str) -> SourceFile:
    """Parse JSON or YAML with positions.

    Args:
        name: the file's name; its suffix, else the first character of the text, determines the format.
        text: the file's text.

    Raises:
        DocumentError: the text cannot be parsed, or is too large for a configuration.

    """
    document = parse_document(name, text)
    return SourceFile(
        name, text, document.value, document.positions, document.duplicates, is_json=is_json(name, text)
    )
