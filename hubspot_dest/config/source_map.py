"""In which line of its file each part of a configuration stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["SourceMap"]


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Lines of a file, by path from the top of the configuration.

    Attributes:
        file: the file's name as the user gave it.
        lines: path to line, counted from 1.

    """

    file: str
    lines: Mapping[tuple[Any, ...], int]

    def line(self, path: tuple[Any, ...]) -> int | None:
        """Return the line of a path, or of the nearest part around it."""
        steps = path
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps)
