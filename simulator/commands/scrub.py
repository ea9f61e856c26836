"""`hubspot-sim scrub FILE...`: remove people and secrets from cassettes, or check that they contain none."""

from __future__ import annotations

from pathlib import Path

import click

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.report.safe_text import safe_text

__all__ = ["command"]


@click.command("scrub")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a token, secret or address is found.")
@click.option("--keep-people", is_flag=True, help="Keep names and addresses.")
@click.option(
    "--scrub",
    "patterns",
    multiple=True,
    metavar="REGEX",
    help="Additional pattern to remove. May be repeated.",
)
def command(files: tuple[Path, ...], check: bool, keep_people: bool, patterns: tuple[str, ...]) -> None:
    """Replace people in each FILE with consistent pseudonyms, and remove what looks like a secret."""
    from simulator.cassettes.cassette import Cassette, CassetteError
    from simulator.cassettes.redaction.scrubber import ScrubError, leaks, scrubbed

    clean = leaking = findings = 0
    for path in files:
        try:
            cassette = Cassette.load(path)
            if check:
                leaked = leaks(path.read_text(encoding="utf-8"), people=not keep_people)
                for text in leaked:
                    print_data(f"{safe_text(path)}: {safe_text(text)}")
                clean, leaking = clean + (not leaked), leaking + bool(leaked)
                findings += len(leaked)
            else:
                scrubbed(cassette, keep_people=keep_people, patterns=patterns).save(path)
                say(f"{safe_text(path)} is scrubbed: {amount(len(cassette.interactions), 'request')}")
        except (CassetteError, ScrubError) as error:
            stop(safe_text(error))
        except OSError as error:
            stop(f"{safe_text(path)} cannot be written: {error.strerror}")
    if check:
        found_in = f"{leaking} with {amount(findings, 'finding')}" if leaking else "0 with findings"
        say(f"{amount(clean + leaking, 'cassette')} checked: {clean} clean, {found_in}")
    raise SystemExit(int(ExitCode.CHECK_FAILED if leaking else ExitCode.OK))
