"""Run `hubspot-dest work`."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.instrumentation import Instrumentation, host_and_port, origin, watching
from hubspot_dest.cli.log_handler import complain
from hubspot_dest.cli.options import (
    ConnectionOptions,
    StreamDeliveryOptions,
    WatchingOptions,
    connected,
    consent_states,
    is_real,
    open_config,
)
from hubspot_dest.cli.run_deadline import RunDeadline
from hubspot_dest.cli.stream_address import address_of, end_with
from hubspot_dest.config.model import Config
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.counts import WorkerCounts
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.health import serve_health
from hubspot_dest.streams.opening import open_contacts, open_source
from hubspot_dest.streams.worker import Worker, WorkerSettings

__all__ = ["work"]


def work(
    config: Path,
    source: str,
    yes: bool,
    source_options: tuple[str, ...],
    denied: str,
    consent: tuple[str, ...],
    stop_when_empty: bool,
    max_message: int,
    max_deliveries: int,
    health: str | None,
    as_line: bool,
    delivery: StreamDeliveryOptions,
    reach: ConnectionOptions,
    watched: WatchingOptions,
) -> None:
    """Run `work`; the options are those of `commands/work.py`."""
    complain()
    address = address_of(source, source_options)
    loaded = connected(open_config(config), reach)
    if is_real(loaded) and not yes:
        stop(
            "this would send to the real HubSpot",
            "add --yes, or use --base-url for a HubSpot on this machine",
        )
    settings = WorkerSettings(
        denied="drop" if denied == "drop" else "park",
        max_bytes=max_message,
        max_deliveries=max_deliveries,
        stop_when_empty=stop_when_empty,
        maxlen=address.maxlen,
    )
    with watching(watched, loaded) as watch:
        try:
            worker = _worker(watch, loaded, address, delivery, consent_states(consent, loaded.raw), settings)
            with _health(health, worker):
                code = _run(worker, address, loaded, as_line=as_line)
        except StreamError as error:
            end_with(error)
    raise SystemExit(int(code))


def _worker(
    watch: Instrumentation,
    config: Config,
    address: StreamAddress,
    delivery: StreamDeliveryOptions,
    states: dict[str, bool],
    settings: WorkerSettings,
) -> Worker:
    source = open_source(address)
    try:
        destination: HubSpotDestination = watch.watcher.destination(
            config, consent=states, stream=delivery.settings(open_contacts(address, config.portal))
        )
    except ValueError as error:
        stop(safe_text(error), "--base-url http://127.0.0.1:8080")
    watch.attach(destination)
    worker = Worker(source, destination, settings, say=lambda line: say(safe_text(line, limit=500)))
    _measure(watch, worker.counts)
    return worker


def _measure(watch: Instrumentation, counts: WorkerCounts) -> None:
    """Record the worker's counts as metrics."""

    def on_count(name: str, by: int) -> None:
        if name in ("rebalances", "pauses", "lost"):
            watch.watcher.counted(f"stream_{name}", by)
        else:
            watch.watcher.counted("stream_messages", by, {"result": name})

    counts.on_count = on_count
    watch.watcher.measured("stream_lag", lambda: float(counts.lag or 0))
    watch.watcher.measured("stream_partitions", lambda: float(counts.partitions))
    watch.watcher.measured("stream_paused", lambda: float(counts.paused))
    watch.watcher.measured("stream_unread_part", lambda: counts.nearest)


@contextlib.contextmanager
def _health(given: str | None, worker: Worker) -> Iterator[None]:
    if given is None:
        yield
        return
    host, port = host_and_port("--health", given, example=8081)
    try:
        taken, end = serve_health(host, port, lambda: worker.alive, lambda: worker.unready, worker.status)
    except OSError as error:
        stop(f"--health {safe_text(given)}: {error.strerror or error}", "--health 0")
    say(f"health at {origin(host, taken)}/health")
    try:
        yield
    finally:
        end()


def _run(worker: Worker, address: StreamAddress, config: Config, *, as_line: bool) -> ExitCode:
    def on_first(number: int) -> None:
        say(
            f"{signal.Signals(number).name}: finishing the messages in hand; a second signal ends immediately"
        )
        worker.stop()

    def last_words() -> None:
        say(f"ended by force: {worker.counts.sentence()}; {worker.counts.in_hand} were in hand")

    RunDeadline(on_first, last_words).start()
    say(f"working on {safe_text(address)}; events go to {safe_text(config.connection.host)}")
    error: StreamError | None = None
    gc.freeze()  # modules and configuration stay, so the garbage collector need not search them for every batch
    try:
        worker.run()
    except StreamError as met:
        error = met
    counts = worker.counts
    if as_line:
        print_data(as_json({"source": str(address), **counts.as_dict()}))
        sys.stdout.flush()
    say(counts.sentence())
    if error is not None:
        end_with(error)
    failed = counts.results["dead"] or counts.contacts_refused or counts.lost
    return ExitCode.CHECK_FAILED if failed else ExitCode.OK
