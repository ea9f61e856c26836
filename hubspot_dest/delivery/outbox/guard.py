"""Check that the outbox is still the file at its path: the next process must find every acknowledged event.

SQLite goes on writing to files that were removed or replaced, and into the holes of files that were truncated, without
an error. Around each commit, four calls of `stat` compare the files with what they were after the last one; headers are
read only if something differs.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

from hubspot_dest.delivery.outbox.schema import OutboxError

__all__ = ["OutboxGuard"]

_DATABASE_MAGIC: Final = b"SQLite format 3\0"
_LOG_MAGIC: Final = (0x377F0682, 0x377F0683)
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
# Of the write-ahead log's index (sqlite.org/walformat.html): isInit, page size, number of frames; in native byte order.
_INDEX: Final = struct.Struct("=12xBxHI")
_Looks = tuple[tuple[int, int], ...]
_ADVICE: Final = "restart, with the file back in its place or with another --outbox (outbox=)"


class OutboxGuard:
    """Checks an open outbox in write-ahead mode.

    Args:
        path: the outbox, whose connection is open.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = str(path.absolute())
        self._log, self._index = f"{self._database}-wal", f"{self._database}-shm"
        self._known: dict[str, tuple[int, int]] = {}
        # Kept open until SQLite has closed: closing any descriptor of a database file drops every POSIX lock that the
        # process has on it, and another process would then take SQLite's files for unused (sqlite.org, howtocorrupt).
        self._descriptors: dict[str, int] = {}
        self._broken = ""
        self._seen: _Looks = ()
        self.identity()

    def close(self) -> None:
        """Close the descriptors. Only after SQLite has closed the outbox."""
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    def check(self) -> None:
        """Make sure that what was committed is in the files under the outbox's path. Needs the write lock.

        Raises:
            OutboxError: it is not; the message says what happened.
            OSError: the files cannot be read.

        """
        problem, looks = self._compare((self._database, self._log))
        if not problem and looks != self._seen:
            problem = self._truncation()  # or a checkpoint, or a write of another kind
        if problem:
            raise OutboxError(problem)

    def confirm(self) -> None:
        """Make sure that a commit went into the files under the outbox's path. Needs the write lock.

        Raises:
            OutboxError: it did not; the message says what happened.

        """
        problem, self._seen = self._compare((self._database, self._log))
        if problem:
            raise OutboxError(problem)

    def identity(self, *, closed: bool = False) -> str:
        """Return why the files are not the ones that were opened; empty if they are. Needs no lock.

        Args:
            closed: SQLite has removed the write-ahead log, as it does at the end.

        """
        return self._compare((self._database,) if closed else (self._database, self._log))[0]

    def _compare(self, paths: tuple[str, ...]) -> tuple[str, _Looks]:
        """Return what is wrong with the files' identity, and what they look like: size and time of the last write."""
        looks: list[tuple[int, int]] = []
        for path in paths:
            try:
                found = os.stat(path)  # noqa: PTH116 - four times per commit
            except OSError:
                if self._known.get(path) is not None:
                    return self._broken or self._sentence(f"{path} was removed while in use"), ()
                continue
            identity = (found.st_dev, found.st_ino)
            # SQLite creates the write-ahead log with the first access.
            known = self._known.get(path) or self._known.setdefault(path, identity)
            if known != identity:
                return self._broken or self._sentence(f"{path} was replaced by another file while in use"), ()
            looks.append((found.st_size, found.st_mtime_ns))
        return self._broken, tuple(looks)

    def _truncation(self) -> str:
        """Return what was cut off, and remember it: it does not come back."""
        header, size = self._head(self._database, 100)
        if len(header) < 100 or not header.startswith(_DATABASE_MAGIC):
            return self._remember("its first bytes are gone")
        page = _page_size(int.from_bytes(header[16:18], "big"))
        if size < int.from_bytes(header[28:32], "big") * page:
            return self._remember("its end is gone")
        try:
            index, _ = self._head(self._index, _INDEX.size)
        except FileNotFoundError:
            return ""
        initialised, page, frames = _INDEX.unpack(index) if len(index) == _INDEX.size else (0, 0, 0)
        if not initialised or not frames:
            return ""
        log, size = self._head(self._log, _LOG_HEADER)
        cut = size < _LOG_HEADER + frames * (_FRAME_HEADER + _page_size(page))
        if cut or int.from_bytes(log[:4], "big") not in _LOG_MAGIC:
            return self._remember("its write-ahead log (-wal) is cut off")
        return ""

    def _head(self, path: str, count: int) -> tuple[bytes, int]:
        """Return the first bytes of a file, and its size. Raises OSError."""
        descriptor = self._descriptors.get(path)
        if descriptor is None:
            descriptor = self._descriptors[path] = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        os.lseek(descriptor, 0, os.SEEK_SET)  # the caller has the write lock
        return os.read(descriptor, count), os.fstat(descriptor).st_size

    def _remember(self, what: str) -> str:
        self._broken = self._sentence(f"{self._path} was truncated or overwritten while in use: {what}")
        return self._broken

    @staticmethod
    def _sentence(what: str) -> str:
        return f"outbox {what}; events that are accepted now would be lost: {_ADVICE}"


def _page_size(stored: int) -> int:
    return 65_536 if stored == 1 else stored  # two bytes cannot hold it
