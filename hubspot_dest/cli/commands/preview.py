"""`hubspot-dest preview CONFIG [EVENTS]`: what HubSpot would receive, without any network."""

from __future__ import annotations

from typing import Any

import click

from hubspot_dest.cli.options import (
    RealRange,
    account_option,
    fail_on_option,
    line_limit_option,
    shared_options,
)
from hubspot_dest.cli.output_files import FileCommand, OutputFile
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]


@click.command("preview", cls=FileCommand)
@shared_options
@click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]")
@click.option("--explain", is_flag=True, help="Show where every value came from.")
@click.option(
    "--no-outbox",
    is_flag=True,
    help="Show the calls of `send --no-outbox`: each event and contact by itself.",
)
@account_option
@fail_on_option("Which findings make it end with exit code 1; lost includes refused.")
@click.option(
    "--coverage",
    is_flag=True,
    help="Show what the events exercise of the configuration, not every event.",
)
@click.option(
    "--fail-under",
    type=RealRange(min=0, max=100),
    metavar="PERCENT",
    help="End with exit code 1 if fewer rules and properties are exercised; implies --coverage.",
)
@click.option(
    "--report",
    type=OutputFile(),
    metavar="FILE",
    help="Write a page of HTML for people who decide: what is refused, what to create, samples, coverage.",
)
@click.option(
    "--save-example",
    metavar="NAME",
    help="Write the first event with its calls into the flow file, as a step example.",
)
@click.option(
    "--example-line",
    type=click.IntRange(1),
    metavar="N",
    help="Save the event of this line of EVENTS instead.",
)
@click.option("--no-findings", is_flag=True, help="Do not judge the events: show what goes out, and no more.")
@click.option("--only", metavar="OUTCOME", help="Show these outcomes only: sent, refused, skipped …")
@line_limit_option
def command(**options: Any) -> None:
    """Show what HubSpot would receive from EVENTS with CONFIG, and refuse, event by event. No network at all.

    CONFIG is a walkerOS destination's configuration, JSON or YAML. EVENTS is a file of JSON Lines, a JSON array, one
    object, or - for standard input; without EVENTS the configuration alone is checked. Exit 0: fine. 1: an event
    failed, or HubSpot would refuse one, or one would be lost (--fail-on). 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest preview CONFIG -", open_pipe=True)
    from hubspot_dest.cli.runs.preview import preview  # here, so that --help stays fast

    preview(**options)
