"""The metrics, and the Protocol of the backends that record them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

__all__ = ["BUCKETS", "MEASURES", "Instruments", "Measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric.

    Attributes:
        kind: `counter` only grows; `timing` is a histogram of seconds; `gauge` is read on demand.
        help: the description of the metric.
        labels: low-cardinality labels without personal data.

    """

    kind: Literal["counter", "timing", "gauge"]
    help: str
    labels: tuple[str, ...] = ()


MEASURES: Final[Mapping[str, Measure]] = {
    "events": Measure("counter", "Events by outcome.", ("stage", "outcome", "reason")),
    "requests": Measure("counter", "Requests to HubSpot by call and response status.", ("call", "status")),
    "request_seconds": Measure("timing", "Response time of HubSpot.", ("call",)),
    "http_requests": Measure(
        "counter", "Requests to the collector endpoint by response status.", ("status",)
    ),
    "http_request_seconds": Measure("timing", "Response time of the collector endpoint.", ("status",)),
    "queued": Measure("gauge", "Events waiting for their batch, or in the outbox."),
    "waiting_for_consent": Measure("gauge", "Events waiting for consent."),
    "stream_messages": Measure("counter", "Messages of a stream, fetched and by result.", ("result",)),
    "stream_rebalances": Measure("counter", "Assignments and revocations of partitions or leases."),
    "stream_pauses": Measure("counter", "Pauses of fetching because HubSpot accepted nothing."),
    "stream_lost": Measure("counter", "Entries trimmed or deleted before any worker had read them."),
    "stream_lag": Measure("gauge", "Messages waiting in this worker's partitions."),
    "stream_partitions": Measure("gauge", "Partitions or streams assigned to this worker."),
    "stream_paused": Measure("gauge", "1 while fetching is paused."),
    "stream_unread_part": Measure("gauge", "The largest unread fraction of a stream; at 1 it loses entries."),
}
# In seconds: HubSpot responds within tenths of a second, an outbox within milliseconds.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Instruments(Protocol):
    """A backend that records metrics; it may be used from several threads."""

    def count(self, name: str, labels: Mapping[str, str], by: int = 1) -> None:
        """Increase a counter of `MEASURES`."""

    def time(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Record a duration in seconds."""

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Register the function that reads a gauge."""
