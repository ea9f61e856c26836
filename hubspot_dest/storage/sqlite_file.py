"""SQLite files that hold personal data and survive a crash: open, migrate, lock, and explain errors."""

from __future__ import annotations

import contextlib
import os
import sqlite3
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
    "is_disk_full",
    "to_error",
]

Durability = Literal["full", "normal"]
E = TypeVar("E", bound=StorageError)

_BUSY_SECONDS: Final = 5.0
_FULL: Final = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")


def create_private(path: Path | str) -> Path:
    """Create a file that only its owner may read, unless it exists; return its absolute path.

    Give SQLite the absolute path: `:memory:` and names that begin with `file:` have a meaning of their own there, and
    would keep everything in memory, or create a file that everybody may read. `-wal` and `-shm` inherit the
    permissions of the file.

    Raises:
        OSError: the file cannot be created or opened for writing.

    """
    absolute = Path(path).absolute()
    os.close(os.open(absolute, os.O_RDWR | os.O_CREAT, PRIVATE_MODE))
    return absolute


def is_disk_full(error: BaseException) -> bool:
    """Tell whether SQLite could not write because the disk is full, or a limit on the size of files was reached."""
    return (getattr(error, "sqlite_errorname", "") or "").startswith(_FULL)


def to_error(error: BaseException, path: Path, kind: FileFormat[E]) -> E:
    """Return the error of a file's format that explains what SQLite or the system reported."""
    name = getattr(error, "sqlite_errorname", "") or ""
    file = f"{kind.name} {path}"
    if isinstance(error, OSError):
        return kind.error(f"{file} cannot be written: {error.strerror or error}; {kind.alternative}")
    if is_disk_full(error):
        full = kind.error(f"{file}: the disk is full; make room, nothing that was accepted is lost")
        full.disk_full = True
        return full
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        content = content_of(path)
        if content not in (FileContent.SQLITE, FileContent.BINARY, FileContent.UNKNOWN):
            return kind.error(f"{path} is not {kind.one}: it looks like {content.value}; {kind.alternative}")
        return kind.error(
            f"{file} is damaged, or is not an SQLite file; if it is one, keep a copy: "
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
    """Keeps other processes out of a file, by a lock on `PATH-lock` that the system releases when the process ends.

    Args:
        path: the file to lock.
        kind: its format.

    Raises:
        StorageError: the error of the format: another process holds the lock, or the lock's file cannot be created.

    """

    def __init__(self, path: Path, kind: FileFormat[Any]) -> None:
        try:
            self._fd: int | None = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
        except OSError as error:
            raise to_error(error, path, kind) from None
        try:
            _lock(self._fd)
        except OSError:
            holder = os.read(self._fd, 20).decode("ascii", "replace").strip()
            os.close(self._fd)
            who = f"process {holder}" if holder.isdigit() else "another process"
            msg = f"{kind.name} {path} is in use by {who}; one process at a time: wait, or {kind.alternative}"
            raise kind.error(msg) from None
        # On a full disk the lock holds all the same; only its owner's number is missing.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.write(self._fd, str(os.getpid()).encode())

    def release(self) -> None:
        """Release the lock. In a forked child: close the copy, and the parent keeps its lock."""
        fd, self._fd = self._fd, None
        if fd is not None:
            # Never unlock explicitly: a fork shares the lock, and closing a copy leaves it in place.
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
    """Open a file for writing; create or migrate it if necessary. Hold its `FileLock`.

    Args:
        path: the file.
        kind: its format.
        durability: `full`: a commit survives power loss; `normal`: it survives the death of the process.
        prepare: sets options of the connection before the first write.

    Raises:
        StorageError: the error of the format: the file cannot be opened, is damaged, belongs to another program, or
            was made by a newer version.

    """
    try:
        connection = sqlite3.connect(
            create_private(path),
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
    """Open a file for reading only, also while another process writes to it.

    Raises:
        StorageError: the error of the format: there is no such file, or it cannot be read.

    """
    if path.is_dir():
        raise kind.error(f"{path} is a folder, not {kind.one}")
    if not path.is_file():
        raise kind.error(f"there is no {kind.name} at {path}; check the path")
    if not path.stat().st_size:
        raise kind.error(f"{path} is empty: it is not {kind.one}")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
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
            f"{kind.name} {path} was made by a newer hubspot-dest (version {version} of the file, "
            f"{newest} is the newest known); update hubspot-dest"
        )
        raise kind.error(msg)


def _migrate(connection: sqlite3.Connection, kind: FileFormat[Any]) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(kind.migrations[version:], version + 1):
        # One transaction for each step: a crash leaves the file as it was before the step, or after it.
        connection.executescript(
            f"BEGIN IMMEDIATE;{script};PRAGMA application_id = {kind.application_id};"
            f"PRAGMA user_version = {number};COMMIT;"
        )
