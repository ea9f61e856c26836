"""Read bytes as they arrive, decompress gzip, and split into lines of bounded length.

`decompress` does the same for a whole body in memory, up to a limit.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import orjson

__all__ = [
    "ByteStream",
    "DEFAULT_MAX_LINE_BYTES",
    "DecompressionError",
    "Lines",
    "OverlongLine",
    "PrefixObserver",
    "decompress",
]

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32  # zlib tells them apart by their header

Reason = Literal["damaged", "too large", "cut off"]


class DecompressionError(ValueError):
    """Data that cannot be decompressed whole.

    Attributes:
        reason: `damaged`, `too large` (more than the limit), or `cut off` (it does not end).
        partial: what could be decompressed.

    """

    def __init__(self, reason: Reason, partial: bytes = b"") -> None:
        super().__init__(f"the compressed data is {reason}")
        self.reason: Reason = reason
        self.partial = partial


def decompress(data: bytes, limit: int) -> bytes:
    """Return gzip or zlib data decompressed.

    Args:
        data: all of it.
        limit: bytes at most; a decompression bomb stops there.

    Raises:
        DecompressionError: it is damaged, larger than the limit, or cut off.

    """
    inflate = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
    try:
        plain = inflate.decompress(data, limit + 1)
    except zlib.error:
        raise DecompressionError("damaged") from None
    if len(plain) > limit:
        raise DecompressionError("too large", plain[:limit])
    if not inflate.eof:
        raise DecompressionError("cut off", plain)
    return plain


DEFAULT_MAX_LINE_BYTES: Final = 16 * 1024 * 1024
MAX_DOCUMENT_BYTES: Final = 256 * 1024 * 1024  # of one JSON document that is not JSON Lines
_MAX_SKIPPED_BYTES: Final = 1024 * 1024 * 1024  # of an overlong line, until reading stops: it may never end
_CHUNK: Final = 256 * 1024
_PACKED_CHUNK: Final = 64 * 1024
_MAGIC: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"


class ByteStream:
    """Decompressed bytes of a stream. Gzip is recognised by its first two bytes, whatever the file's name.

    Damaged gzip does not raise: the stream ends after what could be decompressed, and `damage` is the reason.

    Args:
        stream: an object with `read1`, as files and standard input have.
        must_be_gzip: raise for anything that is not gzip.

    """

    def __init__(self, stream: Any, *, must_be_gzip: bool = False) -> None:
        self._stream = stream
        self._must_be_gzip = must_be_gzip
        self._gzip: _GzipMembers | None = None
        self._recognised = False

    @property
    def damage(self) -> str:
        """What is wrong with the gzip, and at about which byte; empty if nothing is."""
        return "" if self._gzip is None else self._gzip.damage

    def read1(self) -> bytes:
        """Return the bytes that are available, waiting only if there are none; empty at the end.

        Raises:
            OSError: the stream cannot be read, or is not gzip although it must be.

        """
        if self._gzip is not None:
            return self._gzip.read1()
        chunk: bytes = self._stream.read1(_CHUNK)
        if self._recognised:
            return chunk
        if chunk == _MAGIC[:1]:
            # No event begins with this byte, so waiting for the second one delays nothing.
            chunk += self._stream.read1(_CHUNK)
        self._recognised = True
        if chunk.startswith(_MAGIC):
            self._gzip = _GzipMembers(self._stream, chunk)
            return self._gzip.read1()
        if chunk and self._must_be_gzip:
            msg = "it is not a gzip file, although its name ends in .gz"
            raise OSError(msg)
        return chunk


class _GzipMembers:
    """Decompresses one or more gzip members in sequence, with optional zero padding at the end."""

    def __init__(self, stream: Any, first: bytes) -> None:
        self._stream = stream
        self._packed = first
        self._taken = len(first)
        self._inflate: Any = zlib.decompressobj(wbits=31)
        # zlib discards its output of the call that meets damage. That call is repeated with less and less input,
        # until the damaged byte is alone: no event before it is lost.
        self._step, self._limit = _PACKED_CHUNK, _CHUNK
        self._full = False
        self.damage = ""

    def read1(self) -> bytes:
        """Return what can be decompressed now, waiting only if that is nothing; empty at the end or at damage."""
        while not self.damage:
            if self._inflate is None and not self._next_member():
                return b""
            if found := self._unpacked():
                return found
            if not self.damage and self._inflate is not None and not self._packed and not self._more():
                self._damaged("ends in the middle")
        return b""

    def _unpacked(self) -> bytes:
        # Output that zlib holds back because of the limit comes first.
        piece, rest = (
            (b"", self._packed) if self._full else (self._packed[: self._step], self._packed[self._step :])
        )
        before = self._inflate.copy()
        try:
            found: bytes = self._inflate.decompress(piece, self._limit)
        except zlib.error as error:
            self._inflate = before
            if self._step > 1:
                self._step //= 2
            elif self._limit > 1:
                self._limit = 1
            else:
                self._damaged(f"is damaged ({str(error).rpartition(': ')[2]})")
            return b""
        if self._inflate.eof:
            self._packed = self._inflate.unused_data + rest
            self._inflate, self._full = None, False
        else:
            self._packed = self._inflate.unconsumed_tail + rest
            self._full = len(found) >= self._limit
        return found

    def _next_member(self) -> bool:
        while True:
            self._packed = self._packed.lstrip(b"\0")
            if self._packed.startswith(_MAGIC):
                self._inflate = zlib.decompressobj(wbits=31)
                return True
            if self._packed not in (b"", _MAGIC[:1]):
                self._damaged("is followed by something that is not gzip")
                return False
            if not self._more():
                if self._packed:
                    self._packed = b""
                    self._damaged("ends in the middle")
                return False

    def _more(self) -> bool:
        chunk = self._stream.read1(_PACKED_CHUNK)
        self._packed += chunk
        self._taken += len(chunk)
        return bool(chunk)

    def _damaged(self, how: str) -> None:
        self.damage = f"the gzip {how}, about {self._taken - len(self._packed):,} bytes from its beginning"


class PrefixObserver(Protocol):
    """Receives every decompressed byte of a source, in order."""

    def feed(self, chunk: bytes, /) -> None:
        """Take the next bytes."""


@dataclass(frozen=True, slots=True)
class OverlongLine:
    """Replaces a line that is longer than allowed; the line itself is not kept.

    Attributes:
        limit: the limit that it exceeds, in bytes.

    """

    limit: int


@dataclass(frozen=True, slots=True)
class _Skipped:
    """The bytes of an overlong line, its end included."""

    size: int


class Lines:
    """Lines of a stream without their line ends, each bounded in length.

    Args:
        stream: the bytes.
        max_line_bytes: a longer line is skipped and yields one `OverlongLine`. The first line may have
            `MAX_DOCUMENT_BYTES` if it begins with `[`: a whole array on one line.
        observer: receives every byte that is read.

    """

    def __init__(
        self,
        stream: ByteStream,
        *,
        max_line_bytes: int = DEFAULT_MAX_LINE_BYTES,
        observer: PrefixObserver | None = None,
    ) -> None:
        self._stream = stream
        self._max_line_bytes = max_line_bytes
        self._observer = observer
        self._ready: deque[bytes | OverlongLine | _Skipped] = deque()
        self._partial: list[bytes] = []
        self._partial_bytes = 0
        self._skipped = 0
        self._skipping = False
        self._first_limit: int | None = None
        self._ended = self._open_end = False
        self._count = 0
        self._endless = ""
        self._reported = False
        self.end = 0
        """Offset behind the line that was returned last, in decompressed bytes; before it, if it was overlong."""

    @property
    def at_hand(self) -> bool:
        """Whether the next line is available without reading."""
        return bool(self._ready) or self._ended

    @property
    def unfinished(self) -> bool:
        """Whether the line that was returned last has no line end, so that more of it may be written later."""
        return self._open_end and not self._ready

    @property
    def wrong(self) -> str:
        """Why the stream could not be read to its end; empty if it was, or as far as it was."""
        return self._endless or self._stream.damage

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> bytes | OverlongLine:
        while not self._ready:
            if self._ended:
                raise StopIteration
            self._read()
        ready = self._ready
        line = ready.popleft()
        self._count += 1
        if type(line) is bytes:
            self.end += len(line) + 1
            if self._open_end and not ready:
                self.end -= 1
            return line
        if ready and isinstance(ready[0], _Skipped):
            self.end += ready[0].size
            ready.popleft()
        assert not isinstance(line, _Skipped)  # one follows its line directly
        return line

    def damage(self) -> tuple[int, str] | None:
        """Return, once, the approximate line of the damage and what is wrong; None without damage."""
        if self._reported or not self.wrong:
            return None
        self._reported = True
        return self._count + 1, self.wrong

    def _read(self) -> None:
        chunk = self._stream.read1()
        if not chunk:
            self._end()
            return
        if self._observer is not None:
            self._observer.feed(chunk)
        if self._skipping:
            chunk = self._skip(chunk)
        if b"\n" in chunk:
            first, *whole, rest = chunk.split(b"\n")
            self._add(b"".join((*self._partial, first)))
            if len(chunk) <= self._max_line_bytes:
                self._ready.extend(whole)
            else:
                for line in whole:
                    self._add(line)
            self._partial, self._partial_bytes = [rest], len(rest)
        elif chunk:
            self._partial.append(chunk)
            self._partial_bytes += len(chunk)
        if self._partial_bytes > self._limit(self._partial):
            # Report it now: its end may never come.
            self._ready.append(OverlongLine(self._limit(self._partial)))
            self._skipped = self._partial_bytes
            self._partial, self._partial_bytes, self._skipping = [], 0, True

    def _limit(self, pieces: list[bytes]) -> int:
        """Return the limit of the line that begins with these pieces."""
        if self._first_limit is None and pieces:
            is_array = pieces[0].removeprefix(_BOM).lstrip()[:1] == b"["
            self._first_limit = (
                max(MAX_DOCUMENT_BYTES, self._max_line_bytes) if is_array else self._max_line_bytes
            )
        first = self._count == 0 and not self._ready and self._first_limit is not None
        return self._first_limit if first and self._first_limit is not None else self._max_line_bytes

    def _add(self, line: bytes) -> None:
        limit = self._max_line_bytes if len(line) <= self._max_line_bytes else self._limit([line])
        if len(line) <= limit:
            self._ready.append(line)
        else:
            self._ready.extend((OverlongLine(limit), _Skipped(len(line) + 1)))

    def _skip(self, chunk: bytes) -> bytes:
        """Drop the rest of an overlong line; return what follows its end."""
        end = chunk.find(b"\n")
        self._skipped += len(chunk) if end < 0 else end + 1
        if end >= 0:
            self._skipping = False
            if self._ready:
                self._ready.append(_Skipped(self._skipped))
            else:
                self.end += self._skipped
            return chunk[end + 1 :]
        if self._skipped > _MAX_SKIPPED_BYTES:
            self._endless = (
                f"the line has no end within {_MAX_SKIPPED_BYTES // 1024**3} GiB; reading stops here"
            )
            self._ended = True
        return b""

    def _end(self) -> None:
        self._ended = True
        rest = b"".join(self._partial)
        self._partial, self._partial_bytes = [], 0
        # What the damage cut off is not a line; but a whole event may lack only its line end.
        if rest and not (self.wrong and not _is_whole(rest)):
            self._open_end = True
            self._add(rest)


def _is_whole(rest: bytes) -> bool:
    try:
        return isinstance(orjson.loads(rest.removeprefix(_BOM)), (dict, list))
    except orjson.JSONDecodeError:
        return False
