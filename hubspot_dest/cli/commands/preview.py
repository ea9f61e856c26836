"""`hubspot-dest preview CONFIG [EVENTS]`: show what HubSpot would receive, without network access."""

from __future__ import annotations

from typing import Any

import click

from hubspot_dest.cli.options import (
    FileCommand,
    OutputFile,
    RealRange,
    account_option,
    fail_on_option,
    line_limit_option,
    shared_options,
)
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("preview", cls=FileCommand)
@shared_options
@click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]")
@click.option("--explain", is_flag=True, help="Show where every value comes from.")
@click.option(
    "--no-outbox",
    is_flag=True,
    help="Show the calls of `send --no-outbox`: one per event and contact.",
)
@account_option
@fail_on_option("Exit with code 1 for findings of this severity or worse; lost includes refused.")
@click.option(
    "--coverage",
    is_flag=True,
    help="Show which parts of the configuration the events exercise, instead of every event.",
)
@click.option(
    "--fail-under",
    type=RealRange(min=0, max=100),
    metavar="PERCENT",
    help="Exit with code 1 if a smaller share of rules and properties is exercised; implies --coverage.",
)
@click.option(
    "--report",
    type=OutputFile(),
    metavar="FILE",
    help="Write an HTML page for decision-makers: what is refused, what to create, samples, coverage.",
)
@click.option(
    "--save-example",
    metavar="NAME",
    help="Add the first event and its calls to the flow file, as a step example.",
)
@click.option(
    "--example-line",
    type=click.IntRange(1),
    metavar="N",
    help="Save the event on this line of EVENTS instead.",
)
@click.option("--no-findings", is_flag=True, help="Do not check the events; show only what would be sent.")
@click.option(
    "--only", metavar="OUTCOME", help="Show only events with this outcome: sent, refused, skipped …"
)
@line_limit_option
def command(**options: Any) -> None:
    """Show what HubSpot would receive from EVENTS with CONFIG, and what it would refuse, without network access.

    CONFIG is a walkerOS destination's configuration, in JSON or YAML. EVENTS is a file of JSON Lines, a JSON array, one
    object, or - for standard input; without EVENTS, only the configuration is checked. Exit 0: fine. 1: an event
    failed, or HubSpot would refuse one, or one would be lost (--fail-on). 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest preview CONFIG -", open_pipe=True)
    from hubspot_dest.cli.runs.preview import preview  # here, so that --help stays fast

    preview(**options)
