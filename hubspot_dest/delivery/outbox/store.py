"""The statements behind an outbox: contact memory, progress, notes and dead letters, in one SQLite file."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hubspot_dest.delivery.outbox.disk_reserve import (
    FRAME_BYTES,
    DiskReserve,
    free_bytes,
    is_disk_full,
    page_limits,
)
from hubspot_dest.delivery.outbox.guard import OutboxGuard
from hubspot_dest.delivery.outbox.private_file import create_private
from hubspot_dest.delivery.outbox.records import (
    INTENT_COLUMNS,
    SEPARATOR,
    DeadLetter,
    Group,
    ParkedEvent,
    Progress,
    dead_letter,
    ranges,
)
from hubspot_dest.delivery.outbox.schema import Durability, FileLock, OutboxError, connect, to_error

__all__ = ["OutboxStore", "write"]

_SHORTEST_LOG = 16  # pages
_VACUUM_PAGES = 50
_PROBE_BYTES = 65_536


class OutboxStore:
    """One connection, one owner. Every method raises OutboxError where the file cannot be read or written.

    Args:
        path: the file; made if it is not there.
        durability: `full` or `normal`.
        max_pages: accept nothing beyond so many pages of 4 KiB; None for the disk's own end.

    """

    def __init__(self, path: Path | str, durability: Durability, max_pages: int | None = None) -> None:
        self.path = Path(path)
        self._lock_file = FileLock(self.path)
        self._reserve = DiskReserve(self.path)
        self.rescued: Path | None = None
        """A copy of what was left, made at the end because the file had been removed or replaced."""
        try:
            self._db = self._connect(durability)
            self.guard = OutboxGuard(self.path)
        except BaseException:
            self._lock_file.release()
            raise
        self._limits = page_limits(max_pages)
        self._limits.apply(self._db, removing=False)
        self._keep_reserve()
        self._writing = threading.RLock()

    def _connect(self, durability: Durability) -> sqlite3.Connection:
        try:
            return connect(self.path, durability)
        except OutboxError as error:
            if not (error.disk_full and self._reserve.release()):
                raise
        return connect(self.path, durability)

    def _begin_removal(self) -> None:
        """Let a removal use the reserve, and all of the file's pages."""
        self._reserve.release()
        self._limits.apply(self._db, removing=True)
        # A copy that breaks off for want of room would use up the reserve.
        self._db.execute("PRAGMA wal_autocheckpoint = 0").fetchone()
        self._checkpoint()

    def _end_removal(self) -> None:
        """Give room back to the disk where that takes none, and take the reserve again."""
        with contextlib.suppress(sqlite3.Error, OSError):
            self._checkpoint()
            # Shrinking moves pages, and each goes through the log: a few at a time.
            while self._pragma("freelist_count") > _VACUUM_PAGES:
                self._db.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")
                self._checkpoint()
        with contextlib.suppress(sqlite3.Error):
            self._limits.apply(self._db, removing=False)
        self._keep_reserve()

    def _keep_reserve(self) -> None:
        """Take the reserve, and let the write-ahead log grow no further than the reserve has room to copy it."""
        pages = min(self._limits.log, self._reserve.keep() // 2 // FRAME_BYTES)
        with contextlib.suppress(sqlite3.Error):
            self._db.execute(f"PRAGMA wal_autocheckpoint = {max(_SHORTEST_LOG, pages)}").fetchone()

    def _checkpoint(self) -> None:
        """Copy the write-ahead log into the file, if the file can grow so far."""
        growth = self._pragma("page_count") * self._pragma("page_size") - self.path.stat().st_size
        if growth <= free_bytes(self.path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def remembered(self, email: str) -> tuple[dict[str, str], float] | None:
        """Return what HubSpot knows of a contact, and since when (UNIX time)."""
        rows = self._read("SELECT properties, told_at FROM memory WHERE email = ?", (email,))
        return (json.loads(rows[0][0]), rows[0][1]) if rows else None

    def parked_events(self, after: int = 0) -> Iterator[ParkedEvent]:
        """Yield the events that wait for consent and are on disk, oldest first.

        Args:
            after: only those whose `number` is greater.

        """
        while rows := self._read("SELECT * FROM held WHERE number > ? ORDER BY number LIMIT 500", (after,)):
            for row in rows:
                yield ParkedEvent(*row)
            after = rows[-1][0]

    def forget(self, email: str | None = None) -> None:
        """Forget what HubSpot knows of a contact, or of all."""
        with self._writing:
            where, values = ("", ()) if email is None else (" WHERE email = ?", (email,))
            self._change(f"DELETE FROM memory{where}", values)  # noqa: S608 - fixed

    def forget_older(self, moment: float) -> None:
        """Forget what was remembered before a UNIX time."""
        self._change("DELETE FROM memory WHERE told_at < ?", (moment,))

    def progress(self, source: str) -> Progress | None:
        """Return how far a source was read."""
        rows = self._read("SELECT * FROM progress WHERE source = ?", (source,))
        return Progress(*rows[0]) if rows else None

    def meta(self, name: str) -> str | None:
        """Return a note about the whole outbox."""
        rows = self._read("SELECT value FROM meta WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def set_meta(self, name: str, value: str) -> None:
        """Write a note about the whole outbox."""
        self._change("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def rebind(self, target: str) -> None:
        """Bind an empty outbox to another HubSpot: what the one before knows counts no more."""
        with self._writing:
            self.forget()
            self._change("DELETE FROM progress")
            self.set_meta("target", target)

    def _change(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        with self._writing:
            try:
                return self._db.execute(statement, values).rowcount
            except sqlite3.Error as error:
                if not is_disk_full(error):
                    raise to_error(error, self.path) from None
            try:
                self._begin_removal()
                return self._db.execute(statement, values).rowcount
            except (sqlite3.Error, OSError) as error:
                raise to_error(error, self.path) from None
            finally:
                self._end_removal()

    def _read(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._writing:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise to_error(error, self.path) from None

    def probe(self) -> None:
        """Write as much as a large request would, and take it back.

        Raises:
            OutboxError: nothing can be accepted; the message says why.

        """
        with self._writing:
            try:
                self.guard.check()
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    self._db.execute("INSERT OR REPLACE INTO meta VALUES ('probe', ?)", ("x" * _PROBE_BYTES,))
                    self._db.execute("DELETE FROM meta WHERE name = 'probe'")
                    self._db.execute("COMMIT")
                finally:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
            except (sqlite3.Error, OSError) as error:
                raise to_error(error, self.path) from None

    def rescue(self, events: int) -> None:
        """Copy the outbox to a new file beside it, where the file under its path is no longer this one.

        SQLite still reads a file that was removed or replaced, and what it knows of one that was truncated.

        Args:
            events: how many the copy must hold to be of use, waiting ones included.

        `rescued` is the copy then; None if it would not be complete.

        """
        number = 1
        while (target := Path(f"{self.path}.rescued{number}")).exists():
            number += 1
        with self._writing:
            try:
                absolute = create_private(target)
                self._db.execute("VACUUM INTO ?", (str(absolute),))
                with contextlib.closing(sqlite3.connect(absolute)) as copy:
                    count = "SELECT (SELECT count(*) FROM intents) + (SELECT count(*) FROM held)"
                    if copy.execute(count).fetchone()[0] >= events:
                        self.rescued = target
                        return
            except (sqlite3.Error, OSError):
                pass
        with contextlib.suppress(OSError):
            target.unlink(missing_ok=True)

    def dead(self) -> int:
        """Return how many dead letters there are."""
        return int(self._read("SELECT count(*) FROM dead")[0][0])

    def dead_letters(self, after: int = 0) -> Iterator[DeadLetter]:
        """Yield the dead letters, oldest first.

        Args:
            after: only those whose `seq` is greater.

        """
        while rows := self._read("SELECT * FROM dead WHERE seq > ? ORDER BY seq LIMIT 500", (after,)):
            for row in rows:
                yield dead_letter(row)
            after = rows[-1][0]


def write(
    db: sqlite3.Connection,
    group: Group,
    done: list[int],
    dead: list[tuple[int, float, str, str, int]],
    attempts: dict[int, int],
) -> None:
    """Write a group, and what became of earlier ones, in one transaction.

    Args:
        db: the outbox.
        group: what was accepted.
        done: what HubSpot took, by number.
        dead: what is given up: number, moment, reason, what HubSpot said, how often it was tried.
        attempts: how often others failed, by number.

    """
    db.execute("BEGIN IMMEDIATE")
    try:
        db.executemany(
            f"INSERT INTO intents ({INTENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, 0, ?)",  # noqa: S608 - fixed names
            (
                (one.seq, one.kind, SEPARATOR.join(one.keys), one.event_id, one.accepted_at, one.payload)
                for one in group.intents
            ),
        )
        if group.memory:
            db.executemany(
                "INSERT OR REPLACE INTO memory VALUES (?, ?, ?)",
                ((email, *known) for email, known in group.memory.items()),
            )
        if group.progress is not None:
            one = group.progress
            values = (one.source, one.head, one.head_bytes, one.line, one.position)
            db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)", values)
        if group.parked or group.released:
            db.executemany("INSERT INTO held VALUES (?, ?, ?, ?)", group.parked)
            db.executemany("DELETE FROM held WHERE number BETWEEN ? AND ?", ranges(group.released))
        db.executemany("DELETE FROM intents WHERE seq BETWEEN ? AND ?", ranges(done))
        if attempts:
            db.executemany(
                "UPDATE intents SET attempts = ? WHERE seq = ?", ((n, seq) for seq, n in attempts.items())
            )
        for seq, died_at, reason, error, tries in dead:
            db.execute(
                "INSERT OR REPLACE INTO dead SELECT seq, kind, person, event_id, accepted_at, ?, payload, ?, ?, ? "
                "FROM intents WHERE seq = ?",
                (tries, died_at, reason, error, seq),
            )
            db.execute("DELETE FROM intents WHERE seq = ?", (seq,))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
