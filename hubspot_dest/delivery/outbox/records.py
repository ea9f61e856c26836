"""What an outbox holds, as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from hubspot_dest.delivery.outbox.schema import OutboxError

__all__ = [
    "CONTACT",
    "EVENT",
    "Intent",
    "DeadLetter",
    "Group",
    "ParkedEvent",
    "INTENT_COLUMNS",
    "NewIntent",
    "Progress",
    "SEPARATOR",
    "dead_letter",
]

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
        head: a hash of its first bytes, which tells whether it is still the same file.
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
    """What was given up, and why; `error` is what HubSpot said (`DeliveryError.as_dict`)."""

    seq: int
    kind: int
    event_id: str
    payload: Any
    accepted_at: float
    died_at: float
    attempts: int
    reason: str
    error: dict[str, Any]


@dataclass(slots=True)
class Group:
    """What is committed together; `error` says why it could not be."""

    intents: list[Intent] = field(default_factory=list)
    memory: dict[str, tuple[str, float]] = field(default_factory=dict)
    progress: Progress | None = None
    parked: list[ParkedEvent] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    committed: bool = False
    error: OutboxError | None = None

    def __bool__(self) -> bool:
        return bool(self.intents or self.memory or self.progress or self.parked or self.released)


def dead_letter(row: Sequence[Any]) -> DeadLetter:
    """Return a row of the table `dead`."""
    seq, kind, _person, event_id, accepted_at, attempts, payload, died_at, reason, error = row
    said = json.loads(error)
    return DeadLetter(seq, kind, event_id, json.loads(payload), accepted_at, died_at, attempts, reason, said)
