"""`hubspot-dest lint CONFIG`: report every mistake that can be found without an event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.findings_output import findings_options
from hubspot_dest.cli.options import FileCommand, account_option, fail_on_option, node_option

__all__ = ["command"]


@click.command("lint", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="[CONFIG]", required=False)
@fail_on_option("Exit with code 1 for findings of this severity or worse; lost includes refused.")
@findings_options
@click.option(
    "--fix", is_flag=True, help="Correct the file where that can be done mechanically, then lint again."
)
@account_option
@click.option("--explain", metavar="CODE", help="Show the page of one code, and exit.")
@node_option
@click.option("--no-color", is_flag=True, help="Do not use colours; NO_COLOR does the same.")
def command(**options: Any) -> None:
    """Report all mistakes in CONFIG at once, each with its line. No network, token or event is needed.

    CONFIG is a walkerOS flow file, FILE#flow.destination, or a destination's configuration, in JSON or YAML. Exit 0: no
    finding of the severity of --fail-on. 1: at least one. 2: the file cannot be read.
    """
    from hubspot_dest.cli.runs.lint import lint  # here, so that --help stays fast

    lint(**options)
