"""`hubspot-dest report CONFIG EVENTS -o FILE`: write the record of a decision to go live, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import FileCommand, OutputFile, verification_options
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("report", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", type=click.Path(allow_dash=True), metavar="EVENTS")
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    default=Path("report.html"),
    show_default=True,
    metavar="FILE",
    help="The page to write.",
)
@verification_options
def command(**options: Any) -> None:
    """Verify CONFIG with EVENTS, and write the result as one HTML page for decision-makers.

    The page is self-contained: no script, no network. It shows the verdict, what is refused and what to do, what to
    create in HubSpot, one payload of each event, the coverage, the step examples, versions and digests of the files.
    Exit 0: GO. 1: NO-GO; the page is written anyway. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest report CONFIG -", open_pipe=True)
    from hubspot_dest.cli.findings_output import FindingsOutput  # here, so that --help stays fast
    from hubspot_dest.cli.runs.verify import verify

    output = options.pop("output")
    quiet = FindingsOutput("none", None, None, github=False)
    verify(**options, output=quiet, report=output, no_color=True)
