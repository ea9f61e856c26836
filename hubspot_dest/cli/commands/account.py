"""`hubspot-dest account pull CONFIG`: what the account has, as a file to keep beside the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import connection_options
from hubspot_dest.cli.output_files import FileCommand, OutputFile

__all__ = ["command"]


@click.group("account")
def command() -> None:
    """Keep what the account has in a file, so that preview knows it without any network."""


@command.command("pull", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@connection_options
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    metavar="FILE",
    help="Where to write it; standard output if not given.",
)
def pull(**options: Any) -> None:
    """Write the event definitions, contact properties and limits of CONFIG's account into a file. Reads only.

    The file holds no people and no secrets. Exit 0: written. 2: HubSpot did not answer, or the file cannot be written.
    """
    from hubspot_dest.cli.runs.account import pull_to  # here, so that --help stays fast

    pull_to(**options)
