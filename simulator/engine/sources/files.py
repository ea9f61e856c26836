"""Events of a file: JSON Lines, an array, one object, an envelope; `.gz` is unpacked. What is no event is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hubspot_dest.intake.reading import BadLine, EventSource, Line
from simulator.engine.sources.badinput import bad_line
from simulator.engine.sources.timeline import played

__all__ = ["FileSource", "entry"]


class FileSource:
    """A source for the engine that reads a file from its beginning, each time that it is asked for a stream.

    Args:
        path: the file.
        speed: by the events' own timestamps: 1 as they happened, 10 ten times as fast; None for no waiting at all.

    Raises:
        OSError: the file cannot be read.

    """

    def __init__(self, path: Path, speed: float | None = None) -> None:
        with path.open("rb") as stream:
            stream.read(1)  # a folder opens on some systems, and only reading tells
        self._path = path
        self._speed = speed

    def __call__(self, seed: int) -> Iterator[Any]:
        """Return the file's events; the seed changes nothing."""
        del seed
        return self._events() if self._speed is None else played(self._events(), self._speed)

    def _events(self) -> Iterator[Any]:
        name = self._path.name
        for read in EventSource(str(self._path)):
            yield entry(read, name)


def entry(read: Line | BadLine, name: str) -> Any:
    """Return what the stream gets for one thing that was read."""
    return bad_line(read, name) if isinstance(read, BadLine) else read.event
