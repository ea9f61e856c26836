"""`hubspot-sim record CONFIG EVENTS -o FILE`: record what a configuration says to HubSpot, scrubbed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from hubspot_dest.commands.options import open_config
from hubspot_dest.intake.reading import BadLine, IntakeError, read_events
from hubspot_dest.saying import ExitCode, safe_text, say, stop

__all__ = ["command"]


@click.command("record")
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", metavar="EVENTS")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The cassette."
)
@click.option("--about", default="", help="What the cassette shows, in a sentence.")
@click.option(
    "--seed-file", type=click.Path(path_type=Path), help="JSON with contacts, definitions, contactProperties."
)
@click.option("--switch", "switches", multiple=True, metavar="NAME=VALUE", help="See docs/fidelity.md.")
@click.option(
    "--fault", "faults", multiple=True, metavar="SPEC", help="Such as lost:count=1; see docs/simulator.md."
)
@click.option("--keep-people", is_flag=True, help="Leave names and addresses as they are.")
@click.option(
    "--scrub", "patterns", multiple=True, metavar="REGEX", help="A pattern of your own to take out."
)
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
) -> None:
    """Send EVENTS with CONFIG to a HubSpot on this machine, and keep every exchange in a cassette.

    Events and properties are defined at first sight unless --seed-file defines them. People become stand-ins, the same
    everywhere; the cassette is not saved if anything in it still looks like a token, a secret or an address.
    """
    from simulator.cassettes.recording import Setting, record
    from simulator.cassettes.scrubbing import ScrubError, scrubbed

    os.environ.setdefault(
        "HUBSPOT_ACCESS_TOKEN", "pat-na1-cassette"
    )  # what the file has is not needed, nor kept
    loaded = open_config(config)
    wanted: dict[str, Any] = {} if seed_file else {"auto_define": True}
    for one in switches:
        name, _, value = one.partition("=")
        wanted[name] = value
    try:
        setting = Setting(_json(seed_file) if seed_file else {}, wanted, faults)
        cassette = scrubbed(
            record(loaded.raw, _events(events), setting, about=about),
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
        f"{len(cassette.exchanges)} requests of {len(cassette.meta.events)} events recorded in {safe_text(output)}"
    )
    raise SystemExit(int(ExitCode.OK))


def _events(source: str) -> list[dict[str, Any]]:
    found = []
    try:
        for read in read_events(source):
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
        stop(f"{safe_text(path)} is no JSON: {error}")
    if not isinstance(data, dict):
        stop(f"{safe_text(path)} is no object", '{"definitions": [{"name": "pe12345678_page_view"}]}')
    return data
