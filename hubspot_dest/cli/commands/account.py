"""`hubspot-dest account pull CONFIG`: save the account's definitions, properties and limits as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import FileCommand, OutputFile, connection_options

__all__ = ["command"]


@click.group("account")
def command() -> None:
    """Save what the account has to a file, so that other commands can use it without a network."""


@command.command("pull", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@connection_options
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    metavar="FILE",
    help="File to write; standard output by default.",
)
def pull(**options: Any) -> None:
    """Write the event definitions, contact properties and limits of CONFIG's account to a file. HubSpot is only read.

    The file contains no personal data and no secrets. Exit 0: written. 2: HubSpot did not answer, or the file cannot be
    written.
    """
    from hubspot_dest.cli.runs.account import pull_to  # here, so that --help stays fast

    pull_to(**options)
