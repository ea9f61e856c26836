"""`hubspot-dest doctor CONFIG [EVENTS]`: check whether HubSpot has what a configuration needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import connection_options, consent_option, line_limit_option
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("doctor")
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]")
@connection_options
@consent_option("The collector's consent, for EVENTS.")
@line_limit_option
@click.option(
    "--source",
    metavar="SOURCE",
    help="Inspect a stream that `work` reads, kafka://… or redis://…: its keys, and the quotas that its rate needs.",
)
@click.option(
    "--source-option",
    "source_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of librdkafka or redis-py, for --source; may be repeated.",
)
@click.option("--offline", is_flag=True, help="Do not contact HubSpot; check the configuration alone.")
@click.option(
    "--json", "as_lines", is_flag=True, help="Write JSON Lines: one object per check, a summary last."
)
@click.option("--no-color", is_flag=True, help="Do not use colours; NO_COLOR does the same.")
def command(**options: Any) -> None:
    """Check whether HubSpot has what CONFIG needs: token, portal, event definitions, properties. HubSpot is only read.

    With EVENTS (a file, or - for standard input), the requirements of exactly these events are checked; without it,
    those that follow from CONFIG, and whatever it does not determine is reported. Exit 0: nothing is wrong. 1:
    something is. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest doctor CONFIG -")
    from hubspot_dest.cli.runs.doctor import doctor  # here, so that --help stays fast

    doctor(**options)
