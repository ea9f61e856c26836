"""The durable queue: what was accepted stays here until HubSpot has it, or it becomes a dead letter.

One SQLite file in WAL mode with one writer. The first thread that waits for durability commits for all (group
commit), so no thread is needed to accept an event: also at the end of a process, when none can be started any more.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubspot_dest.amounts import amount
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.guard import DiskReserve, DiskRoom, OutboxGuard
from hubspot_dest.delivery.outbox.schema import (
    CONTACT,
    INTENT_COLUMNS,
    OUTBOX,
    SEPARATOR,
    DeadLetter,
    Intent,
    NewDeadLetter,
    NewIntent,
    OutboxError,
    ParkedEvent,
    Progress,
    dead_letter,
)
from hubspot_dest.storage.sqlite_file import (
    Durability,
    FileLock,
    connect,
    connect_reading,
    create_private,
    follow_links,
    is_disk_full,
    only_name,
    to_error,
)

__all__ = [
    "DeadCounts",
    "Group",
    "Leftovers",
    "NewIntent",
    "Outbox",
    "Progress",
    "leftovers_of",
    "with_contacts",
]

_FREE_PAGES = 256
_PART = 200  # removals in one transaction on a full disk
_PROBE_BYTES = 65_536
_COUNTED_AT_ONCE = 200_000  # intents; a closing run counts them in a fraction of a second
_INCREMENTAL = 2


@dataclass(slots=True)
class Group:
    """What is committed together; `error` is why it could not be."""

    intents: list[Intent] = field(default_factory=list)
    memory: dict[str, tuple[str, float]] = field(default_factory=dict)
    progress: Progress | None = None
    parked: list[ParkedEvent] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    given_up: list[NewDeadLetter] = field(default_factory=list)
    committed: bool = False
    error: OutboxError | None = None

    def __bool__(self) -> bool:
        return bool(
            self.intents or self.memory or self.progress or self.parked or self.released or self.given_up
        )


class Outbox:
    """The durable queue of one process. Safe to use from several threads.

    Args:
        path: the file; made if it is not there. `PATH-lock` beside it keeps other processes out.
        durability: `full` survives power loss (one fsync a commit), `normal` the death of the process.
        wall: UNIX time in seconds.
        max_pages: stop growing at this many pages of 4 KiB; None for no limit but the disk's.

    Raises:
        OutboxError: it cannot be used; the message says why and what to do.

    """

    def __init__(
        self,
        path: Path | str,
        *,
        durability: Durability = "full",
        wall: Callable[[], float] = time.time,
        max_pages: int | None = None,
    ) -> None:
        self.path = only_name(Path(path), OUTBOX)
        self._lock_file = FileLock(self.path, OUTBOX)
        self.rescued: Path | None = None
        """A copy of what was left, made at the end because the file had been removed or replaced."""
        reserve = DiskReserve(self.path)
        try:
            self._db = _connect(self.path, durability, reserve)
            self.guard = OutboxGuard(self.path, Path(path))
        except BaseException:
            self._lock_file.release()
            raise
        self._room = DiskRoom(self._db, self.path, reserve, max_pages)
        self._writing = threading.RLock()
        self._wall = wall
        self._adding = threading.Lock()
        self._group = Group()
        self._done: list[int] = []
        self._dead: list[tuple[int, float, str, str, int]] = []
        self._attempts: dict[int, int] = {}
        self._closed = False
        self._may_write = threading.Event()
        self._may_write.set()
        self._in_writing = 0  # deliveries and dead letters of the transaction that is not committed yet
        self.write_error: OutboxError | None = None
        """Why the last commit failed; None if it did not."""
        self.on_commit: Callable[[list[Intent]], None] | None = None
        newest = "SELECT max(seq) FROM (SELECT seq FROM intents UNION ALL SELECT seq FROM dead)"
        try:
            self._next = (self._read(newest)[0][0] or 0) + 1
            self._stored = self._read("SELECT count(*) FROM intents")[0][0]
            self._parked, newest_parked = self._read("SELECT count(*), coalesce(max(number), 0) FROM held")[0]
            self._next_parked = newest_parked + 1
        except BaseException:  # a damaged file may show itself only now
            self._db.close()
            self._lock_file.release()
            raise

    def __repr__(self) -> str:
        return f"Outbox({str(self.path)!r})"

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._closed

    def trouble(self) -> str:
        """Return why nothing can be accepted, as far as the files show without waiting; empty if it can."""
        problem = self.guard.identity(closed=self._closed)
        if problem or self._closed or not self._writing.acquire(blocking=False):
            return problem
        try:
            self.guard.check()
        except OutboxError as error:
            return str(error)
        except OSError as error:
            return str(to_error(error, self.path, OUTBOX))
        finally:
            self._writing.release()
        return ""

    def probe(self) -> None:
        """Write as much as a large request would, and roll it back.

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
                raise to_error(error, self.path, OUTBOX) from None

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

    @property
    def last(self) -> int:
        """The number of the newest intent."""
        with self._adding:
            return self._next - 1

    @property
    def pending(self) -> int:
        """How many intents are durable and not yet delivered. Takes no lock: signal handlers ask for it."""
        return int(self._stored)

    @property
    def unrecorded(self) -> int:
        """How many deliveries and dead letters are not yet written to the file. Takes no lock."""
        return len(self._done) + len(self._dead) + self._in_writing

    def freeze(self, seconds: float) -> int | None:
        """Make every later transaction wait, for good: the process is about to end.

        Args:
            seconds: how long to wait for a transaction in progress.

        Returns:
            How many events wait on disk, including delivered ones that are not recorded; None if that is unknown: a
            transaction is still running, the outbox is closed, or counting its events would take too long.

        """
        if not self._writing.acquire(timeout=seconds):
            return None
        try:
            if self._closed or self.pending + self.unrecorded > _COUNTED_AT_ONCE:
                return None
            self._may_write.clear()
            return self.contents().events
        except OutboxError:
            return None
        finally:
            self._writing.release()

    @property
    def parked(self) -> int:
        """How many events wait for consent, those included that are about to be written."""
        with self._adding:
            return int(self._parked) + len(self._group.parked) - len(self._group.released)

    # ---- accepting

    def add(
        self,
        intents: Iterable[NewIntent] = (),
        memory: Mapping[str, dict[str, str]] | None = None,
        progress: Progress | None = None,
        parked: Iterable[tuple[str, bytes]] = (),
        released: Iterable[int] = (),
        given_up: Iterable[tuple[NewIntent, str, DeliveryError]] = (),
    ) -> Group:
        """Take intents in; they count as accepted when `commit` returns.

        Args:
            intents: in order.
            memory: by e-mail, lower case: everything that HubSpot will know of it once all is delivered.
            progress: how far the source was read.
            parked: events that wait for consent: id and JSON.
            released: the numbers of parked events that wait no longer; what became of them is among the intents.
            given_up: dead letters from the beginning: an intent that is not to be sent, the reason, the error.

        """
        now = self._wall()
        with self._adding:
            group = self._group
            seq, append = self._next, group.intents.append
            for kind, keys, event_id, payload in intents:
                append(Intent(seq, kind, keys, event_id, now, payload))
                seq += 1
            for (kind, keys, event_id, payload), reason, error in given_up:
                letter = Intent(seq, kind, keys, event_id, now, payload)
                group.given_up.append(NewDeadLetter(letter, reason, json.dumps(error.as_dict())))
                seq += 1
            self._next = seq
            for email, properties in (memory or {}).items():
                group.memory[email] = (json.dumps(properties), now)
            if progress is not None:
                group.progress = progress
            for event_id, event in parked:
                group.parked.append(ParkedEvent(self._next_parked, event_id, now, event))
                self._next_parked += 1
            group.released += released
            return group

    def commit(self, group: Group) -> None:
        """Return when everything in the group is on disk.

        Raises:
            OutboxError: it could not be written; then nothing of the group was accepted.

        """
        with self._writing:
            # The first thread commits for all; a group that is not committed is the one that is being filled.
            if not group.committed:
                self._write_group()
        if group.error is not None:
            raise group.error

    def _write_group(self) -> None:
        """Write the group of the moment, and what was delivered since the last time, in one transaction."""
        self._may_write.wait()
        with self._adding:
            group, self._group = self._group, Group()
            done, self._done = self._done, []
            dead, self._dead = self._dead, []
            attempts, self._attempts = self._attempts, {}
            self._in_writing = len(done) + len(dead)
        try:
            if self._closed:
                msg = f"outbox {self.path} is closed"
                raise OutboxError(msg)
            if group:
                self.guard.check()
            _write(self._db, group, done, dead, attempts)
            if group:
                self.guard.confirm()
        except BaseException as error:  # whatever the error, the group must not count as stored
            group.error = error if isinstance(error, OutboxError) else to_error(error, self.path, OUTBOX)
            with self._adding:  # what was delivered is written down with the next group; a repeat counts once
                self._done, self._dead = done + self._done, dead + self._dead
                self._in_writing = 0
                self._attempts = attempts | self._attempts
            if is_disk_full(error) and self._record_on_full_disk() and not group:
                group.error = None
            if not isinstance(error, Exception):  # a signal ends the process
                raise
            self.write_error = group.error
        else:
            self.write_error = None
            with self._adding:
                self._in_writing = 0
                self._stored += len(group.intents)
                self._parked += len(group.parked) - len(group.released)
            if group.intents and self.on_commit is not None:
                self.on_commit(group.intents)
        finally:
            group.committed = True

    def _record_on_full_disk(self) -> bool:
        """Record what was delivered and given up, in the reserved space; return whether all of it is recorded.

        In small parts, so that as much as fits is recorded.
        """
        with self._adding:
            done, self._done = self._done, []
            dead, self._dead = self._dead, []
        if not (done or dead):
            return True
        try:
            self._room.begin_removal()
            while done or dead:
                part, letter = done[:_PART], dead[:1]
                _write(self._db, Group(), part, letter, {})
                del done[:_PART], dead[:1]
                self._room.checkpoint()  # so that the log is empty again
            return True
        except (sqlite3.Error, OSError):
            return False
        finally:
            with self._adding:
                self._done, self._dead = done + self._done, dead + self._dead
            self._room.end_removal()

    # ---- delivering

    def finished(self, intents: Iterable[Intent]) -> int:
        """Note what HubSpot took; it is written down with the next commit. Return how much waits for that."""
        with self._adding:
            before = len(self._done)
            self._done.extend([intent.seq for intent in intents])
            self._stored -= len(self._done) - before
            return len(self._done) + len(self._dead)

    def died(self, intent: Intent, reason: str, error: DeliveryError) -> None:
        """Note what is given up; it is written down with the next commit."""
        text = json.dumps(error.as_dict())
        with self._adding:
            self._stored -= 1
            self._dead.append((intent.seq, self._wall(), reason, text, intent.attempts))

    def failed(self, intents: Iterable[Intent]) -> None:
        """Note how often intents failed; it is written down with the next commit."""
        with self._adding:
            self._attempts.update((intent.seq, intent.attempts) for intent in intents)

    def flush(self) -> None:
        """Write down what was delivered and what is given up.

        Raises:
            OutboxError: it could not be written; it is kept for the next time.

        """
        with self._writing:
            with self._adding:
                group = self._group
                if not (group or self._done or self._dead or self._attempts):
                    return
            self._write_group()
        if group.error is not None:
            raise group.error

    def read(self, after: int, most: int) -> list[Intent]:
        """Return the next intents on disk, in order.

        Raises:
            OutboxError: it could not be read.

        """
        rows = self._read(
            f"SELECT {INTENT_COLUMNS} FROM intents WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - fixed names
            (after, most),
        )
        return [
            Intent(seq, kind, tuple(person.split(SEPARATOR)), event_id, accepted_at, payload, attempts)
            for seq, kind, person, event_id, accepted_at, attempts, payload in rows
        ]

    def load(self, intents: Sequence[Intent]) -> None:
        """Read the payloads of intents that have left memory.

        Raises:
            OutboxError: it could not be read.

        """
        by_seq = {intent.seq: intent for intent in intents}
        for first, last in _ranges(sorted(by_seq)):
            rows = self._read("SELECT seq, payload FROM intents WHERE seq BETWEEN ? AND ?", (first, last))
            for seq, payload in rows:
                by_seq[seq].payload = payload

    # ---- dead letters, and what others left

    def dead(self) -> int:
        """Return how many dead letters there are, those included that are about to be written."""
        with self._adding:
            waiting = len(self._dead)
        return int(self._read("SELECT count(*) FROM dead")[0][0]) + waiting

    def dead_counts(self) -> DeadCounts:
        """Return how many events and contacts were given up and are on disk. Raises OutboxError."""
        return DeadCounts.read(self._read)

    def remembered(self, email: str) -> tuple[dict[str, str], float] | None:
        """Return what HubSpot knows of a contact, and since when (UNIX time)."""
        with self._adding:
            staged = self._group.memory.get(email)
        if staged is not None:
            return json.loads(staged[0]), staged[1]
        rows = self._read("SELECT properties, told_at FROM memory WHERE email = ?", (email,))
        return (json.loads(rows[0][0]), rows[0][1]) if rows else None

    def revive(self) -> int:
        """Queue every dead letter again, behind what waits; return how many."""
        with self._writing:
            self.flush()
            rows = self._read("SELECT seq FROM dead ORDER BY seq")
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for number, (seq,) in enumerate(rows):
                    self._db.execute(
                        f"INSERT INTO intents ({INTENT_COLUMNS}) "  # noqa: S608 - fixed names
                        "SELECT ?, kind, person, event_id, ?, 0, payload FROM dead WHERE seq = ?",
                        (self._next + number, self._wall(), seq),
                    )
                self._db.execute("DELETE FROM dead")
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise to_error(error, self.path, OUTBOX) from None
            self._next += len(rows)
            self._stored += len(rows)
            if rows:
                self.forget()  # older values are sent after newer ones: what HubSpot knows then is uncertain
        return len(rows)

    def purge(
        self, *, pending: bool = False, parked: bool = False, before: float | None = None
    ) -> tuple[int, int]:
        """Delete dead letters, and on request what waits; return how many of each.

        Args:
            pending: also what waits for delivery.
            parked: also what waits for consent; `before` counts there as well.
            before: of the dead letters only those that were given up before this UNIX time.

        """
        with self._writing:
            self.flush()
            gone_dead = self._change("DELETE FROM dead WHERE ? IS NULL OR died_at < ?", (before, before))
            gone = self._change("DELETE FROM intents") if pending else 0
            if pending:
                self._change("DELETE FROM memory")  # it lists contacts that will not be written now
            self._stored -= gone
            if parked:
                gone_parked = self._change("DELETE FROM held WHERE ? IS NULL OR since < ?", (before, before))
                self._parked -= gone_parked
                gone += gone_parked
        return gone_dead, gone

    def adopt(self, path: Path) -> int:
        """Take over what another outbox left, in its order, and remove that file; return how many intents.

        Raises:
            OutboxError: another process uses it, or it cannot be read.

        """
        other = Outbox(path)
        try:
            found = other.read(0, 2**62)
            group = self.add(
                (
                    NewIntent(intent.kind, intent.keys, intent.event_id, intent.payload or b"")
                    for intent in found
                ),
                parked=[(event.event_id, event.event) for event in other.parked_events()],
            )
            self.commit(group)
            for letter in other.dead_letters():
                row = (self._next, letter.kind, "", letter.event_id, letter.accepted_at, letter.attempts)
                payload = json.dumps(letter.payload).encode()
                more = (payload, letter.died_at, letter.reason, json.dumps(letter.error))
                self._change("INSERT INTO dead VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *more))
                self._next += 1
            other.purge(pending=True, parked=True)
            if found:
                self.forget()  # older values may go out after newer ones
        finally:
            other.close()
        for ending in ("", "-wal", "-shm", "-lock", "-reserve"):
            Path(f"{other.path}{ending}").unlink(missing_ok=True)
        return len(found)

    # ---- what is on disk

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
        """Bind an empty outbox to another HubSpot, and forget what the former one knows."""
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
                    raise to_error(error, self.path, OUTBOX) from None
            try:
                self._room.begin_removal()
                return self._db.execute(statement, values).rowcount
            except (sqlite3.Error, OSError) as error:
                raise to_error(error, self.path, OUTBOX) from None
            finally:
                self._room.end_removal()

    def _read(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._writing:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise to_error(error, self.path, OUTBOX) from None

    def contents(self) -> Leftovers:
        """Return what waits, as it is on disk. Raises OutboxError."""
        held = Leftovers()
        held.add(self._read, self.parked)
        return held

    def dead_letters(self, after: int = 0) -> Iterator[DeadLetter]:
        """Yield the dead letters, oldest first.

        Args:
            after: only those whose `seq` is greater.

        """
        while rows := self._read("SELECT * FROM dead WHERE seq > ? ORDER BY seq LIMIT 500", (after,)):
            for row in rows:
                yield dead_letter(row)
            after = rows[-1][0]

    # ---- the end

    def close(self) -> None:
        """Write what is still to be written, shrink the file, and release it for other processes."""
        with self._writing:
            if self._closed:
                return
            try:
                self.flush()
                if self._room.pragma("freelist_count") > _FREE_PAGES:
                    self._db.executescript("PRAGMA incremental_vacuum")  # `execute` would stop after one page
            except sqlite3.Error as error:
                if not is_disk_full(error):  # on a full disk it shrinks when there is room to move its pages
                    raise to_error(error, self.path, OUTBOX) from None
            finally:
                self._closed = True
                self._db.close()
                self.guard.close()
                if not (self._stored or self._parked or self._done or self._dead):
                    self._room.drop()
                self._lock_file.release()

    def abandon(self) -> None:
        """Release everything in a forked child, without touching the parent's file."""
        import ctypes

        # SQLite must not be closed by a process that did not open it: keep it open (sqlite.org, howtocorrupt).
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._db))
        self._closed = True
        self._lock_file.release()


def _connect(path: Path, durability: Durability, reserve: DiskReserve) -> sqlite3.Connection:
    """Open the outbox; on a full disk with the room of the reserve."""
    try:
        return connect(path, OUTBOX, durability, _prepare)
    except OutboxError as error:
        if not (error.disk_full and reserve.release()):
            raise
    return connect(path, OUTBOX, durability, _prepare)


def _prepare(db: sqlite3.Connection) -> None:
    # Before anything else: the first write would copy a long log, which a full disk has no room for.
    db.execute("PRAGMA wal_autocheckpoint = 0")
    if db.execute("PRAGMA auto_vacuum").fetchone()[0] != _INCREMENTAL:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # it writes, even where nothing changes
    db.execute("PRAGMA journal_size_limit = 16777216")


def _write(
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
        dead: what is given up: number, moment, reason, HubSpot's error, number of attempts.
        attempts: how often others failed, by number.

    """
    db.execute("BEGIN IMMEDIATE")
    try:
        db.executemany(
            f"INSERT INTO intents ({INTENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, 0, ?)",  # noqa: S608 - fixed names
            (
                (
                    intent.seq,
                    intent.kind,
                    SEPARATOR.join(intent.keys),
                    intent.event_id,
                    intent.accepted_at,
                    intent.payload,
                )
                for intent in group.intents
            ),
        )
        if group.memory:
            db.executemany(
                "INSERT OR REPLACE INTO memory VALUES (?, ?, ?)",
                ((email, *known) for email, known in group.memory.items()),
            )
        if group.progress is not None:
            progress = group.progress
            values = (progress.source, progress.head, progress.head_bytes, progress.line, progress.position)
            db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)", values)
        if group.parked or group.released:
            db.executemany("INSERT INTO held VALUES (?, ?, ?, ?)", group.parked)
            db.executemany("DELETE FROM held WHERE number BETWEEN ? AND ?", _ranges(group.released))
        db.executemany("DELETE FROM intents WHERE seq BETWEEN ? AND ?", _ranges(done))
        if attempts:
            db.executemany(
                "UPDATE intents SET attempts = ? WHERE seq = ?", ((n, seq) for seq, n in attempts.items())
            )
        db.executemany(
            "INSERT INTO dead VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            (
                (
                    letter.seq,
                    letter.kind,
                    SEPARATOR.join(letter.keys),
                    letter.event_id,
                    letter.accepted_at,
                    letter.payload,
                    letter.accepted_at,
                    reason,
                    error,
                )
                for letter, reason, error in group.given_up
            ),
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


def _ranges(seqs: list[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of consecutive numbers: batches are mostly runs, and a run is one statement."""
    first = last = None
    for seq in sorted(seqs):
        if last is not None and seq == last + 1:
            last = seq
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = seq
    if first is not None and last is not None:
        yield first, last


_Query = Callable[[str, tuple[Any, ...]], Iterable[Any]]
"""Runs a statement with its values on an outbox, and returns the rows."""

# A contact is followed by its event; a contact without one is all that its event needs.
_BY_KIND = "SELECT kind = ?, count(*) FROM intents GROUP BY 1"
_CONTACT_ONLY = """
    SELECT event_id FROM intents AS contact WHERE kind = ? AND NOT EXISTS (
        SELECT 1 FROM intents AS event
        WHERE event.seq = contact.seq + 1 AND event.event_id = contact.event_id AND event.kind <> contact.kind)
"""


# By reason; a contact that was given up together with its event precedes it, and is counted apart.
_DEAD_BY_REASON = """
    SELECT letter.reason, letter.kind = ?1 AND EXISTS (
        SELECT 1 FROM dead AS event
        WHERE event.seq = letter.seq + 1 AND event.event_id = letter.event_id AND event.kind <> letter.kind
    ) AS with_event, count(*) FROM dead AS letter GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class DeadCounts:
    """The dead letters of an outbox, counted as every command counts them: events, and apart from them contacts.

    Attributes:
        reasons: by reason, events, and contacts that were given up without an event.
        contacts: contacts that were given up together with their event.

    """

    reasons: dict[str, int]
    contacts: int

    @classmethod
    def read(cls, query: _Query) -> DeadCounts:
        """Count the dead letters of an outbox."""
        reasons: dict[str, int] = {}
        contacts = 0
        for reason, with_event, count in query(_DEAD_BY_REASON, (CONTACT,)):
            if with_event:
                contacts += count
            else:
                reasons[reason] = reasons.get(reason, 0) + count
        return cls(reasons, contacts)

    @property
    def letters(self) -> int:
        """Dead letters, without the contacts that belong to one."""
        return sum(self.reasons.values())

    @property
    def text(self) -> str:
        """How many there are: `3 dead letters with 2 contacts`."""
        return with_contacts(amount(self.letters, "dead letter"), self.contacts)


@dataclass(slots=True)
class Leftovers:
    """What is in an outbox, counted as every command counts it: events, and apart from them contacts.

    Attributes:
        events: events that wait for delivery, those included that only write a contact.
        contact_only: the ids of those that only write a contact.
        contacts: contacts that wait to be written, whether an occurrence follows them or not.
        waiting: events that wait for consent.

    """

    events: int = 0
    contact_only: list[str] = field(default_factory=list)
    contacts: int = 0
    waiting: int = 0

    def add(self, query: _Query, waiting: int) -> None:
        """Add what is in an outbox, where this many events wait for consent."""
        alone = [str(row[0]) for row in query(_CONTACT_ONLY, (CONTACT,))]
        kinds = dict(query(_BY_KIND, (CONTACT,)))
        self.events += kinds.get(0, 0) + len(alone)
        self.contact_only += alone
        self.contacts += kinds.get(1, 0)
        self.waiting += waiting

    @property
    def text(self) -> str:
        """What waits for delivery: `7 events with 3 contacts`."""
        return with_contacts(amount(self.events, "event"), self.contacts)


def with_contacts(events: str, contacts: int) -> str:
    """Return a number of events together with the contacts that are to be written, if there are any."""
    return f"{events} with {amount(contacts, 'contact')}" if contacts else events


def leftovers_of(path: Path) -> Leftovers:
    """Return what an earlier run left in an outbox, with what forked children left beside it.

    A file that cannot be read counts as empty: opening it for writing reports what is wrong.
    """
    found = Leftovers()
    with contextlib.suppress(OSError):
        path = follow_links(path)
    forks = [fork for fork in path.parent.glob(f"{path.name}.fork*") if fork.suffix[5:].isdigit()]
    for outbox in [path, *sorted(forks)]:
        if outbox.is_file() and outbox.stat().st_size:
            _count(found, outbox)
    return found


def _count(found: Leftovers, path: Path) -> None:
    try:
        connection = connect_reading(path, OUTBOX)
    except (OutboxError, OSError):
        return
    try:
        has_held = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'held'").fetchone()[0]
        held = connection.execute("SELECT count(*) FROM held").fetchone()[0] if has_held else 0
        found.add(connection.execute, held)
    except sqlite3.Error:
        return
    finally:
        connection.close()
