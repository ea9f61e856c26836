"""Events of a file: JSON Lines, an array, one object, an envelope; gzip is unpacked. What is not an event is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hubspot_dest.intake.byte_stream import DEFAULT_MAX_LINE_BYTES
from hubspot_dest.intake.reader import BadLine, EventSource, IntakeError, Line
from simulator.engine.sources.bad_input import bad_line
from simulator.engine.sources.timeline import played

__all__ = ["FileSource", "damaged", "entry"]


class FileSource:
    """A source for the engine that reads a file from its beginning, each time that it is asked for a stream.

    Args:
        path: the file.
        speed: by the events' own timestamps: 1 as they happened, 10 ten times as fast; None for no waiting at all.
        max_line_bytes: a longer line is a bad line.

    Raises:
        OSError: the file cannot be read.

    """

    def __init__(
        self, path: Path, speed: float | None = None, *, max_line_bytes: int = DEFAULT_MAX_LINE_BYTES
    ) -> None:
        with path.open("rb") as stream:
            stream.read(1)  # on some systems a folder can be opened, and only reading fails
        self._path = path
        self._speed = speed
        self._max_line_bytes = max_line_bytes

    def __call__(self, seed: int) -> Iterator[Any]:
        """Return the file's events; the seed changes nothing.

        Raises:
            IntakeError: when reading failed, after what could be read.

        """
        del seed
        return self._events() if self._speed is None else played(self._events(), self._speed)

    def _events(self) -> Iterator[Any]:
        name = self._path.name
        source = EventSource(str(self._path), max_line_bytes=self._max_line_bytes)
        for read in source:
            yield entry(read, name)
        if source.damage:
            raise damaged(source, name)


def damaged(source: EventSource, name: str) -> IntakeError:
    """Return the error of a source that broke off: its row alone would let a run with half of its events pass."""
    return IntakeError(f"{name} is damaged: {source.damage}")


def entry(read: Line | BadLine, name: str) -> Any:
    """Return what the stream gets for one item that was read."""
    return bad_line(read, name) if isinstance(read, BadLine) else read.event
