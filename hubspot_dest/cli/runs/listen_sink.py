"""Run `hubspot-dest listen --sink`: write accepted events to Kafka or Redis Streams, for workers to deliver."""

from __future__ import annotations

import socket
import time

from hubspot_dest.cli.console import say
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.instrumentation import Instrumentation
from hubspot_dest.cli.runs.listen import announce, say_first_signal
from hubspot_dest.cli.stream_address import end_with
from hubspot_dest.config.model import Config
from hubspot_dest.events.collector import Collector
from hubspot_dest.listen.app import CollectorEndpoint, ListenSettings
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.publisher import StreamFront, open_publisher

__all__ = ["listen_to_stream"]


def listen_to_stream(
    listener: socket.socket,
    config: Config,
    address: StreamAddress,
    settings: ListenSettings,
    watch: Instrumentation,
    *,
    key: str | None,
    limit: int,
    consent: dict[str, bool],
    grace: float,
    max_connections: int,
    as_line: bool,
) -> ExitCode:
    """Serve until a signal; every event that was answered with 200 is in the stream.

    Args:
        listener: an open socket.
        config: contains the collector's initial state.
        address: the stream that events are written to.
        settings: what the endpoint accepts.
        watch: receives the metrics.
        key: the path that identifies a person.
        limit: the maximum number of waiting events.
        consent: the collector's initial consent.
        grace: the time limit for requests in progress at the end, in seconds.
        max_connections: the maximum number of open connections.
        as_line: whether to write the address to standard output as JSON.

    """
    from hubspot_dest.listen.server import serve

    collector = Collector.begun(config.collector, now_ms=lambda: time.time_ns() // 1_000_000, consent=consent)
    try:
        publisher = open_publisher(address)
    except StreamError as error:
        end_with(error)
    front = StreamFront(collector, publisher, key, limit)
    endpoint = CollectorEndpoint(
        front, settings, answered=watch.watcher.answered, trouble=lambda: front.trouble, probe=front.probe
    )
    if trouble := front.probe():  # the broker may start later
        say(f"warning: {safe_text(trouble, limit=400)}; senders get 503 until it responds")
        endpoint.troubled = trouble

    stream = f"{address.engine}://{','.join(address.hosts)} ({', '.join(address.streams)})"
    target = f"events are written to {safe_text(stream)}"

    def on_signal(number: int, count: int) -> None:
        if count == 1:
            say_first_signal(number)

    async def finish() -> None:
        front.close()

    serve(
        endpoint,
        listener,
        max_connections=max_connections,
        grace_seconds=grace,
        on_ready=lambda: announce(listener, settings, watch, target, as_line=as_line),
        on_signal=on_signal,
        finish=finish,
    )
    say(f"{front.written} events are in the stream, {front.failed} were refused or answered with 503")
    return ExitCode.OK
