"""Read events one by one from a file or standard input; anything else is reported with its line.

The input may be JSON Lines, a JSON array, a single object that may span several lines, or an envelope
`{"batch": [...]}` as accepted by walkerOS servers (walkerOS 4.4, section 10), which is read as its events.

A source is a path or `-`. Standard input, pipes, sockets and devices can be read only once: such a source is opened
once, and reading cannot be resumed.

A `Resumption` records how far a regular file was read, for `--resume`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson

from hubspot_dest.config.syntax_fault import fault_of_json
from hubspot_dest.delivery.outbox.schema import Progress
from hubspot_dest.events.collector import (
    TOO_DEEP,
    InvalidEventError,
    event_name,
    is_too_deep,
    may_be_too_deep,
)
from hubspot_dest.intake.byte_stream import (
    DEFAULT_MAX_LINE_BYTES,
    MAX_DOCUMENT_BYTES,
    ByteStream,
    Lines,
    OverlongLine,
    PrefixObserver,
)
from hubspot_dest.storage.file_content import FileContent, content_of

__all__ = [
    "ACCEPTED_TOGETHER",
    "BadLine",
    "EventSource",
    "IntakeError",
    "Line",
    "PrefixDigest",
    "Resumption",
    "STANDARD_INPUT",
    "beside",
    "canonical",
    "difference",
    "open_source",
    "read_events",
    "reads_once",
    "source_name",
]

STANDARD_INPUT: Final = "-"
ACCEPTED_TOGETHER: Final = 1000
"""The most lines that are accepted in one transaction, if they are available without waiting."""
_DESCRIPTOR: Final = re.compile(r"/dev/stdin|(?:/dev/fd|/proc/(?:self|thread-self)/fd)/(\d{1,9})")
_SYSTEM_FOLDERS: Final = ("/dev/", "/proc/")
_OTHER_FILES: Final = frozenset(
    {FileContent.CONFIGURATION, FileContent.FLOW, FileContent.ACCOUNT, FileContent.TRAIL, FileContent.SQLITE}
)
_NAME_HINT = 'an event name is two words, entity and action: "order complete"'
_JSON_HINT = "each line is one event as JSON, or the whole file is one JSON array"
_FLATTER = "write the event with fewer levels"


def canonical(source: str) -> str:
    """Return `-` for all names of standard input, and any other source unchanged."""
    return STANDARD_INPUT if _descriptor(source) == 0 else source


def reads_once(source: str) -> bool:
    """Return whether a source can be read only once: True for everything but regular files with their own path.

    A source that does not exist counts as a file; opening it will raise the error.
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

    A descriptor (`-`, `/dev/stdin`, `/dev/fd/63`) is duplicated: opening it by name would fail for sockets, and would
    start at the beginning for files.

    Raises:
        OSError: the source cannot be opened.

    """
    descriptor = _descriptor(source)
    if source == STANDARD_INPUT or descriptor == 0:
        # Use sys.stdin, since the terminal application moves standard input to another descriptor.
        descriptor = sys.stdin.fileno()
    if descriptor is None:
        try:
            return Path(source).open("rb")
        except ValueError as error:  # a NUL character
            raise OSError(errno.EINVAL, str(error)) from None
    copy = os.dup(descriptor)
    with contextlib.suppress(OSError):
        # In non-blocking mode, a pause of the writer would look like the end of the input.
        os.set_blocking(copy, True)
    return os.fdopen(copy, "rb")


def source_name(source: str) -> str:
    """Return the name of a source for messages."""
    return "standard input" if canonical(source) == STANDARD_INPUT else source


def beside(source: str, ending: str, stem: str) -> Path:
    """Return the path of a file that belongs to a source: next to it, or else in the current folder.

    Args:
        source: a path, or `-`.
        ending: the suffix to append to the source's path.
        stem: the name to use instead of `-` or a path in a system folder, such as `/dev/fd/63`.

    """
    if source == STANDARD_INPUT or source.startswith(_SYSTEM_FOLDERS):
        return Path(f"{stem}{ending}")
    return Path(f"{source}{ending}")


def _descriptor(source: str) -> int | None:
    found = _DESCRIPTOR.fullmatch(source)
    return None if found is None else int(found[1] or 0)


class IntakeError(Exception):
    """A source cannot be read; the message has its name."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event with its position.

    Attributes:
        number: the line, counted from 1; for an item of an array, the line where the array begins.
        event: the event.
        position: the index in an array, from 0; None for an event on its own line.
        end: the offset in the decompressed source after the line or document.

    """

    number: int
    event: dict[str, Any]
    position: int | None = None
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not an event.

    Attributes:
        number: the line, counted from 1.
        message: what is wrong.
        hint: what to do about it.
        position: the index in an array, from 0.
        column: the column of the JSON error, from 1.
        unfinished: whether the stream ended in the middle of the line, so that more may be written later.
        end: the offset in the decompressed source after the line or document.

    """

    number: int
    message: str
    hint: str = ""
    position: int | None = None
    column: int | None = None
    unfinished: bool = False
    end: int = field(default=0, compare=False)

    def where(self, source: str) -> str:
        """Return the known position: `events.jsonl, line 3, column 7`."""
        parts = [source_name(source), f"line {self.number}"]
        if self.position is not None:
            parts.append(f"item {self.position}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


class EventSource:
    """The events and bad lines of a source, as they arrive. Gzip is decompressed.

    A line is yielded as soon as it is complete. Damaged gzip ends with a bad line after everything that could be
    decompressed. A source that can be read only once must be iterated only once.

    Args:
        source: a path, or `-` for standard input.
        after: start after this (line, index in an array), where an earlier run stopped; the index is -1 for a line that
            is a single event.
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
        self._never_waits = False
        self.damage = ""
        """The reason why the source could not be read to its end, set after reading; empty if it could."""

    @property
    def line_available(self) -> bool:
        """Whether the next line is available without waiting; a regular file never waits."""
        return self._lines is not None and (self._never_waits or self._lines.line_available)

    def __iter__(self) -> Iterator[Line | BadLine]:
        """Yield the events and bad lines.

        Raises:
            IntakeError: the source cannot be opened or read.

        """
        try:
            with open_source(self.source) as file:
                self._never_waits = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                stream = ByteStream(file, must_be_gzip=Path(self.source).suffix == ".gz")
                lines = Lines(stream, max_line_bytes=self._max_line_bytes, observer=self._observer)
                self._lines = lines
                yield from self._known(_read(lines)) if self._after == (0, -1) else self._rest(lines)
                if (damage := lines.damage()) is not None:
                    yield _damaged(*damage)
                self.damage = lines.failure
        except IsADirectoryError:
            msg = f"{self.source} is a folder, not a file of events"
            raise IntakeError(msg) from None
        except OSError as error:
            reason = getattr(error, "strerror", None) or str(error)
            msg = f"{source_name(self.source)} cannot be read: {reason}"
            raise IntakeError(msg) from None

    def _known(self, found: Iterator[Line | BadLine]) -> Iterator[Line | BadLine]:
        """Yield what is read, unless the file begins with what is not an event, and is another kind of file.

        Raises:
            IntakeError: it looks like a configuration, an account file …

        """
        first = next(found, None)
        if first is None:
            return
        if isinstance(first, BadLine) and _descriptor(self.source) is None and self.source != STANDARD_INPUT:
            content = content_of(self.source)
            if content in _OTHER_FILES:
                msg = f"{self.source} looks like {content.value}, not events; give a file of events as EVENTS"
                raise IntakeError(msg)
        yield first
        yield from found

    def _rest(self, lines: Lines) -> Iterator[Line | BadLine]:
        """Skip lines without parsing them, and the items of the line where reading stopped."""
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
    """Read JSON Lines, or a document; an empty list is a document without events only if nothing else follows."""
    before, empty = False, None
    for raw in lines:
        number += 1
        if isinstance(raw, OverlongLine):
            if empty is not None:
                yield empty
            before, empty = True, None
            yield _overlong(number, raw, lines.end)
            continue
        line = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
        if not line:
            continue
        if empty is not None:
            yield empty
            empty = None
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if line[:1] in (b"{", b"[") and not _exceeds_depth(error):
                # Either a document over several lines begins here, or the line is invalid: the next lines decide.
                yield from _document(line, lines, number, error, alone=not before)
                return
            before = True
            yield _broken(number, error, lines.end, unfinished=lines.unfinished)
            continue
        if type(value) is dict and "batch" not in value:
            yield _checked(value, number, None, lines.end, deep=may_be_too_deep(line))
        elif _is_empty(value) and not before:
            empty = _without_events(number, lines.end)
        else:
            yield from _events(value, number, lines.end, deep=may_be_too_deep(line))
        before = True


def _document(
    first: bytes, lines: Lines, number: int, first_error: orjson.JSONDecodeError, *, alone: bool
) -> Iterator[Line | BadLine]:
    """Read the lines after an incomplete one: either a document over several lines, or JSON Lines with a bad line.

    `alone` means that nothing came before, so an empty list is a document without events.
    """
    collected = [first]
    size = 0
    current = number
    first_end = lines.end
    for raw in lines:
        current += 1
        if isinstance(raw, OverlongLine):
            # A document over several lines has no such line, so this is JSON Lines with an invalid first line.
            yield _broken(number, first_error, first_end)
            yield _overlong(current, raw, lines.end)
            yield from _remaining(lines, current)
            return
        line = raw.strip()
        if first != b"[" and _is_object(line):
            # A complete object on its own line means JSON Lines, so only the first line is invalid.
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
        collected.append(raw.rstrip(b"\r\n"))
    document = b"\n".join(collected)
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        if (damage := lines.damage()) is not None:
            yield _damaged(number, f"{damage[1]}: the JSON that begins on this line is incomplete")
        elif _exceeds_depth(error):
            yield _broken(number, error, lines.end)
        else:
            fault = fault_of_json(document.decode("utf-8", "replace"), error)
            yield BadLine(
                number + fault.line - 1,
                f"invalid JSON: {fault.message}",
                _JSON_HINT,
                column=fault.column,
                unfinished=lines.unfinished,
                end=lines.end,
            )
        return
    if not (alone and _is_empty(value)):
        yield from _events(value, number, lines.end, deep=True)


def _remaining(lines: Lines, number: int) -> Iterator[Line | BadLine]:
    """Read the remaining lines as JSON Lines."""
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
    # Depends on orjson's version: "depth limit exceeded", "array and object recursion depth exceeded".
    reason = str(error).partition(": line ")[0].lower()
    return "depth" in reason or "recursion" in reason


def _is_object(line: bytes) -> bool:
    if line[:1] != b"{" or line[-1:] != b"}":
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _events(value: Any, number: int, end: int, *, deep: bool) -> Iterator[Line | BadLine]:
    """Yield the events of a JSON value; `deep` means that one of them may be nested too deeply."""
    if _is_empty(value):
        yield _without_events(number, end)
        return
    if isinstance(value, dict) and isinstance(value.get("batch"), list):
        value = value["batch"]
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield _checked(item, number, position, end, deep=deep)
        return
    yield _checked(value, number, None, end, deep=deep)


def _is_empty(value: Any) -> bool:
    return value == [] or (isinstance(value, dict) and value.get("batch") == [])


def _without_events(number: int, end: int) -> BadLine:
    return BadLine(number, "an empty list: this line has no event", "leave the line out", end=end)


def _checked(value: Any, number: int, position: int | None, end: int, *, deep: bool) -> Line | BadLine:
    if deep and is_too_deep(value):
        return BadLine(number, TOO_DEEP, _FLATTER, position, end=end)
    if not isinstance(value, dict):
        kind = {list: "a list", str: "text", bool: "true or false", type(None): "null"}.get(
            type(value), "a number"
        )
        message = f"an event must be a JSON object, not {kind}"
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
    line = number + error.lineno - 1
    return BadLine(
        line, f"invalid JSON: {message}", _JSON_HINT, column=error.colno, unfinished=unfinished, end=end
    )


def _overlong(number: int, line: OverlongLine, end: int) -> BadLine:
    return BadLine(
        number,
        f"the line is longer than {line.limit:,} bytes",
        "write one event per line, or raise --max-line-bytes",
        end=end,
    )


def _damaged(number: int, message: str) -> BadLine:
    hint = "all complete events before it were read; obtain the file again"
    return BadLine(number, message, hint, unfinished=True)


class PrefixDigest:
    """The digest of a stream up to a position, computed while the stream is read."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._offset = 0
        self._pending: deque[bytes] = deque()

    def feed(self, chunk: bytes) -> None:
        """Add the next bytes of the stream; they are kept until `at` has passed them."""
        self._pending.append(chunk)

    def at(self, offset: int) -> str:
        """Return the SHA-256 digest of the first `offset` bytes, in hexadecimal digits.

        The offset must not decrease from call to call, nor exceed the bytes fed so far.
        """
        while self._offset < offset:
            chunk = self._pending.popleft()
            needed = offset - self._offset
            if len(chunk) > needed:
                self._pending.appendleft(chunk[needed:])
                chunk = chunk[:needed]
            self._hash.update(chunk)
            self._offset += len(chunk)
        return self._hash.hexdigest()


class Resumption:
    """Record the progress of reading a regular file.

    A file is identified by its path and all of its (decompressed) bytes before the position, so a log may grow, but a
    file that was replaced, rewritten, rotated or truncated counts as another one.

    Args:
        source: the path of the file.

    Raises:
        OSError: the path cannot be resolved.

    """

    def __init__(self, source: str) -> None:
        self.name = str(Path(source).resolve())
        self.digest = PrefixDigest()

    def at(self, read: Line | BadLine) -> Progress:
        """Return the progress record for having accepted everything up to and including this line or item."""
        position = -1 if read.position is None else read.position
        return Progress(self.name, self.digest.at(read.end), read.end, read.number, position)


def difference(progress: Progress) -> str:
    """Return why the file is not the one of the progress record; empty if it is.

    Raises:
        OSError: the file cannot be read.

    """
    left, lines, last = progress.head_bytes, 0, b"\n"
    digest = hashlib.sha256()
    with Path(progress.source).open("rb") as file:
        stream = ByteStream(file)
        while left or lines < progress.line:
            chunk = stream.read1()
            if not chunk:
                break
            digest.update(chunk[:left])
            left -= min(left, len(chunk))
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    lines += last != b"\n"
    if left or lines < progress.line:
        return f"it ends before line {progress.line}, where the earlier run stopped"
    if digest.hexdigest() != progress.head:
        return f"its lines up to line {progress.line}, where the earlier run stopped, have changed"
    return ""
