"""`hubspot-sim record CONFIG EVENTS -o FILE`: record what a configuration sends to HubSpot, scrubbed."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import FileCommand, OutputFile, line_limit_option, open_config
from hubspot_dest.intake.reader import BadLine, IntakeError, read_events
from hubspot_dest.report.safe_text import safe_text

__all__ = ["command"]


@click.command("record", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", metavar="EVENTS")
@click.option("-o", "--output", required=True, type=OutputFile(), help="The cassette to write.")
@click.option("--about", default="", help="Description of the cassette, one sentence.")
@click.option(
    "--seed-file",
    type=click.Path(path_type=Path),
    help="JSON file with contacts, definitions and contactProperties.",
)
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a switch of the simulated HubSpot; see docs/fidelity.md. May be repeated.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="SPEC",
    help="Set a fault, such as lost:count=1; see docs/simulator.md. May be repeated.",
)
@click.option("--keep-people", is_flag=True, help="Keep names and addresses.")
@click.option(
    "--scrub",
    "patterns",
    multiple=True,
    metavar="REGEX",
    help="Additional pattern to remove. May be repeated.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Record from the real HubSpot (or the configuration's baseUrl): this writes events and contacts there.",
)
@click.option(
    "--base-url", metavar="URL", help="With --live: record from this URL instead of the configuration's."
)
@click.option("--yes", is_flag=True, help="With --live: skip the confirmation.")
@line_limit_option
def command(
    config: Path,
    events: str,
    output: Path,
    about: str,
    seed_file: Path | None,
    switches: tuple[str, ...],
    faults: tuple[str, ...],
    keep_people: bool,
    patterns: tuple[str, ...],
    live: bool,
    base_url: str | None,
    yes: bool,
    max_line_bytes: int,
) -> None:
    """Send EVENTS with CONFIG to a simulated HubSpot (with --live, to the real one) and record every request.

    Event and property definitions are created on first use, unless --seed-file is given. People are replaced with
    consistent pseudonyms. The cassette is not saved if it still contains anything like a token, a secret or an
    address.
    """
    from simulator.cassettes.redaction.scrubber import ScrubError, scrubbed
    from simulator.cassettes.session import RecordingSetup, record

    if (base_url or yes) and not live:
        stop("--base-url and --yes go with --live", "leave them out: a HubSpot on this machine is recorded")
    if live and (seed_file or switches or faults):
        stop(
            "--seed-file, --switch and --fault are for a HubSpot on this machine", "leave them out, or --live"
        )
    if live:
        wanted_live = _Wanted(about, base_url, yes, keep_people, patterns)
        _record_live(config, _events(events, max_line_bytes), output, wanted_live)
        return
    os.environ.setdefault(
        "HUBSPOT_ACCESS_TOKEN", "pat-na1-cassette"
    )  # the file's token is neither needed nor recorded
    loaded = open_config(config)
    wanted: dict[str, Any] = {} if seed_file else {"auto_define": True}
    for switch in switches:
        name, _, value = switch.partition("=")
        wanted[name] = value
    try:
        setup = RecordingSetup(_json(seed_file) if seed_file else {}, wanted, faults)
        cassette = scrubbed(
            record(loaded.raw, _events(events, max_line_bytes), setup, about=about),
            keep_people=keep_people,
            patterns=patterns,
        )
        cassette.save(output)
    except ScrubError as error:
        stop(f"nothing was saved: {safe_text(error)}", "--scrub 'a pattern for it', or --keep-people")
    except OSError as error:
        stop(f"{safe_text(output)} cannot be written: {error.strerror}")
    except ValueError as error:
        stop(safe_text(error))
    say(
        f"{amount(len(cassette.interactions), 'request')} of {amount(len(cassette.meta.events), 'event')} "
        f"recorded in {safe_text(output)}"
    )
    raise SystemExit(int(ExitCode.OK))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options of the command line."""

    about: str
    base_url: str | None
    yes: bool
    keep_people: bool
    patterns: tuple[str, ...]


def _record_live(path: Path, events: list[dict[str, Any]], output: Path, wanted: _Wanted) -> None:
    """Record from a real portal, after showing the planned writes and asking for confirmation."""
    from hubspot_dest.delivery.client.errors import DeliveryError
    from simulator.cassettes.live_recording import amount_of, portal_of, record_live
    from simulator.cassettes.redaction.scrubber import ScrubError, scrubbed

    if not os.environ.get("HUBSPOT_ACCESS_TOKEN"):
        stop("--live needs the portal's token in the environment", "export HUBSPOT_ACCESS_TOKEN=…")
    loaded = open_config(path)
    if wanted.base_url:
        loaded = replace(loaded, connection=replace(loaded.connection, base_url=wanted.base_url))
    try:
        account, writes = portal_of(loaded), amount_of(loaded, events)
    except (DeliveryError, ValueError) as error:
        reason = error.describe() if isinstance(error, DeliveryError) else str(error)
        stop(f"the portal cannot be asked: {safe_text(reason)}")
    kind = f" ({safe_text(account.account_type)})" if account.account_type else ""
    people = amount(writes.contacts, "contact")
    say(
        f"this writes {amount(writes.events, 'event')} and up to {people} to portal {account.portal_id}{kind} "
        f"at {safe_text(loaded.connection.base_url)}; they stay there"
    )
    if not wanted.yes:
        if not sys.stdin.isatty():
            stop("there is no terminal to confirm that", "--yes")
        if not click.confirm("write them?", default=False, err=True):
            say("nothing was written, nothing was recorded")
            raise SystemExit(int(ExitCode.USAGE_ERROR))
    cassette = record_live(loaded, events, account, about=wanted.about)
    try:
        made = scrubbed(cassette, keep_people=wanted.keep_people, patterns=wanted.patterns)
        made.save(output)
    except ScrubError as error:
        stop(
            f"the events were written, but nothing was saved: {safe_text(error)}",
            "--scrub 'a pattern for it', or --keep-people",
        )
    except OSError as error:
        stop(f"{safe_text(output)} cannot be written: {error.strerror}")
    requests = f"{amount(len(made.interactions), 'request')} of {amount(len(events), 'event')}"
    say(f"{requests} recorded in {safe_text(output)}")


def _events(source: str, max_line_bytes: int) -> list[dict[str, Any]]:
    found = []
    try:
        for read in read_events(source, max_line_bytes=max_line_bytes):
            if isinstance(read, BadLine):
                stop(f"{safe_text(read.where(source))}: {safe_text(read.message)}", safe_text(read.hint))
            found.append(read.event)
    except IntakeError as error:
        stop(safe_text(error))
    if not found:
        stop(f"{safe_text(source)} holds no events")
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        stop(f"{safe_text(path)} cannot be read: {error.strerror}")
    except ValueError as error:
        stop(f"{safe_text(path)} is not JSON: {error}")
    if not isinstance(data, dict):
        stop(f"{safe_text(path)} is not an object", '{"definitions": [{"name": "pe12345678_page_view"}]}')
    return data
