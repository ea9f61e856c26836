"""The observer: receives every outcome and every HTTP exchange, for the trail and the metrics."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import HubSpotClient, occurrence_uuid
from hubspot_dest.delivery.client.exchange import Exchange
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.masking.secret import Secret
from hubspot_dest.observability.instruments import Instruments
from hubspot_dest.observability.trail import Trail
from hubspot_dest.outcome import Outcome

__all__ = ["Observer"]

_REACHED: Final = ("sent", "queued")


class Observer:
    """Observe destinations.

    >>> observer = Observer(PrometheusInstruments(), trail=Trail("trail.jsonl"))  # doctest: +SKIP
    >>> destination = observer.destination(config, outbox="events.sqlite3")  # doctest: +SKIP

    Args:
        instruments: record the metrics.
        trail: receives a line per outcome and exchange.

    Attributes:
        line_of: returns the source line of an event by its id, or None.

    """

    def __init__(self, *instruments: Instruments, trail: Trail | None = None) -> None:
        self._instruments = instruments
        self._trail = trail
        self._thread = threading.local()
        self.line_of: Callable[[str], int | None] = lambda event_id: None  # noqa: ARG005

    def destination(
        self, config: Config | dict[str, Any], *, base_url: str | None = None, **options: Any
    ) -> HubSpotDestination:
        """Return an observed destination; the arguments are those of `HubSpotDestination`.

        Raises:
            ConfigError: see `HubSpotDestination`, which may also raise other errors.

        """
        loaded = config if isinstance(config, Config) else Config.strict(config)
        if base_url is not None:
            loaded = replace(loaded, connection=replace(loaded.connection, base_url=base_url))
        listeners = (self.on_outcome, *options.pop("listeners", ()))
        observed = HubSpotDestination(
            loaded, client_factory=self.client_factory(loaded), listeners=listeners, **options
        )
        for instrument in self._instruments:
            instrument.gauge("queued", lambda: observed.queued)
            instrument.gauge("waiting_for_consent", lambda: observed.waiting)
        return observed

    def client_factory(self, config: Config) -> Callable[[Secret], HubSpotClient]:
        """Return a client factory whose clients report their exchanges."""

        def make(token: Secret) -> HubSpotClient:
            return HubSpotClient(
                token,
                timeout_seconds=config.timeout_ms / 1000,
                connection=config.connection,
                on_exchange=self.exchanged,
            )

        return make

    # ---- notifications

    def exchanged(self, exchange: Exchange) -> None:
        """Record an exchange; called by the thread that made the request."""
        status = str(exchange.status) if exchange.status is not None else exchange.error or "none"
        for instrument in self._instruments:
            instrument.count("requests", {"call": exchange.call, "status": status})
            instrument.time("request_seconds", {"call": exchange.call}, exchange.seconds)
        if self._trail is None:
            return
        self._exchanges().append(exchange)
        if exchange.error is not None:
            level = logging.WARNING
            self._trail.write(level, {"kind": "request", "call": exchange.call, **_answer(exchange)})

    def on_outcome(self, outcome: Outcome) -> None:
        """Record an outcome; called by the thread that produced it."""
        count = max(1, len(outcome.events))
        # With an outbox, an event has two outcomes: when it is accepted, and when HubSpot has answered.
        delivered = outcome.kind == "flushed" or outcome.delivery
        labels = {
            "stage": "delivered" if delivered else "accepted",
            "outcome": outcome.kind,
            "reason": outcome.reason,
        }
        for instrument in self._instruments:
            instrument.count("events", labels, count)
        if self._trail is not None:
            level = logging.ERROR if not outcome.ok else logging.INFO
            self._trail.write(level, self._record(outcome, self._answers(outcome)))

    def answered(self, status: int, seconds: float) -> None:
        """Record a response of the collector endpoint."""
        labels = {"status": str(status)}
        for instrument in self._instruments:
            instrument.count("http_requests", labels)
            instrument.time("http_request_seconds", labels, seconds)

    def counted(self, name: str, by: int = 1, labels: Mapping[str, str] | None = None) -> None:
        """Increase a counter of `MEASURES`."""
        for instrument in self._instruments:
            instrument.count(name, labels or {}, by)

    def measured(self, name: str, read: Callable[[], float]) -> None:
        """Register the function that reads a gauge of `MEASURES`."""
        for instrument in self._instruments:
            instrument.gauge(name, read)

    # ---- the trail

    def _exchanges(self) -> deque[Exchange]:
        """Return this thread's exchanges since its last outcome."""
        known: deque[Exchange] | None = getattr(self._thread, "exchanges", None)
        if known is None:
            known = self._thread.exchanges = deque(maxlen=1000)
        return known

    def _answers(self, outcome: Outcome) -> list[Exchange]:
        """Return the exchanges of an outcome; outcomes arrive in the order of their calls."""
        exchanges = self._exchanges()
        if outcome.delivery:
            # Failed attempts have their own lines; the last exchange is the answer.
            last = [exchanges[-1]] if exchanges and (outcome.calls or outcome.error) else []
            exchanges.clear()
            return last
        unsent = outcome.error is not None and outcome.error.kind == "impossible"
        count = len(outcome.calls) - (1 if unsent and outcome.calls else 0)
        return [exchanges.popleft() for _ in range(min(count, len(exchanges)))]

    def _record(self, outcome: Outcome, answers: Iterable[Exchange]) -> dict[str, Any]:
        record: dict[str, Any] = {
            "kind": "batch" if outcome.events else "event",
            "id": outcome.event_id or None,
            "line": self.line_of(outcome.event_id) if outcome.event_id else None,
            "event": outcome.name or None,
            "outcome": outcome.kind,
            "reason": outcome.reason,
            "sentence": outcome.sentence or None,
            "rule": outcome.rule_key or None,
            "uuid": occurrence_uuid(outcome.event_id) if outcome.event_id and _has_uuid(outcome) else None,
            "events": list(outcome.events) or None,
            "calls": [call[0] for call in outcome.calls] or None,
            "answers": [_answer(answer) for answer in answers] or None,
            "error": outcome.error.as_dict() if outcome.error is not None else None,
        }
        return {name: value for name, value in record.items() if value is not None}


def _has_uuid(outcome: Outcome) -> bool:
    plan = outcome.plan
    if plan is None or plan.occurrence is None:
        return outcome.kind in _REACHED
    return "uuid" in plan.occurrence


def _answer(exchange: Exchange) -> dict[str, Any]:
    known = {
        "status": exchange.status,
        "seconds": round(exchange.seconds, 6),
        "correlationId": exchange.correlation_id,
        "error": exchange.error,
    }
    return {name: value for name, value in known.items() if value is not None}
