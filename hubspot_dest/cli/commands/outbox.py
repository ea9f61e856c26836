"""`hubspot-dest outbox`: look into an outbox, and decide about its dead letters."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.dead_letters import letter_record, letters_of
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import RealRange
from hubspot_dest.delivery.outbox.queue import Outbox, leftovers_of
from hubspot_dest.delivery.outbox.schema import CONTACT, OUTBOX, OutboxError
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.sqlite_file import connect_reading, to_error

__all__ = ["command"]

_FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")


@click.group("outbox")
def command() -> None:
    """Look into an outbox, and decide about its dead letters.

    `status`, `dead` and `export` only read, also while `send` uses the outbox; `retry` and `purge` need it alone.
    """


@command.command("status")
@_FILE
@click.option("--json", "as_text", flag_value=False, default=True, help="One JSON object.")
def status(file: Path, as_text: bool) -> None:
    """Show what waits, since when, what was given up, and for which HubSpot. Exit 1 if anything was given up."""
    found = _status(file)
    if as_text:
        print_data(f"outbox       {safe_text(file)}, {found['bytes']} bytes")
        print_data(f"for          {safe_text(found['target'] or 'no HubSpot yet')}")
        since = f", the oldest since {found['oldest']}" if found["oldest"] else ""
        events = amount(found["events"], "event")
        print_data(f"waiting      {events}, {amount(found['contacts'], 'contact')}{since}")
        print_data(f"for consent  {amount(found['forConsent'], 'event')}")
        reasons = ", ".join(f"{count} {safe_text(reason)}" for reason, count in found["reasons"].items())
        print_data(f"dead letters {found['dead']}{f' ({reasons})' if reasons else ''}")
        print_data(f"remembered   {amount(found['remembered'], 'contact')}")
        if found["dead"]:
            say(
                f"hubspot-dest outbox dead {safe_text(file)} shows why; retry sends them again, purge drops them"
            )
    else:
        print_data(as_json(found))
    raise SystemExit(int(ExitCode.CHECK_FAILED if found["dead"] else ExitCode.OK))


def _status(file: Path) -> dict[str, Any]:
    try:
        connection = connect_reading(file, OUTBOX)
    except OutboxError as error:
        stop(safe_text(error))
    try:
        oldest = connection.execute("SELECT min(accepted_at) FROM intents").fetchone()[0]
        reasons = dict(connection.execute("SELECT reason, count(*) FROM dead GROUP BY reason").fetchall())
        remembered = connection.execute("SELECT count(*) FROM memory").fetchone()[0]
        target = connection.execute("SELECT value FROM meta WHERE name = 'target'").fetchone()
        known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'held'").fetchone()[0]
        # A file of an earlier version gets the table when `send` opens it.
        held = connection.execute("SELECT count(*) FROM held").fetchone()[0] if known else 0
    except sqlite3.Error as error:
        stop(safe_text(to_error(error, file, OUTBOX)))
    finally:
        connection.close()
    left = leftovers_of(file)
    return {
        "bytes": file.stat().st_size,
        "target": target[0] if target else None,
        "events": left.events,
        "contacts": left.contacts,
        "forConsent": held,
        "oldest": _moment(oldest) if oldest is not None else None,
        "dead": sum(reasons.values()),
        "reasons": reasons,
        "remembered": remembered,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@command.command("dead")
@_FILE
def dead(file: Path) -> None:
    """List what was given up, with HubSpot's reason. Exit 1 if there is any."""
    count = 0
    try:
        for count, letter in enumerate(letters_of(file), 1):  # noqa: B007 - the last number is the count
            what = "contact" if letter.kind == CONTACT else "event"
            name = letter.payload.get("eventName") or letter.payload.get("email") or ""
            said = letter.error.get("message", "")
            known = [str(letter.error[key]) for key in ("status", "category") if letter.error.get(key)]
            print_data(
                f"{_moment(letter.died_at)}  {what:<7}  {safe_text(letter.event_id)}  {safe_text(name, limit=60)}\n"
                f"    {safe_text(letter.reason)}: {safe_text(' '.join([*known, said]), limit=300)}"
            )
    except OutboxError as error:
        stop(safe_text(error))
    say(amount(count, "dead letter"))
    raise SystemExit(int(ExitCode.CHECK_FAILED if count else ExitCode.OK))


@command.command("export")
@_FILE
def export(file: Path) -> None:
    """Write the dead letters as JSON Lines to standard output, each with its reason and the JSON for HubSpot."""
    try:
        for letter in letters_of(file):
            print_data(as_json(letter_record(letter)))
    except OutboxError as error:
        stop(safe_text(error))


@command.command("retry")
@_FILE
def retry(file: Path) -> None:
    """Queue every dead letter again; the next `send` with this outbox delivers it after what waits already."""
    outbox = _open(file)
    try:
        count = outbox.revive()
    except OutboxError as error:
        stop(safe_text(error))
    finally:
        outbox.close()
    say(
        f"{amount(count, 'dead letter')} {verb(count, 'wait')} for the next `send --outbox {safe_text(file)}`"
    )


@command.command("purge")
@_FILE
@click.option("--pending", is_flag=True, help="Drop what waits for delivery as well.")
@click.option("--for-consent", is_flag=True, help="Drop what waits for consent as well.")
@click.option(
    "--older-than",
    type=RealRange(min=0),
    metavar="DAYS",
    help="Only dead letters, and what waits for consent, that old.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(file: Path, pending: bool, for_consent: bool, older_than: float | None, yes: bool) -> None:
    """Drop the dead letters for good."""
    outbox = _open(file)
    try:
        waiting = outbox.pending * pending + outbox.parked * for_consent
        others = pending or for_consent
        what = amount(outbox.dead(), "dead letter") + (
            f" and {waiting} that {verb(waiting, 'wait')}" if others else ""
        )
        if not yes and not click.confirm(f"drop {what} for good?", default=False, err=True):
            say("nothing was dropped")
            raise SystemExit(int(ExitCode.USAGE_ERROR))
        before = None if older_than is None else time.time() - older_than * 86_400
        gone_dead, gone = outbox.purge(pending=pending, parked=for_consent, before=before)
    except OutboxError as error:
        stop(safe_text(error))
    finally:
        outbox.close()
    say(f"dropped {amount(gone_dead, 'dead letter')}" + (f" and {gone} that waited" if others else ""))


def _open(file: Path) -> Outbox:
    if not file.is_file():
        stop(f"there is no outbox at {safe_text(file)}", "the file that `send --outbox FILE` used")
    try:
        return Outbox(file)
    except OutboxError as error:
        stop(safe_text(error))
