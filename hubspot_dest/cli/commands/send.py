"""`hubspot-dest send CONFIG EVENTS`: deliver events to HubSpot, or to a server with the same API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import (
    FileCommand,
    OutputFile,
    RealRange,
    account_option,
    connection_options,
    delivery_options,
    line_limit_option,
    shared_options,
    watching_options,
)

__all__ = ["command"]


@click.command("send", cls=FileCommand)
@shared_options
@click.argument("events", type=click.Path(allow_dash=True), metavar="EVENTS")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation before sending to the real HubSpot.")
@click.option(
    "--outbox",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File that keeps accepted events until HubSpot has them; EVENTS.outbox.sqlite3 by default.",
)
@click.option("--no-outbox", is_flag=True, help="Keep waiting events in memory only; a crash loses them.")
@click.option("--resume", is_flag=True, help="Continue where an earlier run of this file and outbox stopped.")
@line_limit_option
@click.option("--since", metavar="WHEN", help="Skip older events: 2026-11-01, 2026-11-01T08:00:00Z.")
@click.option("--dry-run", is_flag=True, help="Do everything except send; the outbox is not used.")
@click.option(
    "--dead-letters",
    type=OutputFile(),
    metavar="FILE",
    help="Write what was given up to FILE as JSON Lines, each with HubSpot's reason.",
)
@click.option(
    "--wait",
    "stall",
    type=RealRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="At the end, stop waiting if nothing has been delivered for this long.",
)
@click.option(
    "--verbose",
    is_flag=True,
    help="Show every event that is not sent, instead of the first 10 for each reason.",
)
@account_option
@click.option(
    "--hold-refused",
    is_flag=True,
    help="Do not send what HubSpot would refuse; give it up, with the reason (see preview).",
)
@delivery_options
@connection_options
@watching_options
def command(**options: Any) -> None:
    """Deliver EVENTS with CONFIG through the official client.

    EVENTS is a file of JSON Lines, a JSON array, one object, or - for standard input, which may be endless. The token
    comes from the environment variable HUBSPOT_ACCESS_TOKEN, or from the configuration. Accepted events stay in the
    outbox until HubSpot has them; what HubSpot refuses stays there as a dead letter (`hubspot-dest outbox`). Exit 0:
    everything was delivered. 1: something was not, or a line was not an event. 2: it could not run. 130 or 143:
    interrupted; waiting events are safe in the outbox.
    """
    from hubspot_dest.cli.runs.send import send  # here, so that --help stays fast

    send(**options)
