"""`hubspot-sim conform FILE...`: compare the sender with walkerOS' recorded behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import walkeros_option

__all__ = ["command"]


@click.command("conform")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@walkeros_option("The version of walkerOS that the files were recorded from.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Write JSON Lines to stdout: one object per vector, then one per file.",
)
@click.option(
    "--id",
    "only",
    default="*",
    metavar="PATTERN",
    help="Run only vectors whose id matches, such as 'pub_3*'.",
)
@click.option(
    "--all", "show_all", is_flag=True, help="Show every difference instead of the first three per vector."
)
def command(**options: Any) -> None:
    """Compare the sender, in parity mode, with the recorded behaviour of walkerOS in each FILE.

    A file has one vector per line: {"case": {...}, "expect": {...}}. Exit 0 if all agree, 1 if any differs,
    2 if a file is not a vector file.
    """
    from simulator.commands.runs.conform import conform  # here, so that --help stays fast

    conform(**options)
