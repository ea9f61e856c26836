# ruff: noqa: N999 - the command is called import; it is loaded by its name, and never imported by a statement
"""`hubspot-sim import FILE -o CASSETTE`: convert traffic recorded by another tool to a scrubbed cassette."""

from __future__ import annotations

from pathlib import Path

import click

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import FileCommand, OutputFile
from hubspot_dest.report.safe_text import safe_text

__all__ = ["command"]


@click.command("import", cls=FileCommand)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("-o", "--output", required=True, type=OutputFile(), help="The cassette to write.")
@click.option("--every-host", is_flag=True, help="Also import requests to hosts other than HubSpot's.")
@click.option("--keep-people", is_flag=True, help="Keep names and addresses.")
@click.option(
    "--scrub",
    "patterns",
    multiple=True,
    metavar="REGEX",
    help="Additional pattern to remove. May be repeated.",
)
def command(file: Path, output: Path, every_host: bool, keep_people: bool, patterns: tuple[str, ...]) -> None:
    """Convert FILE, a HAR file or a plain vcrpy cassette (YAML or JSON), to a cassette.

    The result works with `compare`. It contains no events, so it cannot be replayed.
    """
    from simulator.cassettes.cassette import CassetteError
    from simulator.cassettes.importers import imported
    from simulator.cassettes.redaction.scrubber import ScrubError, scrubbed

    try:
        result = imported(file, every_host=every_host)
        cassette = scrubbed(result.cassette, keep_people=keep_people, patterns=patterns)
        cassette.save(output)
    except CassetteError as error:
        stop(safe_text(error))
    except ScrubError as error:
        stop(f"nothing was saved: {safe_text(error)}", "--scrub 'a pattern for it', or --keep-people")
    except OSError as error:
        stop(f"{safe_text(output)} cannot be written: {error.strerror}")
    taken, left_out = len(cassette.interactions), result.left_out
    if left_out:
        others = f"{left_out} to other hosts left out (--every-host takes them)"
        say(f"{amount(taken + left_out, 'request')}: {taken} imported into {safe_text(output)}, {others}")
    else:
        say(f"{amount(taken, 'request')} imported into {safe_text(output)}")
    raise SystemExit(int(ExitCode.OK))
