"""`hubspot-dest diff OLD NEW EVENTS`: show how a change of a configuration affects events."""

from __future__ import annotations

from typing import Any

import click

from hubspot_dest.cli.options import (
    PARITY_HELP,
    WALKEROS_HELP,
    consent_option,
    line_limit_option,
    walkeros_option,
)

__all__ = ["command"]


@click.command("diff", options_metavar="[OPTIONS]")
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True), metavar="OLD NEW EVENTS")
@click.option(
    "--against",
    type=click.Choice(["walkeros"]),
    help="Compare one configuration with what walkerOS itself does: CONFIG EVENTS --against walkeros.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["change", "loss", "never"]),
    default="never",
    show_default=True,
    help="Exit with code 1 if an event changes, or if an event loses a call.",
)
@consent_option("The collector's initial consent; may be repeated.")
@click.option("--parity", is_flag=True, help=PARITY_HELP)
@walkeros_option(WALKEROS_HELP)
@click.option(
    "--json", "as_json", is_flag=True, help="Write JSON Lines: one object per changed event, a summary last."
)
@click.option("--markdown", is_flag=True, help="Write Markdown, for a comment on a pull request.")
@click.option("--no-color", is_flag=True, help="Do not use colours; NO_COLOR does the same.")
@line_limit_option
def command(**options: Any) -> None:
    """Show which EVENTS gain, lose or change a call when the configuration OLD becomes NEW, and why.

    Every event is planned with both configurations, without network access. EVENTS is a file of JSON Lines, a JSON
    array, one object, or - for standard input. Exit 0: compared. 1: --fail-on applies, or a line is not an event. 2:
    it could not run.
    """
    from hubspot_dest.cli.runs.diff import diff  # here, so that --help stays fast

    diff(**options)
