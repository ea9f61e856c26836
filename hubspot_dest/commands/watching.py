"""Options that say what is written down while events go out: the trail, metrics, progress."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from hubspot_dest.config import Config
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.saying import safe_text, say, stop
from hubspot_dest.watching.instruments import Instruments
from hubspot_dest.watching.trail import Trail
from hubspot_dest.watching.watcher import Watcher

__all__ = ["Watching", "WatchingOptions", "watching", "watching_options"]

F = TypeVar("F", bound=Callable[..., Any])
_ON_A_TERMINAL: Final = 1.0
_IN_A_LOG: Final = 10.0


def watching_options(function: F) -> F:
    """Add --trail, --metrics, --otel and --progress."""
    decorators = [
        click.option(
            "--trail",
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            metavar="FILE",
            help="Write what becomes of every event to FILE, as JSON Lines; - for stderr. See `follow`.",
        ),
        click.option(
            "--metrics",
            metavar="[HOST:]PORT",
            help="Answer Prometheus at /metrics on this port; 0 takes a free one.",
        ),
        click.option(
            "--otel", is_flag=True, help="Counts and timings to OpenTelemetry, as its environment says."
        ),
        click.option(
            "--progress", "shows_progress", is_flag=True, help="Say every ten seconds how far it is."
        ),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


@dataclass(frozen=True, slots=True)
class WatchingOptions:
    """What was asked for on the command line."""

    trail: Path | None
    metrics: str | None
    otel: bool
    shows_progress: bool


@dataclass(slots=True)
class Watching:
    """What watches a run.

    Attributes:
        watcher: makes destinations that are watched.
        metrics_url: where Prometheus is answered; None for nowhere.

    """

    watcher: Watcher
    metrics_url: str | None
    shows_progress: bool
    _said_at: float = 0.0
    _said: int = 0

    def progress(self, taken: int, failed: int, destination: HubSpotDestination) -> None:
        """Say how far it is, if that was asked for and was not said just now."""
        if not self.shows_progress:
            return
        now = time.monotonic()
        if self._said_at == 0.0:
            self._said_at = now
        terminal = sys.stderr.isatty()
        passed = now - self._said_at
        if passed < (_ON_A_TERMINAL if terminal else _IN_A_LOG):
            return
        rate = (taken - self._said) / passed
        self._said_at, self._said = now, taken
        line = (
            f"{taken} events taken, {rate:.0f} a second; {failed} failed, {destination.queued} on their way"
        )
        if terminal:
            sys.stderr.write(f"\r{line:<78}")
            sys.stderr.flush()
        else:
            say(line)


@contextlib.contextmanager
def watching(options: WatchingOptions, config: Config) -> Iterator[Watching]:
    """Set up what was asked for, and take it down at the end; what cannot be set up ends the command."""
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
                trail = Trail(options.trail, token=config.token.get_secret_value())
            except OSError as error:
                stop(f"--trail {safe_text(options.trail)} cannot be written: {error.strerror or error}")
            stack.callback(trail.close)
        yield Watching(Watcher(*instruments, trail=trail), url, options.shows_progress)


def _serve_prometheus(address: str, instruments: list[Instruments], stack: contextlib.ExitStack) -> str:
    if importlib.util.find_spec("prometheus_client") is None:
        stop(
            "metrics need Prometheus' client, which is not installed",
            "pip install 'hubspot-dest[prometheus]'",
        )
    from hubspot_dest.watching.prometheus import PrometheusInstruments

    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit() or int(port) > 65_535:
        stop(f"--metrics {safe_text(address)!r} is no port", "--metrics 9464, or --metrics 0.0.0.0:9464")
    made = PrometheusInstruments()
    try:
        taken, end = made.serve(host, int(port))
    except OSError as error:
        stop(f"--metrics {safe_text(address)}: {error.strerror or error}", "--metrics 0")
    stack.callback(end)
    instruments.append(made)
    return f"http://{f'[{host}]' if ':' in host else host}:{taken}/metrics"


def _telemetry(stack: contextlib.ExitStack) -> Instruments:
    """Return instruments for OpenTelemetry; where nobody set a provider up, its environment variables do."""
    if importlib.util.find_spec("opentelemetry") is None:
        stop("--otel needs OpenTelemetry, which is not installed", "pip install 'hubspot-dest[otel]'")
    from hubspot_dest.watching.telemetry import OtelInstruments, configured_provider

    try:
        provider, end = configured_provider()
    except (ImportError, RuntimeError, ValueError) as error:
        stop(f"--otel: {safe_text(error, limit=200)}", "pip install 'hubspot-dest[otel]'")
    stack.callback(end)
    return OtelInstruments(provider)
