"""`hubspot-sim conform FILE...`: compare the sender with walkerOS' recorded behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import walkeros_option

__all__ = ["command"]


@click.command("conform")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@walkeros_option("The version of walkerOS whose behaviour the files hold.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a vector, then one a file, on stdout.")
@click.option("--id", "only", default="*", metavar="PATTERN", help="Only vectors whose id matches, `pub_3*`.")
@click.option(
    "--all", "show_all", is_flag=True, help="Show every difference, not the first three of a vector."
)
def command(**options: Any) -> None:
    """Compare the sender, in parity mode, with FILEs of walkerOS' recorded behaviour.

    A file has one vector a line: {"case": {...}, "expect": {...}}. Exit 0 if all agree, 1 if any differs,
    2 if a file is not a file of vectors.
    """
    from simulator.commands.runs.conform import conform  # here, so that --help stays fast

    conform(**options)
