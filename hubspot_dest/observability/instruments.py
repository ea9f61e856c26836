"""The metrics, and the Protocol of the backends that record them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

__all__ = ["BUCKETS", "MEASURES", "Instruments", "Measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric.

    Attributes:
        kind: `counter` only grows; `timing` is a histogram of seconds; `gauge` is read on demand.
        help: what it counts.
        labels: low-cardinality labels without personal data.

    """

    kind: Literal["counter", "timing", "gauge"]
    help: str
    labels: tuple[str, ...] = ()


MEASURES: Final[Mapping[str, Measure]] = {
    "events": Measure("counter", "Events by what became of them.", ("stage", "outcome", "reason")),
    "requests": Measure("counter", "Requests to HubSpot by call and answer.", ("call", "status")),
    "request_seconds": Measure("timing", "How long HubSpot took to answer.", ("call",)),
    "http_requests": Measure("counter", "Requests to the collector endpoint by answer.", ("status",)),
    "http_request_seconds": Measure("timing", "How long the collector endpoint took to answer.", ("status",)),
    "queued": Measure("gauge", "Events that wait for their batch, or in the outbox."),
    "waiting_for_consent": Measure("gauge", "Events that wait for consent."),
    "stream_messages": Measure(
        "counter", "Messages of a stream: fetched, and what became of them.", ("result",)
    ),
    "stream_rebalances": Measure("counter", "How often partitions or leases came or went."),
    "stream_pauses": Measure("counter", "How often fetching paused, since HubSpot took nothing."),
    "stream_lost": Measure(
        "counter", "Entries that were trimmed or deleted before any worker had read them."
    ),
    "stream_lag": Measure("gauge", "Messages that wait in this worker's partitions."),
    "stream_partitions": Measure("gauge", "Partitions or streams that this worker has."),
    "stream_paused": Measure("gauge", "1 while fetching is paused."),
    "stream_unread_part": Measure(
        "gauge", "The greatest part of a stream that is unread; at 1 it loses entries."
    ),
}
# Seconds: HubSpot answers within tenths, an outbox within milliseconds.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Instruments(Protocol):
    """Records metrics; safe to use from several threads."""

    def count(self, name: str, labels: Mapping[str, str], by: int = 1) -> None:
        """Increase a counter of `MEASURES`."""

    def time(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Record a duration in seconds."""

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Register the function that reads a gauge."""
