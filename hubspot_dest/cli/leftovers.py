"""What an earlier run left in an outbox, counted in events before anything of it is delivered."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from hubspot_dest.delivery.outbox.schema import CONTACT, OUTBOX, OutboxError
from hubspot_dest.storage.sqlite_file import connect_reading

__all__ = ["Leftovers", "leftovers_of"]

# The contact of an event stands right before the event itself; one without its event is all that the event asked for.
_CONTACT_ONLY = """
    SELECT event_id FROM intents AS contact WHERE kind = ? AND NOT EXISTS (
        SELECT 1 FROM intents AS event
        WHERE event.seq = contact.seq + 1 AND event.event_id = contact.event_id AND event.kind <> contact.kind)
"""


@dataclass(slots=True)
class Leftovers:
    """What is in an outbox.

    Attributes:
        events: events that wait for delivery, those included that only write a contact.
        contact_only: the ids of those that only write a contact.
        contacts: contacts that wait for delivery beside their event.
        waiting: events that wait for consent.

    """

    events: int = 0
    contact_only: list[str] = field(default_factory=list)
    contacts: int = 0
    waiting: int = 0


def leftovers_of(path: Path) -> Leftovers:
    """Return what an outbox holds, with what forked children left beside it; nothing for a file that is none.

    What is wrong with the file is found when it is opened for writing, which says so.
    """
    found = Leftovers()
    forks = [
        current_path
        for current_path in path.parent.glob(f"{path.name}.fork*")
        if current_path.suffix[5:].isdigit()
    ]
    for current_path in [path, *sorted(forks)]:
        if current_path.is_file() and current_path.stat().st_size:
            _add(found, current_path)
    return found


def _add(found: Leftovers, path: Path) -> None:
    try:
        connection = connect_reading(path, OUTBOX)
    except (OutboxError, OSError):
        return
    try:
        alone = [str(row[0]) for row in connection.execute(_CONTACT_ONLY, (CONTACT,))]
        kinds = dict(connection.execute("SELECT kind = ?, count(*) FROM intents GROUP BY 1", (CONTACT,)))
        has_held = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'held'").fetchone()[0]
        held = connection.execute("SELECT count(*) FROM held").fetchone()[0] if has_held else 0
    except sqlite3.Error:
        return
    finally:
        connection.close()
    found.events += kinds.get(0, 0) + len(alone)
    found.contact_only += alone
    found.contacts += kinds.get(1, 0) - len(alone)
    found.waiting += held
