"""Events of standard input or a named pipe, which may never end: read in a thread of their own, never far ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.intake.byte_stream import DEFAULT_MAX_LINE_BYTES
from hubspot_dest.intake.reader import EventSource
from simulator.engine.sources.file_source import damaged, entry
from simulator.engine.sources.timeline import played

__all__ = ["PipeSource"]

_WAITING: Final = 1000
_END: Final = object()


class PipeSource:
    """A source for the engine that reads what another program writes.

    At most `waiting` events are held; then reading stops, and the pipe holds the other program back. What was read
    cannot be read again: a stream that restarts continues where the last one ended.

    Args:
        source: `-` for standard input, or the path of a pipe.
        speed: by the events' own timestamps; None for as they come.
        waiting: how many events may be held.
        max_line_bytes: a longer line is a bad line.

    """

    def __init__(
        self,
        source: str,
        speed: float | None = None,
        waiting: int = _WAITING,
        *,
        max_line_bytes: int = DEFAULT_MAX_LINE_BYTES,
    ) -> None:
        self._source = source
        self._name = "standard input" if source == "-" else source.rpartition("/")[2]
        self._speed = speed
        self._max_line_bytes = max_line_bytes
        self._read: queue.Queue[Any] = queue.Queue(waiting)
        self._reader: threading.Thread | None = None
        self._ended = self._closed = self._read_all = False
        self._trouble: Exception | None = None

    @property
    def waiting(self) -> int:
        """How many events were read and are not taken yet."""
        return max(0, self._read.qsize() - self._read_all)

    def close(self) -> None:
        """Stop reading; what was read can still be taken."""
        self._closed = True

    def __call__(self, seed: int) -> Iterator[Any]:
        """Yield events as they arrive, and None while there is none; the seed has no effect.

        Raises:
            IntakeError: when reading failed, after what could be read.

        """
        del seed
        if self._reader is None:
            # It is not joined at the end: it may be blocked in a read.
            self._reader = threading.Thread(target=self._work, name="source", daemon=True)
            self._reader.start()
        return self._events() if self._speed is None else played(self._events(), self._speed)

    def _work(self) -> None:
        try:
            source = EventSource(self._source, max_line_bytes=self._max_line_bytes)
            for read in source:
                self._read.put(entry(read, self._name))
                if self._closed:
                    break
            if source.damage:
                self._trouble = damaged(source, self._name)
        except Exception as error:
            self._trouble = error
        finally:
            self._read_all = True
            self._read.put(_END)

    def _events(self) -> Iterator[Any]:
        while not self._ended:
            try:
                found = self._read.get_nowait()
            except queue.Empty:
                yield None
                continue
            if found is _END:
                self._ended = True
                if self._trouble is not None:
                    raise self._trouble
                return
            yield found
