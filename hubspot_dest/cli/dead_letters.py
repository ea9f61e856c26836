"""Write dead letters as JSON Lines: what was given up, why, and the JSON that HubSpot did not accept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.options import refuse_database
from hubspot_dest.delivery.outbox.queue import DeadCounts
from hubspot_dest.delivery.outbox.schema import CONTACT, OUTBOX, DeadLetter, OutboxError, dead_letter
from hubspot_dest.report.json_report import as_json, plain
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.sqlite_file import connect_reading, to_error
from hubspot_dest.storage.whole_file import whole_file

if TYPE_CHECKING:
    from hubspot_dest.destination import HubSpotDestination

__all__ = ["counts_of", "letter_record", "letters_of", "write_dead_letters"]


def letters_of(path: Path) -> Iterator[DeadLetter]:
    """Yield the dead letters of an outbox, even while another process uses it.

    Raises:
        OutboxError: the outbox cannot be read.

    """
    connection = connect_reading(path, OUTBOX)
    try:
        for row in connection.execute("SELECT * FROM dead ORDER BY seq"):
            yield dead_letter(row)
    except sqlite3.Error as error:
        raise to_error(error, path, OUTBOX) from None
    finally:
        connection.close()


def counts_of(path: Path) -> DeadCounts:
    """Return how many events and contacts an outbox has given up, even while another process uses it.

    Raises:
        OutboxError: the outbox cannot be read.

    """
    connection = connect_reading(path, OUTBOX)
    try:
        return DeadCounts.read(connection.execute)
    except sqlite3.Error as error:
        raise to_error(error, path, OUTBOX) from None
    finally:
        connection.close()


def letter_record(letter: DeadLetter) -> dict[str, Any]:
    """Return the record of a dead letter; docs/delivery.md documents the fields."""
    return {
        "id": letter.event_id,
        "what": "contact" if letter.kind == CONTACT else "event",
        "reason": letter.reason,
        "error": letter.error,
        "attempts": letter.attempts,
        "acceptedAt": letter.accepted_at,
        "givenUpAt": letter.died_at,
        "payload": letter.payload,
    }


def write_dead_letters(target: Path, outbox: Path | None, destination: HubSpotDestination) -> None:
    """Write the dead letters of a run to a file; with an outbox, all of the outbox."""
    refuse_database("--dead-letters", target)  # this run may have created the outbox
    try:
        with whole_file(target, private=True) as stream:
            count = 0
            for record in _records(outbox, destination):
                stream.write(f"{as_json(record)}\n".encode())
                count += 1
        letters = amount(count, "dead letter") if outbox is None else counts_of(outbox).text
    except OSError as error:
        stop(
            f"{safe_text(target)} cannot be written: {error.strerror or error}; nothing was written to it",
            "choose another --dead-letters FILE",
        )
    except OutboxError as error:
        stop(safe_text(error))
    say(f"{letters} in {safe_text(target)}")


def _records(outbox: Path | None, destination: HubSpotDestination) -> Iterator[dict[str, Any]]:
    if outbox is not None:
        yield from map(letter_record, letters_of(outbox))
        return
    for event, error in destination.dead_letters:
        yield {"id": event.get("id"), "what": "event", "error": error.as_dict(), "event": plain(event)}
