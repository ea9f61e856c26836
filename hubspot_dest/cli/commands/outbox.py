"""`hubspot-dest outbox`: inspect an outbox, and retry or drop its dead letters."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.dead_letters import counts_of, letter_record, letters_of
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import RealRange, consent_option
from hubspot_dest.delivery.outbox.queue import DeadCounts, Outbox, leftovers_of, with_contacts
from hubspot_dest.delivery.outbox.schema import CONTACT, OUTBOX, OutboxError
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.file_content import FileContent, content_of
from hubspot_dest.storage.sqlite_file import connect_reading, to_error

__all__ = ["command"]

_FILE = click.argument("file", metavar="FILE|SOURCE")
_OPTIONS = click.option(
    "--source-option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="For a SOURCE: an option of librdkafka or redis-py, as for `work`; may be repeated.",
)
# The contact cache remembers a contact as soon as its upsert is queued; those still waiting are not in HubSpot.
_TAKEN = """
    SELECT count(*) FROM memory WHERE 'e:' || email NOT IN (
        SELECT substr(person, 1, instr(person || char(10), char(10)) - 1) FROM intents WHERE kind = ?)
"""
_OUTBOX_HINT = "pass the FILE of `send --outbox FILE`, or EVENTS.outbox.sqlite3 beside the events"
_SCHEMES = ("kafka:", "redis:", "rediss:")


def _is_stream(file: str) -> bool:
    return file.lower().startswith(_SCHEMES)


@click.group("outbox")
def command() -> None:
    """Inspect an outbox, and retry or drop its dead letters.

    FILE is the outbox of `send --outbox`; SOURCE is the address that `work` reads, kafka://… or redis://…, whose dead
    letters and waiting events have topics or streams of their own. `status`, `dead` and `export` only read, even while
    another command uses the outbox; `retry` and `purge` need exclusive access to a FILE.
    """


@command.command("status")
@_FILE
@_OPTIONS
@click.option("--json", "as_text", flag_value=False, default=True, help="Write one JSON object.")
def status(file: str, options: tuple[str, ...], as_text: bool) -> None:
    """Show what is waiting, since when, what was given up, and the HubSpot target. Exit 1 if anything was given up."""
    if _is_stream(file):
        from hubspot_dest.cli.runs import (
            outbox_streams,  # here, since files do not need the modules of streams
        )

        outbox_streams.status(file, options, as_text=as_text)
    _require_outbox(Path(file))
    found = _status(Path(file))
    if as_text:
        print_data(f"outbox       {safe_text(file)}, {found['bytes']} bytes")
        print_data(f"for          {safe_text(found['target'] or 'no HubSpot yet')}")
        since = f", the oldest since {found['oldest']}" if found["oldest"] else ""
        events = with_contacts(amount(found["events"], "event"), found["contacts"])
        print_data(f"waiting      {events}{since}")
        print_data(f"for consent  {amount(found['forConsent'], 'event')}")
        reasons = ", ".join(f"{count} {safe_text(reason)}" for reason, count in found["reasons"].items())
        given_up = with_contacts(str(found["dead"]), found["deadContacts"])
        print_data(f"dead letters {given_up}{f' ({reasons})' if reasons else ''}")
        print_data(f"remembered   {amount(found['remembered'], 'contact')} that HubSpot has accepted")
        if found["dead"]:
            say(
                f"hubspot-dest outbox dead {safe_text(file)} shows why; `retry` sends them again, `purge` drops them"
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
        given_up = DeadCounts.read(connection.execute)
        remembered = connection.execute(_TAKEN, (CONTACT,)).fetchone()[0]
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
        "dead": given_up.letters,
        "deadContacts": given_up.contacts,
        "reasons": given_up.reasons,
        "remembered": remembered,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@command.command("dead")
@_FILE
@_OPTIONS
def dead(file: str, options: tuple[str, ...]) -> None:
    """List the dead letters, with HubSpot's reasons. Exit 1 if there are any."""
    if _is_stream(file):
        from hubspot_dest.cli.runs import outbox_streams

        outbox_streams.dead(file, options)
    _require_outbox(Path(file))
    count = 0
    try:
        for count, letter in enumerate(letters_of(Path(file)), 1):  # noqa: B007 - the last number is the count
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
    say(counts_of(Path(file)).text if count else amount(0, "dead letter"))
    raise SystemExit(int(ExitCode.CHECK_FAILED if count else ExitCode.OK))


@command.command("export")
@_FILE
@_OPTIONS
def export(file: str, options: tuple[str, ...]) -> None:
    """Write the dead letters to standard output as JSON Lines, each with its reason and the JSON for HubSpot."""
    if _is_stream(file):
        from hubspot_dest.cli.runs import outbox_streams

        outbox_streams.export(file, options)
        return
    _require_outbox(Path(file))
    try:
        for letter in letters_of(Path(file)):
            print_data(as_json(letter_record(letter)))
    except OutboxError as error:
        stop(safe_text(error))


@command.command("retry")
@_FILE
@_OPTIONS
def retry(file: str, options: tuple[str, ...]) -> None:
    """Queue every dead letter again; the next `send`, or a worker, delivers it after everything already waiting."""
    if _is_stream(file):
        from hubspot_dest.cli.runs import outbox_streams

        outbox_streams.retry(file, options)
        return
    outbox = _open(Path(file))
    try:
        given_up = outbox.dead_counts()
        outbox.revive()
    except OutboxError as error:
        stop(safe_text(error))
    finally:
        outbox.close()
    say(
        f"{given_up.text} {verb(given_up.letters, 'wait')} for the next `send --outbox {safe_text(file)}`"
        if given_up.letters
        else "no dead letters to retry"
    )


@command.command("release")
@_FILE
@_OPTIONS
@consent_option(
    "Consent to add to each event's own; what an event itself refuses stays refused. May be repeated."
)
def release(file: str, options: tuple[str, ...], consent: tuple[str, ...]) -> None:
    """Put the events of a SOURCE that wait for consent back; a worker processes them after all earlier messages."""
    from hubspot_dest.cli.runs import outbox_streams

    if not _is_stream(file):
        outbox_streams.refuse_file(file)
    outbox_streams.release(file, options, consent)


@command.command("purge")
@_FILE
@_OPTIONS
@click.option("--pending", is_flag=True, help="Also drop events and contacts waiting for delivery.")
@click.option("--for-consent", is_flag=True, help="Also drop events waiting for consent.")
@click.option(
    "--older-than",
    type=RealRange(min=0),
    metavar="DAYS",
    help="Drop only dead letters, and events waiting for consent, older than this.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def purge(
    file: str,
    options: tuple[str, ...],
    pending: bool,
    for_consent: bool,
    older_than: float | None,
    yes: bool,
) -> None:
    """Permanently drop the dead letters."""
    if _is_stream(file):
        from hubspot_dest.cli.runs import outbox_streams

        if pending or older_than is not None:
            stop(
                "--pending and --older-than require an outbox file",
                "use the retention of the topic or stream",
            )
        outbox_streams.purge(file, options, waiting=for_consent, yes=yes)
        return
    outbox = _open(Path(file))
    try:
        held = outbox.contents()
        given_up = outbox.dead_counts()
        what = given_up.text
        if pending:
            what += f", {held.text} that {verb(held.events, 'wait')} for delivery"
        if for_consent:
            what += f", {amount(held.waiting, 'event')} that {verb(held.waiting, 'wait')} for consent"
        if not yes and not click.confirm(f"permanently drop {what}?", default=False, err=True):
            say("nothing was dropped")
            raise SystemExit(int(ExitCode.USAGE_ERROR))
        before = None if older_than is None else time.time() - older_than * 86_400
        outbox.purge(pending=pending, parked=for_consent, before=before)
        left, letters_left = outbox.contents(), outbox.dead_counts()
    except OutboxError as error:
        stop(safe_text(error))
    finally:
        outbox.close()
    dropped = amount(given_up.letters - letters_left.letters, "dead letter")
    said = f"dropped {with_contacts(dropped, given_up.contacts - letters_left.contacts)}"
    if pending:
        said += f", {held.text} that waited for delivery"
    if for_consent:
        said += f", {amount(held.waiting - left.waiting, 'event')} that waited for consent"
    say(said)


def _require_outbox(file: Path) -> None:
    """End the command if FILE is not an outbox, before anything is written beside it."""
    content = content_of(file)
    if content in (FileContent.SQLITE, FileContent.BINARY, FileContent.UNKNOWN):
        try:
            connect_reading(file, OUTBOX).close()
        except OutboxError as error:
            stop(safe_text(error), _OUTBOX_HINT)
        return
    made = Path(f"{file}.outbox.sqlite3")
    hint = f"pass {safe_text(made)}, the outbox of its events" if made.is_file() else _OUTBOX_HINT
    said = f"{safe_text(file)} is not an outbox: it looks like {content.value}"
    if content in (FileContent.EMPTY, FileContent.FOLDER):
        said = f"{safe_text(file)} is {content.value}, not an outbox"
    stop(said, hint)


def _open(file: Path) -> Outbox:
    _require_outbox(file)
    try:
        return Outbox(file)
    except OutboxError as error:
        stop(safe_text(error))
