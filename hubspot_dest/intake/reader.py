"""Read events from a file or standard input, one by one; what is not an event is reported with its line.

Forms: JSON Lines; a JSON array; one object, also over several lines; an envelope `{"batch": [...]}` as walkerOS
servers take it (walkerOS 4.4, section 10), which counts as its events.

A source is named by a path or `-`. Standard input, pipes, sockets and devices yield their bytes once: such a source is
opened once, and reading cannot be resumed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson

from hubspot_dest.events.event import TOO_DEEP, InvalidEventError, event_name, is_too_deep, may_be_too_deep
from hubspot_dest.intake.byte_stream import (
    DEFAULT_MAX_LINE_BYTES,
    MAX_DOCUMENT_BYTES,
    ByteStream,
    Lines,
    OverlongLine,
    PrefixObserver,
)

__all__ = [
    "BadLine",
    "EventSource",
    "IntakeError",
    "Line",
    "STANDARD_INPUT",
    "beside",
    "canonical",
    "open_source",
    "read_events",
    "reads_once",
    "source_name",
]

STANDARD_INPUT: Final = "-"
_DESCRIPTOR: Final = re.compile(r"/dev/stdin|(?:/dev/fd|/proc/(?:self|thread-self)/fd)/(\d{1,9})")
_SYSTEM_FOLDERS: Final = ("/dev/", "/proc/")
_NAME_HINT = 'an event name is two words, entity and action: "order complete"'
_FLATTER = "write the event with fewer levels"


def canonical(source: str) -> str:
    """Return `-` for every name of standard input, and any other source unchanged."""
    return STANDARD_INPUT if _descriptor(source) == 0 else source


def reads_once(source: str) -> bool:
    """Tell whether a source can be read only once: everything but a regular file under a name of its own.

    A source that does not exist counts as a file; opening it raises the error.
    """
    if source == STANDARD_INPUT or _descriptor(source) is not None:
        return True
    try:
        mode = Path(source).stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def open_source(source: str) -> IO[bytes]:
    """Open a source for reading.

    A descriptor (`-`, `/dev/stdin`, `/dev/fd/63`) is used as it is: opening its name fails for sockets, and begins
    anew for files.

    Raises:
        OSError: it cannot be opened.

    """
    descriptor = _descriptor(source)
    if source == STANDARD_INPUT or descriptor == 0:
        # As the program knows it: the terminal application moves standard input to another descriptor.
        descriptor = sys.stdin.fileno()
    if descriptor is None:
        try:
            return Path(source).open("rb")
        except ValueError as error:  # a NUL character
            raise OSError(errno.EINVAL, str(error)) from None
    copy = os.dup(descriptor)
    with contextlib.suppress(OSError):
        # In non-blocking mode, a pause of the writer would look like the end.
        os.set_blocking(copy, True)
    return os.fdopen(copy, "rb")


def source_name(source: str) -> str:
    """Return the name of a source in messages."""
    return "standard input" if canonical(source) == STANDARD_INPUT else source


def beside(source: str, ending: str, stem: str) -> Path:
    """Return the path of a file that belongs to a source: next to it, or in the current folder.

    Args:
        source: a path, or `-`.
        ending: follows the source's path.
        stem: replaces the path of a source in a folder of the system, such as `/dev/fd/63`.

    """
    if source == STANDARD_INPUT or source.startswith(_SYSTEM_FOLDERS):
        return Path(f"{stem}{ending}")
    return Path(f"{source}{ending}")


def _descriptor(source: str) -> int | None:
    found = _DESCRIPTOR.fullmatch(source)
    return None if found is None else int(found[1] or 0)


class IntakeError(Exception):
    """A source cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event with its place.

    Attributes:
        number: the line; for an item of an array, the line where the array begins.
        event: the event.
        position: the item of an array, from 0; None for an event on a line of its own.
        end: offset in the decompressed source behind the line or document.

    """

    number: int
    event: dict[str, Any]
    position: int | None = None
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that is not an event: the line, what is wrong, and what to do.

    Attributes:
        number: the line.
        message: what is wrong.
        hint: what to do.
        position: the item of an array, from 0.
        column: the column of invalid JSON, from 1.
        unfinished: the stream ended in the middle of it; more may be written later.
        end: offset in the decompressed source behind the line or document.

    """

    number: int
    message: str
    hint: str = ""
    position: int | None = None
    column: int | None = None
    unfinished: bool = False
    end: int = field(default=0, compare=False)

    def where(self, source: str) -> str:
        """Return `events.jsonl, line 3, column 7`, as far as known."""
        parts = [source_name(source), f"line {self.number}"]
        if self.position is not None:
            parts.append(f"item {self.position}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


class EventSource:
    """Events and bad lines of a source, as they arrive. Gzip is decompressed.

    A line is yielded as soon as it is complete. Damaged gzip ends with a bad line, behind everything that could be
    decompressed. A source that can be read once must be iterated once.

    Args:
        source: a path, or `-` for standard input.
        after: begin after this line and item (-1 for a line that is one event): where an earlier run stopped.
        max_line_bytes: a longer line is a bad line, and is not kept in memory.
        observer: receives every decompressed byte.

    """

    def __init__(
        self,
        source: str,
        after: tuple[int, int] = (0, -1),
        *,
        max_line_bytes: int = DEFAULT_MAX_LINE_BYTES,
        observer: PrefixObserver | None = None,
    ) -> None:
        self.source = source
        self._after = after
        self._max_line_bytes = max_line_bytes
        self._observer = observer
        self._lines: Lines | None = None
        self.damage = ""
        """Why the source could not be read to its end, known after reading; empty if it could."""

    @property
    def at_hand(self) -> bool:
        """Whether the next line is available without reading."""
        return self._lines is not None and self._lines.at_hand

    def __iter__(self) -> Iterator[Line | BadLine]:
        """Yield what is read.

        Raises:
            IntakeError: the source cannot be opened or read.

        """
        try:
            with open_source(self.source) as file:
                stream = ByteStream(file, must_be_gzip=Path(self.source).suffix == ".gz")
                lines = Lines(stream, max_line_bytes=self._max_line_bytes, observer=self._observer)
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
        """Skip whole lines without parsing them, and the items of the line where reading stopped."""
        for _ in range(self._after[0] - 1):
            if next(lines, None) is None:
                return
        for read in _read(lines, self._after[0] - 1):
            if (read.number, -1 if read.position is None else read.position) > self._after:
                yield read


def read_events(source: str, *, max_line_bytes: int = DEFAULT_MAX_LINE_BYTES) -> Iterator[Line | BadLine]:
    """Yield events and bad lines as they arrive; see `EventSource`.

    Raises:
        IntakeError: the source cannot be opened or read.

    """
    return iter(EventSource(source, max_line_bytes=max_line_bytes))


def _read(lines: Lines, number: int = 0) -> Iterator[Line | BadLine]:
    for raw in lines:
        number += 1
        if isinstance(raw, OverlongLine):
            yield _overlong(number, raw, lines.end)
            continue
        line = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
        if not line:
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if line[:1] in (b"{", b"[") and not _exceeds_depth(error):
                # The beginning of a document over several lines, or a broken line: the following lines decide.
                yield from _document(line, lines, number, error)
                return
            yield _broken(number, error, lines.end, unfinished=lines.unfinished)
            continue
        yield from _events(value, number, lines.end, deep=may_be_too_deep(line))


def _document(
    first: bytes, lines: Lines, number: int, first_error: orjson.JSONDecodeError
) -> Iterator[Line | BadLine]:
    """Read on behind a line that begins something: a document over several lines, or JSON Lines with a bad line."""
    gathered = [first]
    size = 0
    current = number
    first_end = lines.end
    for raw in lines:
        current += 1
        if isinstance(raw, OverlongLine):
            # No document over several lines has such a line: JSON Lines, whose first line here is broken.
            yield _broken(number, first_error, first_end)
            yield _overlong(current, raw, lines.end)
            yield from _remaining(lines, current)
            return
        line = raw.strip()
        if first != b"[" and _is_object(line):
            # A whole object on a line of its own: JSON Lines after all. Only the broken line is lost.
            yield _broken(number, first_error, first_end)
            yield from _line(line, current, lines.end)
            yield from _remaining(lines, current)
            return
        size += len(raw)
        if size > MAX_DOCUMENT_BYTES:
            yield BadLine(
                number,
                "a JSON document of more than 256 MiB",
                "write one event per line: JSON Lines",
                end=first_end,
            )
            return
        gathered.append(raw.rstrip(b"\r\n"))
    whole = b"\n".join(gathered)
    try:
        value = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        if (damage := lines.damage()) is not None:
            yield _damaged(number, f"{damage[1]}: what begins on this line is not complete")
        else:
            yield _broken(number, error, lines.end, unfinished=lines.unfinished)
        return
    yield from _events(value, number, lines.end, deep=True)


def _remaining(lines: Lines, number: int) -> Iterator[Line | BadLine]:
    """Read the rest as JSON Lines."""
    for raw in lines:
        number += 1
        if isinstance(raw, OverlongLine):
            yield _overlong(number, raw, lines.end)
        else:
            yield from _line(raw.strip(), number, lines.end, unfinished=lines.unfinished)


def _line(line: bytes, number: int, end: int, *, unfinished: bool = False) -> Iterator[Line | BadLine]:
    if not line:
        return
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        yield _broken(number, error, end, unfinished=unfinished)
        return
    yield from _events(value, number, end, deep=may_be_too_deep(line))


def _exceeds_depth(error: orjson.JSONDecodeError) -> bool:
    return (
        "limit" in str(error).partition(": line ")[0]
    )  # "depth limit exceeded"; "Recursion limit reached" before 3.13


def _is_object(line: bytes) -> bool:
    if line[:1] != b"{" or line[-1:] != b"}":
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _events(value: Any, number: int, end: int, *, deep: bool) -> Iterator[Line | BadLine]:
    """Yield the events of a JSON value; `deep` if one of them may be nested too deeply."""
    if isinstance(value, dict) and isinstance(value.get("batch"), list):
        value = value["batch"]
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield _checked(item, number, position, end, deep=deep)
        return
    yield _checked(value, number, None, end, deep=deep)


def _checked(value: Any, number: int, position: int | None, end: int, *, deep: bool) -> Line | BadLine:
    if deep and is_too_deep(value):
        return BadLine(number, TOO_DEEP, _FLATTER, position, end=end)
    if not isinstance(value, dict):
        kind = {list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(
            type(value), "a number"
        )
        message = f"an event is a JSON object, not {kind}"
        return BadLine(number, message, 'begin with {"name": "…"}', position, end=end)
    try:
        event_name(value)
    except InvalidEventError as error:
        name = value.get("name")
        shown = "there is no name" if "name" not in value else f"name is {name!r}"
        return BadLine(number, f"{error} ($.name): {shown}", _NAME_HINT, position, end=end)
    return Line(number, value, position, end)


def _broken(number: int, error: orjson.JSONDecodeError, end: int, *, unfinished: bool = False) -> BadLine:
    if _exceeds_depth(error):
        return BadLine(number, TOO_DEEP, _FLATTER, end=end)
    message = str(error).split(": line ")[0]
    hint = "each line is one event as JSON, or the whole file is one JSON array"
    line = number + error.lineno - 1
    return BadLine(line, f"invalid JSON: {message}", hint, column=error.colno, unfinished=unfinished, end=end)


def _overlong(number: int, line: OverlongLine, end: int) -> BadLine:
    return BadLine(
        number,
        f"the line is longer than {line.limit:,} bytes",
        "write one event per line, or allow longer lines with --max-line-bytes N",
        end=end,
    )


def _damaged(number: int, message: str) -> BadLine:
    hint = "every complete event before it was read; get the file again"
    return BadLine(number, message, hint, unfinished=True)
