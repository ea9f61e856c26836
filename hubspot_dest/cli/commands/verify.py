"""`hubspot-dest verify CONFIG [EVENTS]`: answer every question before going live, GO or NO-GO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.findings_output import findings_options
from hubspot_dest.cli.options import FileCommand, OutputFile, verification_options
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("verify", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]")
@verification_options
@click.option(
    "--report",
    type=OutputFile(),
    metavar="FILE",
    help="Write an HTML page for decision-makers: the verdict, and everything it is based on.",
)
@findings_options
@click.option("--no-color", is_flag=True, help="Do not use colours; NO_COLOR does the same.")
def command(**options: Any) -> None:
    """Answer every question before CONFIG goes live: GO or NO-GO, and what blocks.

    The configuration is linted, EVENTS are checked against HubSpot's rules and the flow's contracts, the definitions
    are compared with the account (--account FILE or --live), and the flow's own step examples are run. Nothing is
    written to HubSpot.
    Exit 0: GO. 1: NO-GO. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest verify CONFIG -", open_pipe=True)
    from hubspot_dest.cli.runs.verify import verify  # here, so that --help stays fast

    verify(**options)
