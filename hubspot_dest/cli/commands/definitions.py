"""`hubspot-dest definitions`: show which event definitions and properties must exist, and create them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hubspot_dest.cli.options import (
    FileCommand,
    OutputFile,
    connection_options,
    consent_option,
    line_limit_option,
)
from hubspot_dest.cli.standard_input import refuse_unread_input

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])


def _needs_options(function: F) -> F:
    """Add the parameters of both commands: CONFIG, EVENTS, the connection to HubSpot, and the form of the output."""
    decorators = [
        click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG"),
        click.argument("events", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]"),
        connection_options,
        consent_option("The collector's consent, for EVENTS."),
        line_limit_option,
        click.option(
            "--json", "as_json", is_flag=True, help="Write JSON Lines: one object per row, a summary last."
        ),
        click.option("--no-color", is_flag=True, help="Do not use colours; NO_COLOR does the same."),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


@click.group("definitions")
def command() -> None:
    """Show which event definitions and contact properties must exist before events are sent, and create them."""


@command.command("plan", cls=FileCommand)
@_needs_options
@click.option(
    "--against",
    metavar="FILE|live",
    help="Compare with an account file, or with HubSpot itself, which is only read.",
)
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    metavar="FILE",
    help="Write the required account as an account file, for --account and for serve --seed-file.",
)
def plan(**options: Any) -> None:
    """Show which event definitions and contact properties CONFIG needs. Writes nothing to HubSpot.

    With EVENTS (a file, or - for standard input), the types follow from their values; without, names and fixed values
    come from CONFIG alone. Exit 0: nothing is missing, or --against is not given. 1: something is missing, in conflict
    or impossible. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest definitions plan CONFIG -")
    from hubspot_dest.cli.runs.definitions import plan as run  # here, so that --help stays fast

    run(**options)


@command.command("apply")
@_needs_options
@click.option("--live", is_flag=True, help="Write to the real HubSpot.")
@click.option(
    "--yes", is_flag=True, help="Do not ask for confirmation before writing to the real HubSpot; for CI."
)
def apply(**options: Any) -> None:
    """Create in HubSpot the event definitions and contact properties that CONFIG needs and the account lacks.

    The target must be named: --base-url URL, or --live for the real HubSpot, which asks for confirmation. Nothing that
    exists is changed, so a second run does nothing. Exit 0: the account has everything. 1: it does not; what was
    created is listed. 2: it could not run.
    """
    refuse_unread_input(options["events"], "hubspot-dest definitions apply CONFIG -")
    from hubspot_dest.cli.runs.definitions import apply as run  # here, so that --help stays fast

    run(**options)
