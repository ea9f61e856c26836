"""Metrics for OpenTelemetry (`hubspot-dest[otel]`), through the program's meter provider."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from typing import Any, Final

from opentelemetry import metrics

from hubspot_dest._version import __version__
from hubspot_dest.observability.instruments import BUCKETS, MEASURES

__all__ = ["OtelInstruments", "configured_provider"]

_PREFIX: Final = "hubspot_dest."
_EXPORTER_NAMES: Final = {"otlp": "otlp_proto_http"}


class OtelInstruments:
    """Record metrics with OpenTelemetry, with names that begin with `hubspot_dest.`.

    Args:
        provider: the meter provider; by default the program's global one.

    """

    def __init__(self, provider: Any = None) -> None:
        meter = metrics.get_meter("hubspot_dest", __version__, meter_provider=provider)
        self._meter = meter
        self._known: dict[str, Any] = {}
        for name, measure in MEASURES.items():
            full = _PREFIX + name
            if measure.kind == "counter":
                self._known[name] = meter.create_counter(full, description=measure.help)
            elif measure.kind == "timing":
                self._known[name] = meter.create_histogram(
                    full,
                    unit="s",
                    description=measure.help,
                    explicit_bucket_boundaries_advisory=list(BUCKETS),
                )

    def count(self, name: str, labels: Mapping[str, str], by: int = 1) -> None:
        """Increase a counter."""
        self._known[name].add(by, dict(labels))

    def time(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Record a duration in seconds."""
        self._known[name].record(seconds, dict(labels))

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Register an observable gauge."""

        def observe(options: Any) -> Iterable[metrics.Observation]:  # noqa: ARG001 - the signature of a callback
            return [metrics.Observation(read())]

        self._known[name] = self._meter.create_observable_gauge(
            _PREFIX + name, callbacks=[observe], description=MEASURES[name].help
        )


def configured_provider() -> tuple[Any, Callable[[], None]]:
    """Return a meter provider configured by the `OTEL_…` environment variables, and its shutdown function.

    A provider configured by the program or by `opentelemetry-instrument` is used unchanged.

    Raises:
        ImportError: the SDK or the requested exporter is not installed.
        RuntimeError: the exporter cannot be loaded.

    """
    known = metrics.get_meter_provider()
    if hasattr(known, "shutdown"):
        return known, lambda: None
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader

    name = os.environ.get("OTEL_METRICS_EXPORTER", "otlp").split(",")[0].strip()
    exporters = list(
        entry_points(group="opentelemetry_metrics_exporter", name=_EXPORTER_NAMES.get(name, name))
    )
    if not exporters:
        msg = f"no metrics exporter {name!r} is installed (OTEL_METRICS_EXPORTER)"
        raise RuntimeError(msg)
    exporter: MetricExporter = exporters[0].load()()
    provider = MeterProvider([PeriodicExportingMetricReader(exporter)])

    def shut_down() -> None:
        provider.shutdown()

    return provider, shut_down
