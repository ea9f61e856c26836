"""`hubspot-dest explain CODE`: what a finding means, how that is known, and what to do."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("explain")
@click.argument("code", required=False, metavar="[CODE]")
@click.option("--all", "every", is_flag=True, help="Every page, as docs/checks.md has them.")
def command(code: str | None, every: bool) -> None:
    """Explain a finding by its CODE, or an outcome or reason by its word: what it is about, and what to do.

    Without CODE, list all.
    """
    from hubspot_dest.cli.runs.explain import explain  # here, so that --help stays fast

    explain(code, every=every)
