"""Open, migrate and lock SQLite files that hold personal data and survive a crash; explain their errors."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from hubspot_dest.storage.file_content import FileContent, content_of
from hubspot_dest.storage.file_format import PRIVATE_MODE, FileFormat, StorageError

__all__ = [
    "Durability",
    "FileLock",
    "connect",
    "connect_reading",
    "create_private",
    "follow_links",
    "is_disk_full",
    "only_name",
    "to_error",
]

Durability = Literal["full", "normal"]
E = TypeVar("E", bound=StorageError)

_BUSY_SECONDS: Final = 5.0
_MOST_LINKS: Final = 40  # as Linux follows
_FULL: Final = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")


def create_private(path: Path | str) -> Path:
    """Create a file that only its owner may read, unless it exists; return its absolute path.

    Pass the absolute path to SQLite: `:memory:` and names that begin with `file:` have a special meaning there, and
    would keep everything in memory, or create a file that anybody may read. `-wal` and `-shm` inherit the permissions
    of the file.

    Raises:
        OSError: the file cannot be created or opened for writing.

    """
    absolute = Path(path).absolute()
    os.close(os.open(absolute, os.O_RDWR | os.O_CREAT, PRIVATE_MODE))
    return absolute


def follow_links(path: Path) -> Path:
    """Return the name of the file itself: symbolic links in the last part of a path are followed.

    Links to folders stay in the path: the files beside the file are in the same folder under both names. So a path
    without links is returned as it is, and messages name it as the user does. The file need not exist.

    Raises:
        OSError: the links form a loop.

    """
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def only_name(path: Path, kind: FileFormat[E]) -> Path:
    """Return the only name of a file, from which the names of its lock and its write-ahead log are made.

    SQLite and `FileLock` keep processes apart by names beside the file. A symbolic link is followed, as SQLite does it.
    A second hard link would be a second name, with a log and a lock of its own, and both would write to one file
    (sqlite.org, howtocorrupt, section 2.5).

    Raises:
        StorageError: the file has a second name, or its links form a loop (the format's error).

    """
    try:
        file = follow_links(path)
        found = file.stat()
    except FileNotFoundError:
        return file
    except OSError as error:
        raise to_error(error, path, kind) from None
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        msg = (
            f"{kind.name} {path} has a second name (a hard link); SQLite keeps its log by name, so that two names "
            f"would damage the file: remove one of them, or {kind.alternative}"
        )
        raise kind.error(msg)
    return file


def is_disk_full(error: BaseException) -> bool:
    """Return whether SQLite could not write because the disk is full, or a limit on file sizes was reached."""
    return (getattr(error, "sqlite_errorname", "") or "").startswith(_FULL)


def to_error(error: BaseException, path: Path, kind: FileFormat[E]) -> E:
    """Return an error of the file's format that explains an error of SQLite or the system."""
    name = getattr(error, "sqlite_errorname", "") or ""
    file = f"{kind.name} {path}"
    if isinstance(error, OSError):
        return kind.error(f"{file} cannot be written: {error.strerror or error}; {kind.alternative}")
    if is_disk_full(error):
        full = kind.error(f"{file}: the disk is full; free some space, nothing that was accepted is lost")
        full.disk_full = True
        return full
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        content = content_of(path)
        if content not in (FileContent.SQLITE, FileContent.BINARY, FileContent.UNKNOWN):
            return kind.error(f"{path} is not {kind.one}: it looks like {content.value}; {kind.alternative}")
        return kind.error(
            f"{file} is damaged, or is not an SQLite file; if it is one, keep a copy, since "
            "`sqlite3 FILE .recover` may be able to read it"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return kind.error(f"{file} is locked by another program; close that program and try again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return kind.error(f"{file} cannot be written; {kind.alternative}")
    if name.startswith("SQLITE_IOERR"):
        return kind.error(f"{file}: the disk reports an error ({name}); check the disk")
    return kind.error(f"{file}: {getattr(error, 'strerror', None) or error}")


class FileLock:
    """An exclusive lock on a file, by means of `PATH-lock`; the system releases it when the process ends.

    The lock is the file's, not the name's: every symbolic link to the file leads to the same lock.

    Args:
        path: the file to lock.
        kind: the format of the file.

    Raises:
        StorageError: another process holds the lock, the file has a second name, or the lock file cannot be created
            (the format's error).

    """

    def __init__(self, path: Path, kind: FileFormat[Any]) -> None:
        file = only_name(path, kind)
        try:
            self._fd: int | None = os.open(f"{file}-lock", os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
        except OSError as error:
            raise to_error(error, path, kind) from None
        try:
            _lock(self._fd)
        except OSError:
            holder = os.read(self._fd, 20).decode("ascii", "replace").strip()
            os.close(self._fd)
            who = f"process {holder}" if holder.isdigit() else "another process"
            msg = f"{kind.name} {path} is in use by {who}; only one process may use it: wait, or {kind.alternative}"
            raise kind.error(msg) from None
        # On a full disk, the lock is still held; only its owner's process id is missing.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.write(self._fd, str(os.getpid()).encode())

    def release(self) -> None:
        """Release the lock; a forked child closes only its copy, and the parent keeps the lock."""
        fd, self._fd = self._fd, None
        if fd is not None:
            # Do not unlock explicitly: a fork shares the lock, and closing a copy does not release it.
            os.close(fd)


def _lock(fd: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def connect(
    path: Path,
    kind: FileFormat[Any],
    durability: Durability,
    prepare: Callable[[sqlite3.Connection], None] | None = None,
) -> sqlite3.Connection:
    """Open a file for writing, and create or migrate it if necessary; the caller must hold its `FileLock`.

    Args:
        path: the file.
        kind: the format of the file.
        durability: `full`: a commit survives a power loss; `normal`: it survives a crash of the process.
        prepare: sets options of the connection before the first write.

    Raises:
        StorageError: the file cannot be opened, is damaged, belongs to another program, or was created by a newer
            version (the format's error).

    """
    try:
        connection = sqlite3.connect(
            create_private(only_name(path, kind)),
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=64,
        )
    except (sqlite3.Error, OSError) as error:
        raise to_error(error, path, kind) from None
    try:
        with _closing_on_error(connection):
            _check(connection, path, kind)
            if prepare is not None:
                prepare(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
            _migrate(connection, kind)
    except sqlite3.Error as error:
        raise to_error(error, path, kind) from None
    return connection


def connect_reading(path: Path, kind: FileFormat[Any]) -> sqlite3.Connection:
    """Open a file read-only; another process may be writing to it.

    Raises:
        StorageError: the file does not exist, has a second name, or cannot be read (the format's error).

    """
    if path.is_dir():
        raise kind.error(f"{path} is a folder, not {kind.one}")
    if not path.is_file():
        raise kind.error(f"there is no {kind.name} at {path}; check the path")
    file = only_name(path, kind)
    if not file.stat().st_size:
        raise kind.error(f"{path} is empty: it is not {kind.one}")
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        with _closing_on_error(connection):
            _check(connection, path, kind, may_be_empty=False)
    except sqlite3.Error as error:
        raise to_error(error, path, kind) from None
    return connection


@contextlib.contextmanager
def _closing_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _check(
    connection: sqlite3.Connection, path: Path, kind: FileFormat[Any], *, may_be_empty: bool = True
) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != kind.application_id and (tables or application or not may_be_empty):
        otherwise = f"; {kind.alternative}" if may_be_empty else ""
        raise kind.error(f"{path} is an SQLite file of another program, not {kind.one}{otherwise}")
    newest = len(kind.migrations)
    if version > newest:
        msg = (
            f"{kind.name} {path} was created by a newer hubspot-dest (file version {version}, "
            f"newest known {newest}); update hubspot-dest"
        )
        raise kind.error(msg)


def _migrate(connection: sqlite3.Connection, kind: FileFormat[Any]) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(kind.migrations[version:], version + 1):
        # One transaction per step: after a crash, the file is as before the step or as after it.
        connection.executescript(
            f"BEGIN IMMEDIATE;{script};PRAGMA application_id = {kind.application_id};"
            f"PRAGMA user_version = {number};COMMIT;"
        )
