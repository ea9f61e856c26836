"""`hubspot-sim conform FILE...`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["command"]


@click.command("conform")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a vector, then one a file, on stdout.")
@click.option("--id", "only", default="*", metavar="PATTERN", help="Only vectors whose id matches, `pub_3*`.")
@click.option(
    "--all", "show_all", is_flag=True, help="Show every difference, not the first three of a vector."
)
def command(**options: Any) -> None:
    """Hold the sender, in parity mode, against FILEs of walkerOS' own behaviour.

    A file has one vector a line: {"case": {...}, "expect": {...}}. Exit 0 if all agree, 1 if any differs,
    2 if a file is none.
    """
    from simulator.commands.runs.conform import conform  # here, so that --help waits for nothing

    conform(**options)
