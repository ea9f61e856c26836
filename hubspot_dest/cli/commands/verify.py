"""`hubspot-dest verify CONFIG [EVENTS]`: every question before going live in one command, GO or NO-GO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.findings_output import findings_options
from hubspot_dest.cli.options import (
    PARITY_HELP,
    WALKEROS_HELP,
    RealRange,
    account_option,
    connection_options,
    line_limit_option,
    walkeros_option,
)
from hubspot_dest.cli.output_files import FileCommand, OutputFile
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("verify", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]")
@account_option
@click.option(
    "--live", is_flag=True, help="Ask HubSpot for the account instead; reads only, and needs a token."
)
@connection_options
@click.option("--consent", multiple=True, metavar="NAME[=true|false]", help="The collector's consent.")
@click.option("--parity", is_flag=True, help=PARITY_HELP)
@walkeros_option(WALKEROS_HELP)
@click.option(
    "--fail-on",
    type=click.Choice(["refused", "lost", "doubtful", "never"]),
    default="lost",
    show_default=True,
    help="Findings of this severity or worse make a NO-GO; lost includes refused.",
)
@click.option(
    "--fail-under",
    type=RealRange(min=0, max=100),
    metavar="PERCENT",
    help="Fewer rules and properties exercised by EVENTS are a NO-GO.",
)
@click.option("--strict", is_flag=True, help="A question without an answer is a NO-GO, too.")
@click.option(
    "--node", type=click.IntRange(16), default=22, show_default=True, help="Node.js of your walkerOS server."
)
@click.option(
    "--report",
    type=OutputFile(),
    metavar="FILE",
    help="Write a page of HTML for people who decide: the verdict, and everything that it rests on.",
)
@findings_options
@line_limit_option
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
def command(**options: Any) -> None:
    """Answer every question before CONFIG goes live: GO or NO-GO, and the obstacles.

    The configuration is linted, EVENTS are held against HubSpot's rules and the flow's contracts, the definitions
    against the account (--account FILE or --live), and the flow's own step examples are run. Nothing is written to
    HubSpot.
    Exit 0: GO. 1: NO-GO. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest verify CONFIG -", open_pipe=True)
    from hubspot_dest.cli.runs.verify import verify  # here, so that --help stays fast

    verify(**options)
