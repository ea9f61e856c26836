"""Check that the outbox is still the file at its path: the next process must find every acknowledged event.

SQLite goes on writing to files that were removed or replaced, and into the holes of files that were truncated, without
an error. Around each commit, four calls of `stat` compare the files with what they were after the last one; headers are
read only if something differs.

SQLite writes a removal to its write-ahead log first, and on a full disk that log cannot grow. A file beside
the outbox occupies some space, which is freed then. That space must hold the whole log when it is copied into
the outbox, which empties it; so the log may grow to half of the reserve. A reserve does not help against a
limit of file sizes (RLIMIT_FSIZE), but the limit is known beforehand: additions stop short of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hubspot_dest.delivery.outbox.schema import OutboxError

__all__ = ["DiskReserve", "DiskRoom", "OutboxGuard"]

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
        name: the name that the user gave it, which may be a symbolic link: the next process must find the file by it.

    """

    def __init__(self, path: Path, name: Path | None = None) -> None:
        self._path = name or path
        self._database = str(self._path.absolute())
        self._log, self._index = f"{path.absolute()}-wal", f"{path.absolute()}-shm"
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


_RESERVE_BYTES: Final = 8 * 1024 * 1024
_LARGEST_SHARE: Final = 4  # of a small disk, no more than a quarter of what is free
_PAGE: Final = 4096
FRAME_BYTES: Final = _PAGE + 24
"""A page of 4 KiB in the write-ahead log."""
_KEPT_PAGES: Final = 256  # for removals: a dead letter is written before its event is removed
_LOG_PAGES: Final = 1000
_SHORTEST_LOG: Final = 16
_VACUUM_PAGES: Final = 50


def free_bytes(path: Path) -> int:
    """Return how many bytes the disk of a file has left for this process."""
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How far the files of an outbox may grow, in pages of 4 KiB; None for no such limit.

    Attributes:
        additions: up to where events are accepted.
        removals: up to where the file may grow while something is removed.
        log: after how many pages the write-ahead log is copied into the file.

    """

    additions: int | None = None
    removals: int | None = None
    log: int = _LOG_PAGES

    def apply(self, db: sqlite3.Connection, *, removing: bool) -> None:
        """Set the limit for the next transaction."""
        pages = self.removals if removing else self.additions
        if pages is not None:
            db.execute(f"PRAGMA max_page_count = {pages}").fetchone()


def page_limits(max_pages: int | None) -> PageLimits:
    """Return the limits of this process: those given, and that of the size of files."""
    if max_pages is not None:
        return PageLimits(max_pages, max_pages + _KEPT_PAGES)
    try:
        import resource
    except ImportError:  # Windows
        return PageLimits()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit == resource.RLIM_INFINITY:
        return PageLimits()
    most = max(16, limit // _PAGE - 1)
    return PageLimits(
        most - min(_KEPT_PAGES, most // 4), most, min(_LOG_PAGES, max(8, limit // FRAME_BYTES // 4))
    )


class DiskReserve:
    """The file `OUTBOX-reserve`, which only occupies space.

    Args:
        outbox: the outbox's file.

    """

    def __init__(self, outbox: Path) -> None:
        self._path = Path(f"{outbox}-reserve")
        self._released = 0

    def keep(self) -> int:
        """Occupy as much space as is available; return how many bytes that is."""
        try:
            number = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return 0
        try:
            free = free_bytes(self._path)
            wanted = min(_RESERVE_BYTES, max(free // _LARGEST_SHARE, min(self._released, free)))
            wanted -= wanted % _PAGE
            if os.fstat(number).st_size < wanted:
                self._fill(number, wanted)
            return os.fstat(number).st_size
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(number, 0)
            return 0
        finally:
            os.close(number)

    @staticmethod
    def _fill(number: int, size: int) -> None:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(number, 0, size)
            return
        with os.fdopen(os.dup(number), "wb") as stream:  # a file of zeros, written out
            for _ in range(size // _PAGE):
                stream.write(bytes(_PAGE))

    def release(self) -> bool:
        """Free the space; return whether there was any."""
        try:
            size = self._path.stat().st_size
            os.truncate(self._path, 0)
        except OSError:
            return False
        self._released = max(self._released, size)
        return size > 0

    def remove(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


class DiskRoom:
    """Keeps and uses the reserve of an open outbox.

    Args:
        db: the outbox's connection; the caller holds its lock.
        path: the outbox's file.
        reserve: the room on the disk.
        max_pages: accept nothing beyond this many pages of 4 KiB; None for no limit but the disk's.

    """

    def __init__(
        self, db: sqlite3.Connection, path: Path, reserve: DiskReserve, max_pages: int | None
    ) -> None:
        self._db = db
        self._path = path
        self._reserve = reserve
        self._limits = page_limits(max_pages)
        self._limits.apply(db, removing=False)
        self.keep()

    def keep(self) -> None:
        """Occupy the reserve, and limit the write-ahead log to what the reserve can hold when it is copied."""
        pages = min(self._limits.log, self._reserve.keep() // 2 // FRAME_BYTES)
        with contextlib.suppress(sqlite3.Error):
            self._db.execute(f"PRAGMA wal_autocheckpoint = {max(_SHORTEST_LOG, pages)}").fetchone()

    def begin_removal(self) -> None:
        """Let a removal use the reserve and all pages of the file. Raises sqlite3.Error and OSError."""
        self._reserve.release()
        self._limits.apply(self._db, removing=True)
        # A copy that fails for lack of space would use up the reserve.
        self._db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()
        self.checkpoint()

    def end_removal(self) -> None:
        """Shrink the outbox if there is space for it, and occupy the reserve again."""
        with contextlib.suppress(sqlite3.Error, OSError):
            self.checkpoint()
            # Shrinking moves pages, and each goes through the log: a few at a time.
            while self.pragma("freelist_count") > _VACUUM_PAGES:
                self._db.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")
                self.checkpoint()
        with contextlib.suppress(sqlite3.Error):
            self._limits.apply(self._db, removing=False)
        self.keep()

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the file, if the file can grow so far. Raises sqlite3.Error and OSError."""
        growth = self.pragma("page_count") * self.pragma("page_size") - self._path.stat().st_size
        if growth <= free_bytes(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def pragma(self, name: str) -> int:
        """Return the number of an SQLite pragma."""
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def drop(self) -> None:
        """Remove the reserve: with nothing in the outbox there is nothing to remove."""
        self._reserve.remove()
