"""`hubspot-dest listen CONFIG`: the collector endpoint in front of the destination."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.option_groups import connection_options, delivery_options, watching_options
from hubspot_dest.cli.param_types import RealRange

__all__ = ["command"]


@click.command("listen")
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8080,
    show_default=True,
    envvar="PORT",
    help="0 takes a free one.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    default=("/collect",),
    show_default=True,
    help="Where events are taken; may be repeated.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Whose pages may send, https://shop.example; everybody's by default. May be repeated.",
)
@click.option(
    "--max-batch", type=click.IntRange(1), default=100, show_default=True, help="Events in one request."
)
@click.option(
    "--max-body", type=click.IntRange(100), default=1_048_576, show_default=True, help="Bytes of a body."
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Events that may wait to be stored; beyond that senders are told to come again (503).",
)
@click.option(
    "--outbox",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where accepted events lie until HubSpot took them; CONFIG.outbox.sqlite3 by default.",
)
@click.option("--no-outbox", is_flag=True, help="Answer when HubSpot took the event; batches wait in memory.")
@click.option(
    "--grace",
    type=RealRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="At the end, how long requests under way may take, and then the delivery.",
)
@click.option(
    "--consent", multiple=True, metavar="NAME[=true|false]", help="The collector's consent to begin with."
)
@click.option("--yes", is_flag=True, help="Send to the real HubSpot.")
@click.option("--json", "as_line", is_flag=True, help="Say as one line of JSON on stdout where it listens.")
@delivery_options
@connection_options
@watching_options
def command(**options: Any) -> None:
    """Take events over HTTP, as a walkerOS collector server does, and deliver them with CONFIG.

    POST one event, a list, or {"batch": [...]}; GET with the event as query string answers a pixel. An event is
    answered when it is in the outbox (without one: when HubSpot took it). /health and /ready are for whoever watches.
    Ends on SIGTERM and SIGINT: what is under way is taken to its end, what waits stays in the outbox. Exit 0: ended so.
    1: events were lost, which takes --no-outbox. 2: it could not run.
    """
    from hubspot_dest.cli.runs.listen import listen  # here, so that --help waits for nothing

    listen(**options)
