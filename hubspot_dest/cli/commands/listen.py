"""`hubspot-dest listen CONFIG`: the collector endpoint in front of the destination."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import RealRange, connection_options, delivery_options, watching_options

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
    help="0 chooses a free port.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    default=("/collect",),
    show_default=True,
    help="Where events are accepted; may be repeated.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Origin whose pages may send, https://shop.example; all by default. May be repeated.",
)
@click.option(
    "--secret-env",
    metavar="NAME",
    help="Require `Authorization: Bearer` with the secret in this environment variable.",
)
@click.option(
    "--hmac-env",
    metavar="NAME",
    help="Require X-Signature-256, made with the key in this environment variable; see docs/listen.md.",
)
@click.option(
    "--rate-per-address",
    type=RealRange(min=0, min_open=True),
    metavar="N",
    help="Requests per second from one address; beyond that 429.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Open connections; beyond that the one that has been idle longest is closed.",
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
    help="Events that may wait to be stored; beyond that senders get 503 and send again.",
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
    help="Put events into kafka://HOST/TOPIC or redis://HOST/0?stream=NAME instead; `work` delivers them.",
)
@click.option(
    "--sink-key",
    metavar="PATH",
    help="What identifies a person, for their order: user.email, user.id … by default.",
)
@click.option(
    "--source-option",
    "sink_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Of librdkafka or redis-py, for --sink. May be repeated.",
)
@click.option("--no-outbox", is_flag=True, help="Answer when HubSpot has the event; batches wait in memory.")
@click.option(
    "--grace",
    type=RealRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="At the end, how long requests in progress may take, and then the delivery.",
)
@click.option(
    "--consent", multiple=True, metavar="NAME[=true|false]", help="The collector's consent to begin with."
)
@click.option("--yes", is_flag=True, help="Send to the real HubSpot.")
@click.option("--json", "as_line", is_flag=True, help="Write the address to stdout as one line of JSON.")
@delivery_options
@connection_options
@watching_options
def command(**options: Any) -> None:
    """Accept events over HTTP, as a walkerOS collector server does, and deliver them with CONFIG.

    POST one event, a list, or {"batch": [...]}; GET with the event as query string answers with a pixel. An event is
    answered when it is in the outbox (with --sink: in the stream; without either: when HubSpot has it). /health and
    /ready are for monitoring. SIGTERM and SIGINT shut it down: requests in progress are completed, and what is not
    delivered stays in the outbox. Exit 0: shut down so. 1: events were lost (with --no-outbox, or when the outbox file
    was removed). 2: it could not run.
    """
    from hubspot_dest.cli.runs.listen import listen  # here, so that --help loads nothing else

    listen(**options)
