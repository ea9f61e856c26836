"""`hubspot-dest init [DIR]`: write a first configuration, and events to try it with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["command"]


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
def command(**options: Any) -> None:
    """Write a first flow.yaml and events.jsonl into DIR, the current folder by default.

    Nothing is overwritten. Exit 0: written. 2: a file exists already, or cannot be written.
    """
    from hubspot_dest.cli.runs.init import init  # here, so that --help stays fast

    init(**options)
