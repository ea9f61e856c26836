"""Read events from a file or standard input, one after the other, and name what is none by its line.

Forms: JSON Lines; a JSON array; one object, also over several lines; an envelope `{"batch": [...]}` as walkerOS
servers take it (walkerOS 4.4, section 10), which counts as its events.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from hubspot_dest.events.event import InvalidEventError, event_name
from hubspot_dest.intake.byte_stream import Incoming, Lines

__all__ = ["BadLine", "EventSource", "IntakeError", "Line", "read_events", "source_name"]

_NAME_HINT = 'an event name is two words, entity and action: "order complete"'
_MAX_BYTES = 256 * 1024 * 1024  # of one JSON document that is not JSON Lines; lines have no such limit


class IntakeError(Exception):
    """A source that cannot be read at all; the message names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event and the line where it stands (of an array: where the array begins, with the event's position)."""

    number: int
    event: dict[str, Any]
    position: int | None = None


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that is no event: the line, what is wrong, and what to do.

    Where it is `unfinished`, the stream ended in the middle of it: what is wrong may be mended by what is to come.
    """

    number: int
    message: str
    hint: str = ""
    position: int | None = None
    column: int | None = None
    unfinished: bool = False

    def where(self, source: str) -> str:
        """Return `events.jsonl, line 3, column 7`, as far as known."""
        parts = [source_name(source), f"line {self.number}"]
        if self.position is not None:
            parts.append(f"item {self.position}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


class EventSource:
    """Events and bad lines of a file or of standard input, as they come; `-` is standard input, gzip is unpacked.

    A line is handed on as soon as it is there. Damaged gzip ends with a bad line, behind all that could be unpacked.

    Args:
        source: a path, or `-`.
        after: begin behind this line and item (-1 for a line that is one event): where an earlier run stopped.

    """

    def __init__(self, source: str, after: tuple[int, int] = (0, -1)) -> None:
        self.source = source
        self._after = after
        self._lines: Lines | None = None
        self.damage = ""
        """What is wrong with packed input, once it was read as far as it goes; empty where nothing is."""

    @property
    def at_hand(self) -> bool:
        """Whether the next line is there already, so that reading it waits for nobody."""
        return self._lines is not None and self._lines.at_hand

    def __iter__(self) -> Iterator[Line | BadLine]:
        """Yield what is read.

        Raises:
            IntakeError: where the source cannot be opened or read.

        """
        try:
            with _open(self.source) as stream:
                lines = Lines(Incoming(stream, must_be_gzip=Path(self.source).suffix == ".gz"))
                self._lines = lines
                yield from _read(lines) if self._after == (0, -1) else self._rest(lines)
                if (damage := lines.damage()) is not None:
                    yield _damaged(*damage)
                self.damage = lines.wrong
        except IsADirectoryError:
            msg = f"{self.source} is a folder, not a file of events"
            raise IntakeError(msg) from None
        except OSError as error:
            reason = getattr(error, "strerror", None) or str(error)
            msg = f"{source_name(self.source)} cannot be read: {reason}"
            raise IntakeError(msg) from None

    def _rest(self, lines: Lines) -> Iterator[Line | BadLine]:
        """Pass over whole lines unread, and over the items of the line where reading stopped."""
        for _ in range(self._after[0] - 1):
            if next(lines, None) is None:
                return
        for read in _read(lines, self._after[0] - 1):
            if (read.number, -1 if read.position is None else read.position) > self._after:
                yield read


def read_events(source: str) -> Iterator[Line | BadLine]:
    """Yield events and bad lines as they come; see `EventSource`.

    Raises:
        IntakeError: where the source cannot be opened or read.

    """
    return iter(EventSource(source))


def source_name(source: str) -> str:
    """Return what people call a source."""
    return "standard input" if source == "-" else source


def _open(source: str) -> IO[bytes]:
    if source == "-":
        # Unbuffered lines: what another program writes is planned at once.
        return open(sys.stdin.fileno(), "rb", closefd=False)
    return Path(source).open("rb")


def _read(stream: Lines, number: int = 0) -> Iterator[Line | BadLine]:
    for raw in stream:
        number += 1
        line = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
        if not line:
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if line[:1] in (b"{", b"["):
                # The beginning of a document over several lines, or a broken line: what follows decides.
                yield from _document(line, stream, number, error)
                return
            yield _broken(number, error, unfinished=stream.unfinished)
            continue
        yield from _events(value, number)


def _document(
    first: bytes, stream: Lines, number: int, first_error: orjson.JSONDecodeError
) -> Iterator[Line | BadLine]:
    """Read on after a line that begins something: a document over several lines, or JSON Lines with a bad line."""
    gathered = [first]
    size = 0
    current = number
    for raw in stream:
        current += 1
        line = raw.strip()
        if first != b"[" and _is_object(line):
            # A whole object on a line of its own: JSON Lines after all. The bad line is lost, the others are not.
            yield _broken(number, first_error)
            yield from _line(line, current)
            for later in stream:
                current += 1
                yield from _line(later.strip(), current, unfinished=stream.unfinished)
            return
        size += len(raw)
        if size > _MAX_BYTES:
            yield BadLine(number, "a JSON document of more than 256 MiB", "give one event a line: JSON Lines")
            return
        gathered.append(raw.rstrip(b"\r\n"))
    whole = b"\n".join(gathered)
    try:
        value = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        if (damage := stream.damage()) is not None:
            yield _damaged(number, f"{damage[1]}: what begins on this line is not whole")
        else:
            yield _broken(number, error, unfinished=stream.unfinished)
        return
    yield from _events(value, number)


def _line(line: bytes, number: int, *, unfinished: bool = False) -> Iterator[Line | BadLine]:
    if not line:
        return
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        yield _broken(number, error, unfinished=unfinished)
        return
    yield from _events(value, number)


def _is_object(line: bytes) -> bool:
    if line[:1] != b"{" or line[-1:] != b"}":
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _events(value: Any, number: int) -> Iterator[Line | BadLine]:
    if isinstance(value, dict) and isinstance(value.get("batch"), list):
        value = value["batch"]
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield _checked(item, number, position)
        return
    yield _checked(value, number, None)


def _checked(value: Any, number: int, position: int | None) -> Line | BadLine:
    if not isinstance(value, dict):
        kind = {list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(
            type(value), "a number"
        )
        return BadLine(number, f"an event is a JSON object, not {kind}", 'begin with {"name": "…"}', position)
    try:
        event_name(value)
    except InvalidEventError as error:
        name = value.get("name")
        shown = "there is no name" if "name" not in value else f"name is {name!r}"
        return BadLine(number, f"{error} ($.name): {shown}", _NAME_HINT, position)
    return Line(number, value, position)


def _broken(number: int, error: orjson.JSONDecodeError, *, unfinished: bool = False) -> BadLine:
    message = str(error).split(": line ")[0]
    hint = "each line is one event as JSON, or the whole file is one JSON array"
    line = number + error.lineno - 1
    return BadLine(line, f"broken JSON: {message}", hint, column=error.colno, unfinished=unfinished)


def _damaged(number: int, message: str) -> BadLine:
    return BadLine(
        number, message, "every whole event before it was read; get the file anew", unfinished=True
    )
