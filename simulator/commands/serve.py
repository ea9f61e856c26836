"""`hubspot-sim serve`: run the simulated HubSpot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import FileCommand, OutputFile, account_option
from simulator.commands.switch_options import switch_option
from simulator.hubspot.faults.stories import STORIES

__all__ = ["command"]


@click.command("serve", cls=FileCommand)
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 for a free port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--portal", type=click.IntRange(1), help="Portal id in event names; by default the store's, or 12345678."
)
@click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the account in a SQLite file instead of in memory.",
)
@click.option("--tls", is_flag=True, help="Serve HTTPS, with a certificate made for this run.")
@click.option(
    "--authority",
    type=OutputFile(),
    metavar="FILE.pem",
    help="With --tls: also write the CA certificate that clients must trust to FILE.pem.",
)
@click.option("--token", help="Access token of the account.")
@click.option(
    "--control-token",
    metavar="TEXT",
    help="Token for the status page and the paths under /_simulator; by default a new one for each run.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="NAME",
    help="A scope of the token; all by default. May be repeated.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Additional Host header to accept, and with --tls a name in the certificate; others are refused.",
)
@click.option(
    "--tier",
    type=click.Choice(["starter", "professional", "enterprise"]),
    help="HubSpot tier, which determines the rate limits.",
)
@switch_option
@click.option(
    "--quota",
    "quotas",
    multiple=True,
    metavar="NAME=N",
    help="Lower a quota: occurrences (per month), definitions, calls (per day).",
)
@click.option(
    "--node-preload",
    type=OutputFile(),
    metavar="FILE.cjs",
    help='Write a preload that leads a Node process\'s calls of HubSpot here: NODE_OPTIONS="--require FILE.cjs".',
)
@click.option(
    "--auto-define",
    is_flag=True,
    help="Create definitions and properties on first use; HubSpot itself refuses undefined ones.",
)
@account_option
@click.option(
    "--seed-file",
    type=click.Path(path_type=Path),
    help="JSON file with contacts, definitions and contactProperties; or an account file.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="SPEC",
    help="Set a fault, such as 429:path=/crm/*,every=3; see docs/simulator.md. May be repeated.",
)
@click.option("--story", type=click.Choice(sorted(STORIES)), help="Set a named group of faults.")
@click.option("--json", "as_json", is_flag=True, help="Print the URL and tokens as one JSON object.")
def command(**options: Any) -> None:
    """Run a simulated HubSpot until Ctrl-C: custom events, definitions and contacts.

    Nothing leaves this machine. Event names of another portal are refused, as HubSpot does.
    """
    from simulator.commands.runs.serve import serve  # here, so that --help stays fast

    serve(**options)
