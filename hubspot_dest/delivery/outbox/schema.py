"""The outbox's file: schema, versions, the lock that keeps a second process out, and errors that people understand."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from hubspot_dest.delivery.outbox.disk_reserve import is_disk_full
from hubspot_dest.delivery.outbox.private_file import create_private

__all__ = ["MIGRATIONS", "Durability", "FileLock", "OutboxError", "connect", "connect_reading", "to_error"]

Durability = Literal["full", "normal"]

_APPLICATION: Final = 0x48534F42  # "HSOB": tells our files from everybody else's
_BUSY_SECONDS: Final = 5.0
_INCREMENTAL: Final = 2

# Each entry takes a file one version further: `user_version` says how many were applied. Never change one, add one.
MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE intents (
        seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, person TEXT NOT NULL, event_id TEXT NOT NULL,
        accepted_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, payload BLOB NOT NULL);
    CREATE TABLE dead (
        seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, person TEXT NOT NULL, event_id TEXT NOT NULL,
        accepted_at REAL NOT NULL, attempts INTEGER NOT NULL, payload BLOB NOT NULL,
        died_at REAL NOT NULL, reason TEXT NOT NULL, error TEXT NOT NULL);
    CREATE TABLE memory (email TEXT PRIMARY KEY, properties TEXT NOT NULL, told_at REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE progress (
        source TEXT PRIMARY KEY, head TEXT NOT NULL, head_bytes INTEGER NOT NULL,
        line INTEGER NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE held (number INTEGER PRIMARY KEY, event_id TEXT NOT NULL, since REAL NOT NULL, event BLOB NOT NULL);
    """,
)


class OutboxError(Exception):
    """The outbox cannot be used; the message says where, what, and what to do.

    Attributes:
        disk_full: whether there was no room for it.

    """

    disk_full = False


def to_error(error: BaseException, path: Path) -> OutboxError:
    """Return what went wrong with the file as one clear message."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if isinstance(error, OSError):
        said = error.strerror or str(error)
        return OutboxError(
            f"outbox {path} cannot be written: {said}; choose another place with --outbox (outbox=)"
        )
    if is_disk_full(error):
        full = OutboxError(f"outbox {path}: the disk is full; make room, nothing that was accepted is lost")
        full.disk_full = True
        return full
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return OutboxError(
            f"outbox {path} is damaged or is no outbox; move it away (keep it: `sqlite3 FILE .recover` may read it)"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return OutboxError(f"outbox {path} is locked by another program; close that program and try again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return OutboxError(f"outbox {path} cannot be written; choose another place with --outbox (outbox=)")
    if name.startswith("SQLITE_IOERR"):
        return OutboxError(f"outbox {path}: the disk answers with an error ({name}); look after the disk")
    return OutboxError(f"outbox {path}: {getattr(error, 'strerror', None) or error}")


class FileLock:
    """One process and one owner at a time, by a lock on `PATH-lock` that the system lets go when the process ends.

    Raises:
        OutboxError: where somebody else has it, or the file cannot be made.

    """

    def __init__(self, path: Path) -> None:
        self._owner = os.getpid()
        try:
            self._fd: int | None = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            msg = f"outbox {path} cannot be written: {error.strerror}; choose another place with --outbox (outbox=)"
            raise OutboxError(msg) from None
        try:
            _lock(self._fd)
        except OSError:
            holder = os.read(self._fd, 20).decode("ascii", "replace").strip()
            os.close(self._fd)
            who = f"process {holder}" if holder.isdigit() else "another process"
            msg = (
                f"outbox {path} is in use by {who}; one process at a time: wait, or give each its own outbox"
            )
            raise OutboxError(msg) from None
        with contextlib.suppress(
            OSError
        ):  # on a full disk the lock counts all the same; only its owner is not named
            os.ftruncate(self._fd, 0)
            os.write(self._fd, str(self._owner).encode())

    def release(self) -> None:
        """Let others have it. In a forked child: let go of the copy, and the parent keeps its lock."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(
                fd
            )  # never an explicit unlock: a fork shares the lock, and closing a copy leaves it alone


def _lock(fd: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def connect(path: Path, durability: Durability, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open the outbox for writing, made or migrated if need be; hold its `FileLock`.

    Raises:
        OutboxError: it cannot be opened, is damaged, is no outbox, or is newer than this program.

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
        raise to_error(error, path) from None
    try:
        with _closing_on_error(connection):
            _check(connection, path, len(migrations))
            # Before anything else: the first write would copy a long log, which a full disk has no room for.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            if connection.execute("PRAGMA auto_vacuum").fetchone()[0] != _INCREMENTAL:
                connection.execute(
                    "PRAGMA auto_vacuum = INCREMENTAL"
                )  # it writes, even where nothing changes
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
            connection.execute("PRAGMA journal_size_limit = 16777216")
            _migrate(connection, migrations)
    except sqlite3.Error as error:
        raise to_error(error, path) from None
    return connection


def connect_reading(path: Path) -> sqlite3.Connection:
    """Open an outbox for reading only, whoever uses it.

    Raises:
        OutboxError: there is none, or it cannot be read.

    """
    if not path.is_file():
        msg = f"there is no outbox at {path}; give the file that `send --outbox FILE` used"
        raise OutboxError(msg)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        with _closing_on_error(connection):
            _check(connection, path, len(MIGRATIONS), empty=False)
    except sqlite3.Error as error:
        raise to_error(error, path) from None
    return connection


@contextlib.contextmanager
def _closing_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _check(connection: sqlite3.Connection, path: Path, newest: int, *, empty: bool = True) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != _APPLICATION and (tables or application or not empty):
        msg = f"{path} is an SQLite file of another program, not an outbox; give another --outbox (outbox=)"
        raise OutboxError(msg)
    if version > newest:
        msg = f"outbox {path} was made by a newer hubspot-dest (form {version}, known {newest}); update hubspot-dest"
        raise OutboxError(msg)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(migrations[version:], version + 1):
        # One transaction a step: a crash leaves the form before it or the form after it.
        connection.executescript(
            f"BEGIN IMMEDIATE;{script};PRAGMA application_id = {_APPLICATION};PRAGMA user_version = {number};COMMIT;"
        )
