"""`hubspot-dest listen CONFIG`: run a collector endpoint in front of the destination."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import (
    FileCommand,
    RealRange,
    connection_options,
    consent_option,
    delivery_options,
    watching_options,
)

__all__ = ["command"]


@click.command("listen", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8080,
    show_default=True,
    envvar="PORT",
    help="0 chooses a free port.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    default=("/collect",),
    show_default=True,
    help="Path at which events are accepted; may be repeated.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Origin whose pages may send, for example https://shop.example; all by default; may be repeated.",
)
@click.option(
    "--secret-env",
    metavar="NAME",
    help="Require `Authorization: Bearer` with the secret in this environment variable.",
)
@click.option(
    "--hmac-env",
    metavar="NAME",
    help="Require X-Signature-256 with the key in this environment variable; see docs/listen.md.",
)
@click.option(
    "--rate-per-address",
    type=RealRange(min=0, min_open=True),
    metavar="N",
    help="Maximum number of requests per second from one address; others get 429.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Maximum number of open connections; beyond it, the one that has been idle longest is closed.",
)
@click.option(
    "--max-batch",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Maximum number of events in one request.",
)
@click.option(
    "--max-body",
    type=click.IntRange(100),
    default=1_048_576,
    show_default=True,
    help="Maximum size of a body, in bytes.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Maximum number of events waiting to be stored; beyond it, senders get 503 and send again.",
)
@click.option(
    "--outbox",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File that keeps accepted events until HubSpot has them; CONFIG.outbox.sqlite3 by default.",
)
@click.option(
    "--sink",
    metavar="URL",
    help="Write events to kafka://HOST/TOPIC or redis://HOST/0?stream=NAME instead; `work` delivers them.",
)
@click.option(
    "--sink-key",
    metavar="PATH",
    help="Path that identifies a person, whose events stay in order; user.email, user.id … by default.",
)
@click.option(
    "--source-option",
    "sink_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of librdkafka or redis-py, for --sink; may be repeated.",
)
@click.option(
    "--no-outbox", is_flag=True, help="Answer after HubSpot has accepted the event; batches wait in memory."
)
@click.option(
    "--grace",
    type=RealRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="At shutdown, the time limit for requests in progress, and then for the delivery.",
)
@consent_option("The collector's initial consent; may be repeated.")
@click.option("--yes", is_flag=True, help="Send to the real HubSpot.")
@click.option("--json", "as_line", is_flag=True, help="Write the address to stdout as a line of JSON.")
@delivery_options
@connection_options
@watching_options
def command(**options: Any) -> None:
    """Accept events over HTTP, as a walkerOS collector server does, and deliver them with CONFIG.

    POST one event, a list, or {"batch": [...]}; GET with the event as query string returns a pixel. The
    response is sent once the event is in the outbox (with --sink: in the stream; without either: once HubSpot has it).
    /health and /ready are for monitoring. SIGTERM and SIGINT shut it down: requests in progress are completed, and
    undelivered events stay in the outbox. Exit 0: shut down, nothing lost. 1: events were lost (with --no-outbox, or
    because the outbox file was removed). 2: it could not run.
    """
    from hubspot_dest.cli.runs.listen import listen  # here, so that --help stays fast

    listen(**options)
