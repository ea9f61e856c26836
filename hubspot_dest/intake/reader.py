"""Read events one by one from a file or standard input; anything else is reported with its line.

The input may be JSON Lines, a JSON array, a single object that may span several lines, or an envelope
`{"batch": [...]}` as accepted by walkerOS servers (walkerOS 4.4, section 10), which is read as its events.
Only at the beginning of a source may JSON span several lines; after that, each line is read on its own.

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
        except _NotLinesError as fault:
            msg = f"{source_name(self.source)} cannot be read: {fault}"
            raise IntakeError(msg) from None
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
        at_start = True
        for _ in range(self._after[0] - 1):
            if (skipped := next(lines, None)) is None:
                return
            at_start = at_start and type(skipped) is bytes and not skipped.strip()
        for read in _read(lines, self._after[0] - 1, at_start=at_start):
            if (read.number, -1 if read.position is None else read.position) > self._after:
                yield read


def read_events(source: str, *, max_line_bytes: int = DEFAULT_MAX_LINE_BYTES) -> Iterator[Line | BadLine]:
    """Yield events and bad lines as they arrive; see `EventSource`.

    Raises:
        IntakeError: the source cannot be opened or read.

    """
    return iter(EventSource(source, max_line_bytes=max_line_bytes))


def _read(lines: Lines, number: int = 0, *, at_start: bool = True) -> Iterator[Line | BadLine]:
    """Read JSON Lines, or a document; an empty list is a document without events only if nothing else follows.

    `at_start` means that none but blank lines came before, so a document may begin.
    """
    empty = None
    for raw in lines:
        number += 1
        if isinstance(raw, OverlongLine):
            if empty is not None:
                yield empty
            at_start, empty = False, None
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
            if number == 1 and (fault := _text_fault(raw)):
                raise _NotLinesError(fault) from None
            if at_start and line[:1] in (b"{", b"[") and _is_beginning(line + b"\n"):
                yield from _document(line, lines, number, error)
                return
            at_start = False
            yield _broken(number, error, lines.end, unfinished=lines.unfinished)
            continue
        if type(value) is dict and "batch" not in value:
            yield _checked(value, number, None, lines.end, deep=may_be_too_deep(line))
        elif at_start and _is_empty(value):
            empty = _without_events(number, lines.end)
        else:
            yield from _events(value, number, lines.end, deep=may_be_too_deep(line))
        at_start = False


class _NotLinesError(Exception):
    """The bytes are not lines of UTF-8 text; the message has the cause."""


def _text_fault(first: bytes) -> str:
    """Return why a first line that is not JSON makes all others unreadable as well; empty if it does not."""
    text = first[:40].removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if len(text) > 3 and (
        (text[:1] in b"{[" and not any(text[1::2])) or (text[1:2] in b"{[" and not any(text[::2]))
    ):
        return "it is UTF-16 text, and events must be UTF-8; convert it: iconv -f UTF-16 -t UTF-8"
    head, separator, _ = first.strip().partition(b"\r")
    if separator and _is_json(head.removeprefix(b"\xef\xbb\xbf")):
        return "its lines end with CR alone, and events must end with LF or CR LF; convert it: tr '\\r' '\\n'"
    return ""


class _Collected:
    """The text of the lines that may be a document, from an incomplete first one on.

    Only the text is kept, not an object per line, so the memory is the size of the text.

    Args:
        first: the first line, stripped.
        number: its number.
        end: the offset in the source after it.

    """

    def __init__(self, first: bytes, number: int, end: int) -> None:
        self.text = bytearray(first + b"\n")
        self._first = len(self.text)
        self._number = number
        self._end = end
        self._last_byte = first[-1:]
        self.has_own_values = False
        """Whether a line after the first is a JSON value on its own, as in JSON Lines."""

    def add(self, raw: bytes) -> None:
        """Add a line."""
        self.text += raw
        self.text += b"\n"
        if line := raw.strip():
            self._last_byte = line[-1:]
            self.has_own_values = self.has_own_values or _is_own_value(raw, line)

    def can_continue_with(self, raw: bytes) -> bool:
        """Return whether a line can follow in one document: a value is never followed by the next without a comma."""
        line = raw.strip()
        return not line or self._last_byte in b"[{,:" or line[:1] in b",:]}"

    def lines(self, end: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield the number, the stripped text and the end of each line after the first.

        Args:
            end: the offset in the source after the last line, which may lack its line end.

        """
        number, start = self._number, self._first
        while start < len(self.text):
            number += 1
            stop = self.text.index(b"\n", start)
            yield (
                number,
                bytes(self.text[start:stop]).strip(),
                min(end, self._end + stop + 1 - self._first),
            )
            start = stop + 1


def _document(
    first: bytes, lines: Lines, number: int, first_error: orjson.JSONDecodeError
) -> Iterator[Line | BadLine]:
    """Read on from an incomplete first line: a document over several lines, or JSON Lines with a bad first line.

    As soon as the text cannot be a document and a line is a value on its own, it is JSON Lines: every line that was
    collected is read again on its own, so none is lost.
    """
    first_end = end = lines.end
    collected = _Collected(first, number, first_end)
    current = number
    is_possible = True

    def as_lines() -> Iterator[Line | BadLine]:
        unfinished = lines.unfinished and end == lines.end
        yield _broken(number, first_error, first_end, unfinished=unfinished and current == number)
        for line_number, line, line_end in collected.lines(end):
            yield from _line(line, line_number, line_end, unfinished=unfinished and line_number == current)

    for raw in lines:
        if isinstance(raw, OverlongLine):
            # A document over several lines has no such line.
            after = lines.end
            yield from as_lines()
            current += 1
            yield _overlong(current, raw, after)
            yield from _remaining(lines, current)
            return
        if is_possible and not collected.can_continue_with(raw):
            is_possible = False
            with contextlib.suppress(orjson.JSONDecodeError):
                # A document that is complete, and was continued as JSON Lines.
                value = orjson.loads(collected.text)
                after = lines.end
                yield from _events(value, number, end, deep=True)
                current += 1
                yield from _line(raw.strip(), current, after, unfinished=lines.unfinished)
                yield from _remaining(lines, current)
                return
        collected.add(raw)
        current += 1
        end = lines.end
        if not is_possible and collected.has_own_values:
            yield from as_lines()
            yield from _remaining(lines, current)
            return
        if len(collected.text) > MAX_DOCUMENT_BYTES:
            if is_possible and _is_beginning(bytes(collected.text)):
                yield BadLine(
                    number,
                    "a JSON document of more than 256 MiB",
                    "write one event per line: JSON Lines",
                    unfinished=True,
                    end=first_end,
                )
                return
            yield from as_lines()
            yield from _remaining(lines, current)
            return
    try:
        value = orjson.loads(collected.text)
    except orjson.JSONDecodeError as error:
        if collected.has_own_values:
            yield from as_lines()
        else:
            yield _broken_document(bytes(collected.text), lines, number, error)
        return
    if not _is_empty(value):
        yield from _events(value, number, end, deep=True)


def _broken_document(text: bytes, lines: Lines, number: int, error: orjson.JSONDecodeError) -> BadLine:
    """Return the fault of a document over several lines, none of which is a value on its own.

    It counts as unfinished, so a resumed run reads it again.
    """
    if (damage := lines.damage()) is not None:
        return _damaged(number, f"{damage[1]}: the JSON that begins on this line is incomplete")
    if _exceeds_depth(error):
        return _broken(number, error, lines.end, unfinished=True)
    fault = fault_of_json(text.removesuffix(b"\n").decode("utf-8", "replace"), error)
    return BadLine(
        number + fault.line - 1,
        f"invalid JSON: {fault.message}",
        _JSON_HINT,
        column=fault.column,
        unfinished=True,
        end=lines.end,
    )


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


def _is_beginning(text: bytes) -> bool:
    """Return whether more text could complete this JSON: the parser found no fault before the end."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return error.pos >= len(error.doc)
    return False


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_own_value(raw: bytes, line: bytes) -> bool:
    """Return whether a line is a value as in JSON Lines: an object, an array, or a scalar without indentation."""
    if line[:1] in (b"{", b"["):
        return len(line) > 1 and line[-1:] in (b"}", b"]") and _is_json(line)
    return not raw[:1].isspace() and line[:1] not in (b"}", b"]") and _is_json(line)


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
