"""`hubspot-dest explain CODE`: explain what a finding means, how it is known, and what to do."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("explain")
@click.argument("code", required=False, metavar="[CODE]")
@click.option("--all", "every", is_flag=True, help="Show every page, as in docs/checks.md.")
def command(code: str | None, every: bool) -> None:
    """Explain the CODE of a finding, or the word for an outcome or reason: what it means, and what to do.

    Without CODE, all of them are listed.
    """
    from hubspot_dest.cli.runs.explain import explain  # here, so that --help stays fast

    explain(code, every=every)
