"""Bytes as they come, unpacked where they are gzip, and cut into lines: nothing waits for what is still to come."""

from __future__ import annotations

import zlib
from collections import deque
from typing import Any, Final

import orjson

__all__ = ["Incoming", "Lines"]

_CHUNK: Final = 256 * 1024
_PACKED_CHUNK: Final = 64 * 1024
_MAGIC: Final = b"\x1f\x8b"


class Incoming:
    """A stream that is read as it comes; gzip is known by its first two bytes, whatever its name is.

    Damaged gzip does not raise: it ends, when all that can be unpacked was handed on, and `damage` says why.

    Args:
        stream: what has `read1`, as files and standard input have.
        must_be_gzip: what else there is, is none of ours.

    """

    def __init__(self, stream: Any, *, must_be_gzip: bool = False) -> None:
        self._stream = stream
        self._must_be_gzip = must_be_gzip
        self._members: _Members | None = None
        self._known = False

    @property
    def damage(self) -> str:
        """What is wrong with the gzip that was read, and about where; empty while nothing is."""
        return "" if self._members is None else self._members.damage

    def read1(self) -> bytes:
        """Return what is there, and wait only while nothing is; empty at the end.

        Raises:
            OSError: it cannot be read, or is no gzip though it must be.

        """
        if self._members is not None:
            return self._members.read1()
        chunk: bytes = self._stream.read1(_CHUNK)
        if self._known:
            return chunk
        if chunk == _MAGIC[:1]:
            chunk += self._stream.read1(
                _CHUNK
            )  # no event begins with this byte: there is nothing to be late for
        self._known = True
        if chunk.startswith(_MAGIC):
            self._members = _Members(self._stream, chunk)
            return self._members.read1()
        if chunk and self._must_be_gzip:
            msg = "it is no gzip file, in spite of its name"
            raise OSError(msg)
        return chunk


class _Members:
    """Unpacks gzip, which may be several one behind the other, with zeros at the end."""

    def __init__(self, stream: Any, begun: bytes) -> None:
        self._stream = stream
        self._packed = begun
        self._taken = len(begun)
        self._inflate: Any = zlib.decompressobj(wbits=31)
        # zlib keeps to itself what it unpacked in the call that meets the damage. So that call is made again with
        # less and less, until the damage stands alone: no event before it is lost.
        self._step, self._limit = _PACKED_CHUNK, _CHUNK
        self._full = False
        self.damage = ""

    def read1(self) -> bytes:
        """Return what can be unpacked by now, and wait only while that is nothing; empty at the end, good or bad."""
        while not self.damage:
            if self._inflate is None and not self._next_member():
                return b""
            if found := self._unpacked():
                return found
            if not self.damage and self._inflate is not None and not self._packed and not self._more():
                self._damaged("ends in the middle")
        return b""

    def _unpacked(self) -> bytes:
        # What zlib holds back for want of room comes first.
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
                self._damaged("is followed by something that is none")
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


class Lines:
    """Lines of a stream, without their ends; knows whether one is at hand."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._ready: deque[bytes] = deque()
        self._begun: list[bytes] = []
        self._ended = self._open_end = False
        self._count = 0
        self._told = False

    @property
    def at_hand(self) -> bool:
        """Whether the next line is there already."""
        return bool(self._ready) or self._ended

    @property
    def unfinished(self) -> bool:
        """Whether the line that was read last has no end, so that it may be the beginning of a longer one."""
        return self._open_end and not self._ready

    @property
    def wrong(self) -> str:
        """What is wrong with the stream as far as it was read; empty where nothing is."""
        return self._incoming.damage

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> bytes:
        while not self._ready:
            if self._ended:
                raise StopIteration
            self._read()
        self._count += 1
        return self._ready.popleft()

    def damage(self) -> tuple[int, str] | None:
        """Return, once, about which line the stream is damaged at and what is wrong; None where nothing is."""
        if self._told or not self.wrong:
            return None
        self._told = True
        return self._count + 1, self.wrong

    def _read(self) -> None:
        chunk = self._incoming.read1()
        if not chunk:
            self._ended = True
            rest = b"".join(self._begun)
            self._begun = []
            # What the damage cut through is no line; but a whole event may lack nothing but its line's end.
            if rest and not (self.wrong and not _is_whole(rest)):
                self._open_end = True
                self._ready.append(rest)
        elif b"\n" in chunk:
            first, *whole, rest = chunk.split(b"\n")
            self._ready.append(b"".join((*self._begun, first)))
            self._ready.extend(whole)
            self._begun = [rest]
        else:
            self._begun.append(chunk)


def _is_whole(rest: bytes) -> bool:
    try:
        return isinstance(orjson.loads(rest.removeprefix(b"\xef\xbb\xbf")), (dict, list))
    except orjson.JSONDecodeError:
        return False
