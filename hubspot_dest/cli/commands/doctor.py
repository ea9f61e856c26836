"""`hubspot-dest doctor CONFIG [EVENTS]`: whether HubSpot has what a configuration needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import connection_options, line_limit_option
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("doctor")
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]")
@connection_options
@click.option(
    "--consent", multiple=True, metavar="NAME[=true|false]", help="The collector's consent; for EVENTS."
)
@line_limit_option
@click.option(
    "--source",
    metavar="SOURCE",
    help="Look into a stream as `work` has it, kafka://… or redis://…: its keys, and what its pace means for quotas.",
)
@click.option(
    "--source-option",
    "source_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Of librdkafka or redis-py, for --source. May be repeated.",
)
@click.option("--offline", is_flag=True, help="Do not ask HubSpot; check the configuration alone.")
@click.option("--json", "as_lines", is_flag=True, help="JSON Lines: one object a check, a summary last.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
def command(**options: Any) -> None:
    """Ask HubSpot whether it has what CONFIG needs: token, portal, event definitions, properties. Reads only.

    With EVENTS (a file, or - for standard input) it checks what exactly these events need; without, what is written in
    the configuration, and reports what cannot be known from that. Exit 0: nothing is wrong. 1: something is. 2: it
    could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest doctor CONFIG -")
    from hubspot_dest.cli.runs.doctor import doctor  # here, so that --help stays fast

    doctor(**options)
