"""`hubspot-sim check`: run the eight documented examples end to end against a HubSpot on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import FileCommand, OutputFile

__all__ = ["command"]


@click.command("check", cls=FileCommand)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Write JSON Lines to stdout: one object per example, then a summary.",
)
@click.option(
    "--junit",
    type=OutputFile(),
    metavar="FILE",
    help="Also write JUnit XML.",
)
@click.argument("flow", type=click.Path(path_type=Path), metavar="[FLOW]", required=False)
@click.option(
    "--only",
    default="*",
    metavar="NAME",
    help="Run only examples with this name or pattern, such as 'user*'.",
)
@click.option("--verbose", is_flag=True, help="Show events, calls and requests in full.")
@click.option("--no-color", is_flag=True, help="Disable colours, as NO_COLOR does.")
def command(**options: Any) -> None:
    """Run the eight documented examples, or the step examples of FLOW, against a simulated HubSpot.

    FLOW is a walkerOS flow file, FILE#flow.destination, or a destination's entry with `examples`. Each example goes
    from walkerOS event to HTTP request, through the official client, and is compared with what it documents.
    Exit 0 if all pass, 1 if any fails, 2 if the check could not run.
    """
    from simulator.commands.runs.check import check  # here, so that --help stays fast

    check(**options)
