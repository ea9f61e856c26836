"""When a request may be sent: limits, pauses and outages together, contacts and events apart."""

from __future__ import annotations

import math
import random

from hubspot_dest.delivery.dispatch.breaker import Breaker
from hubspot_dest.delivery.dispatch.in_flight import What
from hubspot_dest.delivery.dispatch.rate import RateBudget

__all__ = ["Throttle"]


class Throttle:
    """A budget and two breakers: HubSpot's contacts may be down while its events are not.

    Args:
        budget: the rate limits.
        rng: draws the jitter.

    """

    def __init__(self, budget: RateBudget, rng: random.Random) -> None:
        self.budget = budget
        self._breakers: dict[What, Breaker] = {"contacts": Breaker(rng), "events": Breaker(rng)}

    def delay(self, what: What, now: float) -> float:
        """Return how many seconds until a request may be sent; infinity while another probes an outage."""
        rest = self._breakers[what].delay(now)
        return math.inf if rest is None else max(rest, self.budget.delay(what, now))

    def outage(self, what: What) -> bool:
        """Tell whether HubSpot does not answer such requests."""
        return self._breakers[what].open

    def sending(self, what: What, now: float) -> None:
        """Note that a request is sent."""
        self.budget.take(what, now)
        self._breakers[what].sending()

    def withdrawn(self, what: What) -> None:
        """Note that a request was not sent after all."""
        self._breakers[what].probing = False

    def answered(self, what: What) -> None:
        """Note an answer, whatever it says: HubSpot is there."""
        self._breakers[what].succeeded()

    def failed(self, what: What, now: float) -> None:
        """Note a failure that may be an outage."""
        self._breakers[what].failed(now)
