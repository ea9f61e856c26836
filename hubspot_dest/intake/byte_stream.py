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

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32  # zlib detects the format by its header

Reason = Literal["damaged", "too large", "cut off"]


class DecompressionError(ValueError):
    """Data that cannot be decompressed completely.

    Attributes:
        reason: `damaged`, `too large` (more than the limit), or `cut off` (the end is missing).
        partial: the data that could be decompressed.

    """

    def __init__(self, reason: Reason, partial: bytes = b"") -> None:
        super().__init__(f"the compressed data is {reason}")
        self.reason: Reason = reason
        self.partial = partial


def decompress(data: bytes, limit: int) -> bytes:
    """Decompress gzip or zlib data.

    Args:
        data: the complete compressed data.
        limit: the maximum size of the result in bytes, against decompression bombs.

    Raises:
        DecompressionError: the data is damaged, larger than the limit, or cut off.

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
MAX_DOCUMENT_BYTES: Final = 256 * 1024 * 1024  # of a JSON document that is not JSON Lines
_MAX_SKIPPED_BYTES: Final = (
    1024 * 1024 * 1024
)  # of an overlong line, which may never end, until reading stops
_CHUNK: Final = 256 * 1024
_PACKED_CHUNK: Final = 64 * 1024
_MAGIC: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"


class ByteStream:
    """The decompressed bytes of a stream. Gzip is recognised by its first two bytes, not by the file's name.

    Damaged gzip does not raise: the stream ends after the data that could be decompressed, and `damage` is the reason.

    Args:
        stream: an object with `read1`, such as a file or standard input.
        must_be_gzip: whether to raise an error for anything that is not gzip.

    """

    def __init__(self, stream: Any, *, must_be_gzip: bool = False) -> None:
        self._stream = stream
        self._must_be_gzip = must_be_gzip
        self._gzip: _GzipMembers | None = None
        self._recognised = False

    @property
    def damage(self) -> str:
        """The damage of the gzip data and its approximate byte offset; empty if there is none."""
        return "" if self._gzip is None else self._gzip.damage

    def read1(self) -> bytes:
        """Return the available bytes, or wait if there are none; empty at the end.

        Raises:
            OSError: the stream cannot be read, or is not gzip although required.

        """
        if self._gzip is not None:
            return self._gzip.read1()
        chunk: bytes = self._stream.read1(_CHUNK)
        if self._recognised:
            return chunk
        if chunk == _MAGIC[:1]:
            # No event begins with this byte, so waiting for the second byte does not delay anything.
            chunk += self._stream.read1(_CHUNK)
        self._recognised = True
        if chunk.startswith(_MAGIC):
            self._gzip = _GzipMembers(self._stream, chunk)
            return self._gzip.read1()
        if chunk and self._must_be_gzip:
            msg = "it is not a gzip file although its name ends in .gz"
            raise OSError(msg)
        return chunk


class _GzipMembers:
    """Decompress one or more consecutive gzip members, with optional zero padding at the end."""

    def __init__(self, stream: Any, first: bytes) -> None:
        self._stream = stream
        self._packed = first
        self._taken = len(first)
        self._inflate: Any = zlib.decompressobj(wbits=31)
        # zlib discards the output of a call that hits damage. The call is repeated with less and less input until only
        # the damaged byte is left, so that no event before it is lost.
        self._step, self._limit = _PACKED_CHUNK, _CHUNK
        self._full = False
        self.damage = ""

    def read1(self) -> bytes:
        """Return the bytes that can be decompressed, or wait if there are none; empty at the end or at damage."""
        while not self.damage:
            if self._inflate is None and not self._next_member():
                return b""
            if unpacked := self._unpacked():
                return unpacked
            if not self.damage and self._inflate is not None and not self._packed and not self._more():
                self._damaged("ends in the middle")
        return b""

    def _unpacked(self) -> bytes:
        # Output that zlib held back because of the limit comes first.
        piece, remaining = (
            (b"", self._packed) if self._full else (self._packed[: self._step], self._packed[self._step :])
        )
        before = self._inflate.copy()
        try:
            unpacked: bytes = self._inflate.decompress(piece, self._limit)
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
            self._packed = self._inflate.unused_data + remaining
            self._inflate, self._full = None, False
        else:
            self._packed = self._inflate.unconsumed_tail + remaining
            self._full = len(unpacked) >= self._limit
        return unpacked

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
    """An observer that receives every decompressed byte of a source, in order."""

    def feed(self, chunk: bytes, /) -> None:
        """Receive the next bytes."""


@dataclass(frozen=True, slots=True)
class OverlongLine:
    """A placeholder for a line that is too long; the line itself is discarded.

    Attributes:
        limit: the exceeded limit, in bytes.

    """

    limit: int


@dataclass(frozen=True, slots=True)
class _Skipped:
    """The size of an overlong line in bytes, including its line end."""

    size: int


class Lines:
    """The lines of a stream without their line ends, with a maximum length.

    Args:
        stream: the bytes.
        max_line_bytes: a longer line is skipped and replaced by an `OverlongLine`. A first line that begins with `[`,
            an array on a single line, may have `MAX_DOCUMENT_BYTES`.
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
        """The offset in decompressed bytes after the last returned line; before it if that line was too long."""

    @property
    def line_available(self) -> bool:
        """Whether the next line is available without reading."""
        return bool(self._ready) or self._ended

    @property
    def unfinished(self) -> bool:
        """Whether the last returned line has no line end, so that more of it may be written later."""
        return self._open_end and not self._ready

    @property
    def failure(self) -> str:
        """The reason why the stream could not be read to its end; empty if no error has occurred so far."""
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
        """Return (approximate line, reason) of the damage the first time; None later and without damage."""
        if self._reported or not self.failure:
            return None
        self._reported = True
        return self._count + 1, self.failure

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
            first, *whole, remaining = chunk.split(b"\n")
            self._add(b"".join((*self._partial, first)))
            if len(chunk) <= self._max_line_bytes:
                self._ready.extend(whole)
            else:
                for line in whole:
                    self._add(line)
            self._partial, self._partial_bytes = [remaining], len(remaining)
        elif chunk:
            self._partial.append(chunk)
            self._partial_bytes += len(chunk)
        if self._partial_bytes > self._limit(self._partial):
            # Report the line now, since it may never end.
            self._ready.append(OverlongLine(self._limit(self._partial)))
            self._skipped = self._partial_bytes
            self._partial, self._partial_bytes, self._skipping = [], 0, True

    def _limit(self, pieces: list[bytes]) -> int:
        """Return the length limit of the line that begins with these pieces."""
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
        """Discard the remaining of an overlong line; return the bytes after its end."""
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
                f"the line does not end within {_MAX_SKIPPED_BYTES // 1024**3} GiB; reading stops here"
            )
            self._ended = True
        return b""

    def _end(self) -> None:
        self._ended = True
        remaining = b"".join(self._partial)
        self._partial, self._partial_bytes = [], 0
        # A line cut off by damage is not a line, but a complete event may just lack its line end.
        if remaining and not (self.failure and not _is_complete_json(remaining)):
            self._open_end = True
            self._add(remaining)


def _is_complete_json(remaining: bytes) -> bool:
    try:
        return isinstance(orjson.loads(remaining.removeprefix(_BOM)), (dict, list))
    except orjson.JSONDecodeError:
        return False
