"""Set up the observation of a run: trail, metrics and progress."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import progress, say, stop
from hubspot_dest.cli.options import WatchingOptions
from hubspot_dest.config.model import Config
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.observability.instruments import Instruments
from hubspot_dest.observability.observer import Observer
from hubspot_dest.observability.trail import Trail
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.safe_text import safe_text

__all__ = ["Instrumentation", "host_and_port", "origin", "watching"]

_ON_A_TERMINAL: Final = 1.0
_IN_A_LOG: Final = 10.0


@dataclass(slots=True)
class Instrumentation:
    """The observation of a run.

    Attributes:
        watcher: creates observed destinations.
        metrics_url: the URL that Prometheus scrapes; None without metrics.
        shows_progress: whether progress is reported.

    """

    watcher: Observer
    metrics_url: str | None
    shows_progress: bool

    def attach(self, destination: HubSpotDestination) -> None:
        """Report the progress of a destination, if requested."""
        if self.shows_progress:
            destination.listeners.append(_ProgressPrinter(destination).on_outcome)


class _ProgressPrinter:
    """Reports progress every second on a terminal, and every ten seconds elsewhere."""

    def __init__(self, destination: HubSpotDestination) -> None:
        self._destination = destination
        self._lock = threading.Lock()
        self._taken = self._failed = self._said = 0
        self._said_at = time.monotonic()

    def on_outcome(self, outcome: Outcome) -> None:
        """Count an outcome, and report progress if it is due."""
        with self._lock:
            self._failed += outcome.kind == "failed"
            self._taken += not outcome.delivery and not outcome.events
            terminal = sys.stderr.isatty()
            now = time.monotonic()
            passed = now - self._said_at
            if passed < (_ON_A_TERMINAL if terminal else _IN_A_LOG):
                return
            rate = (self._taken - self._said) / passed
            self._said_at, self._said = now, self._taken
            left = self._destination.queued
            taken = f"{amount(self._taken, 'event')} accepted, {rate:.0f} per second"
            line = f"{taken}; {self._failed} failed, {left} events and contacts waiting"
        if terminal:
            progress(line)
        else:
            say(line)


@contextlib.contextmanager
def watching(options: WatchingOptions, config: Config) -> Iterator[Instrumentation]:
    """Set up the requested observation and shut it down at the end; exit with code 2 if it cannot be set up."""
    instruments: list[Instruments] = []
    with contextlib.ExitStack() as stack:
        url = None
        if options.metrics is not None:
            url = _serve_prometheus(options.metrics, instruments, stack)
            say(f"metrics at {url}")
        if options.otel:
            instruments.append(_telemetry(stack))
        trail = None
        if options.trail is not None:
            try:
                trail = Trail(
                    options.trail,
                    token=config.token.get_secret_value(),
                    on_error=partial(_trail_failed, options.trail),
                )
            except OSError as error:
                stop(f"--trail {safe_text(options.trail)} cannot be written: {error.strerror or error}")
            stack.callback(trail.close)
        yield Instrumentation(Observer(*instruments, trail=trail), url, options.shows_progress)


def _trail_failed(path: Path, error: OSError) -> None:
    reason = error.strerror or error
    say(
        f"warning: --trail {safe_text(path)} cannot be written: {reason}; events are delivered without a trail"
    )


def _serve_prometheus(address: str, instruments: list[Instruments], stack: contextlib.ExitStack) -> str:
    if importlib.util.find_spec("prometheus_client") is None:
        stop(
            "--metrics needs prometheus_client, which is not installed",
            "pip install 'hubspot-dest[prometheus]'",
        )
    from hubspot_dest.observability.prometheus import PrometheusInstruments

    host, port = host_and_port("--metrics", address, example=9464)
    made = PrometheusInstruments()
    try:
        taken, end = made.serve(host, port)
    except OSError as error:
        stop(f"--metrics {safe_text(address)}: {error.strerror or error}", "--metrics 0")
    stack.callback(end)
    instruments.append(made)
    return f"{origin(host, taken)}/metrics"


def host_and_port(option: str, given: str, *, example: int) -> tuple[str, int]:
    """Return host and port of `[HOST:]PORT`, this machine by default; exit with code 2 if it is no port.

    Args:
        option: the name of the option, for the message.
        given: its value.
        example: a port, for the message.

    """
    host, _, port = given.rpartition(":")
    if not (port.isdigit() and port.isascii()) or int(port) > 65_535:
        stop(
            f"{option} {safe_text(given)!r} is not a port",
            f"{option} {example}, or {option} 0.0.0.0:{example}",
        )
    return host.strip("[]") or "127.0.0.1", int(port)


def origin(host: str, port: int) -> str:
    """Return the address of a server: `http://127.0.0.1:8080`, `http://[::1]:8080`."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _telemetry(stack: contextlib.ExitStack) -> Instruments:
    """Return instruments for OpenTelemetry; without a provider, one is configured from environment variables."""
    if importlib.util.find_spec("opentelemetry") is None:
        stop("--otel needs OpenTelemetry, which is not installed", "pip install 'hubspot-dest[otel]'")
    from hubspot_dest.observability.opentelemetry import OtelInstruments, configured_provider

    try:
        provider, end = configured_provider()
    except (ImportError, RuntimeError, ValueError) as error:
        stop(f"--otel: {safe_text(error, limit=200)}", "pip install 'hubspot-dest[otel]'")
    stack.callback(end)
    return OtelInstruments(provider)
