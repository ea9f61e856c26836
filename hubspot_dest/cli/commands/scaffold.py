"""`hubspot-dest scaffold EVENTS`: draft a first configuration from the events that a site really sends."""

from __future__ import annotations

from typing import Any

import click

from hubspot_dest.cli.options import FileCommand, OutputFile, line_limit_option
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("scaffold", cls=FileCommand)
@click.argument("events", type=click.Path(allow_dash=True), metavar="EVENTS")
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    metavar="FILE",
    help="New file to write, for example flow.yaml; standard output by default.",
)
@click.option(
    "--portal",
    type=click.IntRange(1),
    default=12345678,
    show_default=True,
    metavar="NUMBER",
    help="The number of your HubSpot account, which is part of every event name.",
)
@click.option(
    "--definitions",
    type=OutputFile(),
    metavar="FILE",
    help="Also write what the account needs, as an account file.",
)
@line_limit_option
def command(**options: Any) -> None:
    """Draft a flow from EVENTS: a commented mapping, and a step example for each event name.

    Every event name gets a rule, and every field with scalar values a property whose name HubSpot accepts. Fields that
    cannot be properties are listed in a comment, with the reason. Exit 0: written. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest scaffold -", open_pipe=True)
    from hubspot_dest.cli.runs.scaffold import scaffold  # here, so that --help stays fast

    scaffold(**options)
