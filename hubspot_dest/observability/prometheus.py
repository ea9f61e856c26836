"""Metrics for Prometheus, through its official client (`hubspot-dest[prometheus]`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server

from hubspot_dest.observability.instruments import BUCKETS, MEASURES

__all__ = ["PrometheusInstruments"]

_PREFIX: Final = "hubspot_dest_"


class PrometheusInstruments:
    """Record metrics in a separate registry, with names that begin with `hubspot_dest_`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[str, Any] = {}
        for name, measure in MEASURES.items():
            full, labels = _PREFIX + name, measure.labels
            if measure.kind == "counter":
                self._known[name] = Counter(full, measure.help, labels, registry=self.registry)
            elif measure.kind == "timing":
                self._known[name] = Histogram(
                    full, measure.help, labels, buckets=BUCKETS, registry=self.registry
                )

    def count(self, name: str, labels: Mapping[str, str], by: int = 1) -> None:
        """Increase a counter."""
        counter = self._known[name]
        (counter.labels(**labels) if labels else counter).inc(by)

    def time(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Record a duration in seconds."""
        self._known[name].labels(**labels).observe(seconds)

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Register an observable gauge."""
        if name not in self._known:
            self._known[name] = Gauge(_PREFIX + name, MEASURES[name].help, registry=self.registry)
        self._known[name].set_function(read)

    def text(self) -> str:
        """Return all metrics in Prometheus' text format."""
        exposed: bytes = generate_latest(self.registry)
        return exposed.decode()

    def serve(self, host: str, port: int) -> tuple[int, Callable[[], None]]:
        """Serve `/metrics` from a background thread.

        Returns:
            The port, and a function that stops the server.

        Raises:
            OSError: the port is in use.

        """
        server, thread = start_http_server(port, addr=host, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(5)

        return int(server.server_address[1]), stop
