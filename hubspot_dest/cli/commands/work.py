"""`hubspot-dest work CONFIG SOURCE`: deliver events from Kafka or Redis Streams, as a member of a worker group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import (
    FileCommand,
    connection_options,
    consent_option,
    stream_delivery_options,
    watching_options,
)

__all__ = ["command"]


@click.command("work", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")
@click.argument("source", metavar="SOURCE")
@click.option("--yes", is_flag=True, help="Send to the real HubSpot.")
@click.option(
    "--source-option",
    "source_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of librdkafka or redis-py, such as security.protocol=SASL_SSL; may be repeated. Secrets come from "
    "the environment.",
)
@click.option(
    "--denied",
    type=click.Choice(["park", "drop"]),
    default="park",
    show_default=True,
    help="Events whose consent is missing: park writes them to the waiting topic, drop only counts them.",
)
@consent_option("The collector's initial consent; may be repeated.")
@click.option("--stop-when-empty", is_flag=True, help="Exit when nothing is left to fetch.")
@click.option(
    "--max-message",
    type=click.IntRange(100),
    default=1_048_576,
    show_default=True,
    help="Maximum size of a message, in bytes; a longer one becomes a dead letter.",
)
@click.option(
    "--max-deliveries",
    type=click.IntRange(2),
    default=20,
    show_default=True,
    help="Redis: an entry that was delivered to workers more often becomes a dead letter.",
)
@click.option("--health", metavar="[HOST:]PORT", help="Answer /health, /ready and /status on this port.")
@click.option("--json", "as_line", is_flag=True, help="Write the result to stdout as a line of JSON.")
@stream_delivery_options
@connection_options
@watching_options
def command(**options: Any) -> None:
    """Deliver the events of SOURCE with CONFIG, as a member of a worker group.

    SOURCE is kafka://HOST:9092/TOPIC?group=NAME, redis://HOST:6379/0?stream=NAME&group=NAME, or rediss:// for TLS.
    dead= and waiting= name the topics or streams for dead letters and for events that wait for consent; the defaults
    are SOURCE.dead and SOURCE.waiting (`hubspot-dest outbox`). Credentials come from the environment: KAFKA_USERNAME
    and KAFKA_PASSWORD, REDIS_USERNAME and REDIS_PASSWORD. A message is committed after HubSpot has accepted it. After
    SIGTERM or SIGINT, the messages in hand are finished and the partitions are handed over, within ten seconds.

    Exit 0: shut down; everything that was fetched is delivered, skipped, waiting or handed back. 1: there are new dead
    letters, or a stream was trimmed before it was read. 2: it could not run. 130 or 143: ended by force.
    """
    from hubspot_dest.cli.runs.work import work  # here, so that --help stays fast

    work(**options)
