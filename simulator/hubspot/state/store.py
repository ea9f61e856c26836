"""Accounts in a SQLite file, which any SQLite tool can read and which stays consistent after kill -9.

Each request's changes are one transaction, committed before the answer is sent. With a write-ahead log and
`synchronous=NORMAL`, no commit is lost when the process dies; a power failure may lose the last commits.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from hubspot_dest.storage.file_format import FileFormat, StorageError
from hubspot_dest.storage.sqlite_file import FileLock, connect, to_error
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.occurrences import Occurrence
from simulator.hubspot.state.store_loading import load

__all__ = ["Store", "StoreError", "StoredAccount", "token_hash"]

_SCHEMA: Final = """
create table accounts (account integer primary key, portal_id integer not null, switches text not null,
    counters text not null default '{}');
create table tokens (token_sha256 text primary key, account integer not null, scopes text);
create table contacts (account integer, id integer, email text, created_at text not null, updated_at text not null,
    archived_at text, created real not null, properties text not null, primary key (account, id)) without rowid;
create table contact_history (number integer primary key, account integer not null, contact integer not null,
    property text not null, value text not null, at text not null);
create table contact_properties (account integer, name text, definition text not null,
    primary key (account, name)) without rowid;
create table definitions (account integer, name text, deleted integer not null, label text, definition text,
    primary key (account, name)) without rowid;
create table occurrences (account integer, number integer, id text not null, has_uuid integer not null,
    event_name text not null, contact integer, occurred_at real not null, came_at real not null,
    visible_at real not null, properties text not null, primary key (account, number)) without rowid;
"""
# Added within version 1 of the schema: earlier releases ignore this table.
_PROPERTY_GROUPS: Final = """
create table if not exists property_groups (account integer, name text, definition text not null,
    primary key (account, name)) without rowid
"""
_TABLES: Final = (
    "contacts",
    "contact_history",
    "contact_properties",
    "property_groups",
    "definitions",
    "occurrences",
)


_DELETE_CONTACT: Final = (
    "delete from contacts where account=? and id=?",
    "delete from contact_history where account=? and contact=?",
    "delete from occurrences where account=? and contact=?",
)


class StoreError(StorageError):
    """The store cannot be used; the message names the file, the cause and a remedy."""


STORE: Final = FileFormat(
    name="store",
    application_id=0x48534D31,  # "HSM1"
    migrations=(_SCHEMA,),
    alternative="choose another file with --store",
    error=StoreError,
)


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A stored account; `tokens` maps SHA-256 hashes to scopes, where None means all scopes."""

    number: int
    portal_id: int
    behaviours: Behaviours
    tokens: dict[str, frozenset[str] | None]


def token_hash(token: str) -> str:
    """Return the SHA-256 hash that is stored in place of a token, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Store:
    """Persist accounts in a SQLite file. Safe to use from several threads of one process at a time.

    Args:
        path: the file; created if it does not exist.

    Raises:
        StoreError: the file belongs to another program or a newer version, is in use, is damaged, or cannot be opened.

    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._file_lock = FileLock(self.path, STORE)
        try:
            self._db = connect(self.path, STORE, "normal")
        except BaseException:
            self._file_lock.release()
            raise
        try:
            self._db.execute(_PROPERTY_GROUPS)
        except sqlite3.Error as error:
            self.close()
            raise to_error(error, self.path, STORE) from None

    def accounts(self) -> list[StoredAccount]:
        """Return the stored accounts in order of creation."""
        accounts = []
        with self._lock:
            rows = self._db.execute(
                "select account, portal_id, switches from accounts order by account"
            ).fetchall()
            for number, portal_id, switches in rows:
                sql = "select token_sha256, scopes from tokens where account=?"
                tokens = {
                    name: None if scopes is None else frozenset(orjson.loads(scopes))
                    for name, scopes in self._db.execute(sql, (number,))
                }
                chosen = Behaviours.from_mapping(orjson.loads(switches))
                accounts.append(StoredAccount(number, portal_id, chosen, tokens))
        return accounts

    def add_account(self, portal_id: int, behaviours: Behaviours) -> int:
        """Insert a new account and return its number."""
        with self._lock:
            sql = "insert into accounts (portal_id, switches) values (?, ?)"
            number = self._db.execute(sql, (portal_id, orjson.dumps(asdict(behaviours)).decode())).lastrowid
        assert number is not None
        return number

    def save_behaviours(self, number: int, behaviours: Behaviours) -> None:
        """Update an account's behaviours."""
        row = (orjson.dumps(asdict(behaviours)).decode(), number)
        with self._lock:
            self._db.execute("update accounts set switches=? where account=?", row)

    def save_token(self, number: int, token: str, scopes: frozenset[str] | None) -> None:
        """Store the hash and the scopes of an account's token; None means all scopes."""
        scopes_json = None if scopes is None else orjson.dumps(sorted(scopes)).decode()
        with self._lock:
            self._db.execute(
                "insert or replace into tokens values (?,?,?)", (token_hash(token), number, scopes_json)
            )

    def load(self, number: int, account: SimulatedAccount) -> None:
        """Load the contents of an account into an empty `SimulatedAccount`."""
        with self._lock:
            load(self._db, number, account)

    def commit(self, account: SimulatedAccount, changes: Changes) -> None:
        """Write changes in one transaction; on return they survive the death of the process.

        Raises:
            StoreError: the changes cannot be written, for example because the disk is full; they are rolled back.

        """
        with self._lock:
            try:
                self._db.execute("begin immediate")
                try:
                    self._write(changes.account, account, changes)
                except BaseException:
                    if self._db.in_transaction:  # SQLite has already rolled back if the disk is full
                        self._db.execute("rollback")
                    raise
                self._db.execute("commit")
            except sqlite3.Error as error:
                raise to_error(error, self.path, STORE) from None

    def close(self) -> None:
        """Close the file and release its lock."""
        with self._lock:
            self._db.close()
            self._file_lock.release()

    def _write(self, number: int, account: SimulatedAccount, changes: Changes) -> None:
        db = self._db
        if changes.reset:
            for table in _TABLES:
                db.execute(f"delete from {table} where account=?", (number,))  # noqa: S608 - our own names
        self._write_contacts(number, changes)
        self._write_definitions(number, changes)
        for contact in changes.deleted_contacts:
            for sql in _DELETE_CONTACT:
                db.execute(sql, (number, int(contact)))
        if changes.occurrences:
            rows = _occurrence_rows(number, changes)
            db.executemany("insert into occurrences values (?,?,?,?,?,?,?,?,?,?)", rows)
        if changes.forgotten:
            sql = (
                "delete from occurrences where account=?1 and number in "
                "(select number from occurrences where account=?1 order by number limit ?2)"
            )
            db.execute(sql, (number, changes.forgotten))
        counters = orjson.dumps(account.log.counters).decode()
        db.execute("update accounts set counters=? where account=?", (counters, number))

    def _write_contacts(self, number: int, changes: Changes) -> None:
        if changes.contact_properties:
            self._db.executemany(
                "insert or replace into contact_properties values (?,?,?)",
                [(number, prop.name, _text(prop)) for prop in changes.contact_properties.values()],
            )
        self._db.executemany(
            "insert or replace into property_groups values (?,?,?)",
            [(number, group.name, _text(group)) for group in changes.property_groups.values()],
        )
        if not changes.contacts:
            return
        self._db.executemany(
            "insert or replace into contacts values (?,?,?,?,?,?,?,?)",
            [
                (
                    number,
                    int(current_contact.id),
                    current_contact.properties.get("email"),
                    current_contact.created_at,
                    current_contact.updated_at,
                    current_contact.archived_at,
                    current_contact.created,
                    _text(current_contact.properties),
                )
                for current_contact in changes.contacts.values()
            ],
        )
        self._db.executemany(
            "insert into contact_history (account, contact, property, value, at) values (?,?,?,?,?)",
            [
                (number, int(contact), property_change.name, property_change.value, property_change.at)
                for contact, property_change in changes.history
            ],
        )

    def _write_definitions(self, number: int, changes: Changes) -> None:
        sql = "insert or replace into definitions values (?,?,?,?,?)"
        for definition in changes.definitions.values():
            self._db.execute(sql, (number, definition.name, False, definition.label, _text(definition)))
        for name in changes.deleted_definitions:
            self._db.execute(sql, (number, name, True, None, None))
            self._db.execute("delete from occurrences where account=? and event_name=?", (number, name))


def _occurrence_rows(number: int, changes: Changes) -> Iterable[tuple[Any, ...]]:
    for position, occurrence, received_at, has_uuid in changes.occurrences:
        yield _occurrence_row(number, position, occurrence, received_at, has_uuid=has_uuid)


def _occurrence_row(
    number: int, position: int, occurrence: Occurrence, received_at: float, *, has_uuid: bool
) -> tuple[Any, ...]:
    contact = None if occurrence.contact is None else int(occurrence.contact)
    moments = (occurrence.occurred_at, received_at, occurrence.visible_at)
    return (
        number,
        position,
        occurrence.id,
        has_uuid,
        occurrence.event_name,
        contact,
        *moments,
        occurrence.properties_json.decode(),
    )


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
