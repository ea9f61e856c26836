"""What an outbox holds: its tables, and their rows as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from hubspot_dest.storage.file_format import FileFormat, StorageError

__all__ = [
    "CONTACT",
    "EVENT",
    "NewDeadLetter",
    "Intent",
    "DeadLetter",
    "OUTBOX",
    "OutboxError",
    "ParkedEvent",
    "INTENT_COLUMNS",
    "NewIntent",
    "Progress",
    "SEPARATOR",
    "dead_letter",
]

MIGRATIONS: Final = (
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


class OutboxError(StorageError):
    """The outbox cannot be used; the message says which file, why, and what to do."""


OUTBOX: Final = FileFormat(
    name="outbox",
    application_id=0x48534F42,  # "HSOB"
    migrations=MIGRATIONS,
    alternative="choose another place with --outbox (outbox=)",
    error=OutboxError,
)

SEPARATOR: Final = "\n"  # between the keys of a person; no e-mail that HubSpot takes holds one
INTENT_COLUMNS: Final = "seq, kind, person, event_id, accepted_at, attempts, payload"
CONTACT: Final = 0
EVENT: Final = 1


@dataclass(slots=True, eq=False)
class Intent:
    """Something that was accepted and is to reach HubSpot.

    Attributes:
        seq: its place among all that was accepted.
        kind: CONTACT or EVENT.
        keys: e-mail and object id; intents that share a key keep their order.
        event_id: the walkerOS event it came from.
        accepted_at: UNIX time.
        payload: the JSON for HubSpot; None while it is on disk only.
        attempts: how often it failed.
        waits: for how many of its keys an earlier intent comes first.
        entered: monotonic time at which it was put into the queue.

    """

    seq: int
    kind: int
    keys: tuple[str, ...]
    event_id: str
    accepted_at: float
    payload: bytes | None
    attempts: int = 0
    waits: int = 0
    entered: float = 0.0

    def __repr__(self) -> str:
        return f"Intent({self.seq}, {'contact' if self.kind == CONTACT else 'event'}, {self.event_id!r})"


class NewIntent(NamedTuple):
    """What `add` takes: kind, keys, the event's id, and the JSON for HubSpot."""

    kind: int
    keys: tuple[str, ...]
    event_id: str
    payload: bytes


class NewDeadLetter(NamedTuple):
    """An intent that is stored as a dead letter: the intent, the reason, and `DeliveryError.as_dict` as JSON."""

    intent: Intent
    reason: str
    error: str


class ParkedEvent(NamedTuple):
    """A walkerOS event that waits for consent: its number, its id, since when (UNIX time), and all of it as JSON."""

    number: int
    event_id: str
    since: float
    event: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a source of events was read.

    Attributes:
        source: its name.
        head: a hash of its first bytes, to recognise the file.
        head_bytes: how many bytes that are.
        line: the last line that was taken.
        position: the last item within the line, or -1.

    """

    source: str
    head: str
    head_bytes: int
    line: int
    position: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What was given up, and why; `error` is HubSpot's (`DeliveryError.as_dict`)."""

    seq: int
    kind: int
    event_id: str
    payload: Any
    accepted_at: float
    died_at: float
    attempts: int
    reason: str
    error: dict[str, Any]


def dead_letter(row: Sequence[Any]) -> DeadLetter:
    """Return a row of the table `dead`."""
    seq, kind, _person, event_id, accepted_at, attempts, payload, died_at, reason, error = row
    said = json.loads(error)
    return DeadLetter(seq, kind, event_id, json.loads(payload), accepted_at, died_at, attempts, reason, said)
