"""When a request may be sent: rate limits, pauses and outages. Pure: time is passed in.

`RateBudget` stays below HubSpot's limits by what its answers say, so that 429 is the exception. Account limits count
contact calls; sends are exempt from them and have a limit of their own (HubSpot wire facts, sections 1.5 and 6).
`Breaker` detects an outage. `Throttle` combines both, for contacts and events apart.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["Breaker", "Bucket", "RateBudget", "Throttle", "What"]

What = Literal["contacts", "events"]

_LOWEST_TIER: Final = 100
"""Per ten seconds: what a private app may send on a free account, until an answer names the account's own limit."""
_SENDS_PER_SECOND: Final = 1250
# Shares of the ten-second limit: per second, at once, left to others.
_SUSTAINED, _BURST, _RESERVE = 0.08, 0.15, 0.05


class Bucket:
    """A token bucket: `rate` a second, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = max(1.0, burst)
        self._tokens = self.burst
        self._at: float | None = None

    def delay(self, now: float) -> float:
        """Return how many seconds until there is a token."""
        self._refill(now)
        return 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self.rate

    def take(self, now: float) -> None:
        """Take a token; the balance may fall below zero where several take at once."""
        self._refill(now)
        self._tokens -= 1.0

    def resize(self, rate: float, burst: float) -> None:
        """Change what the bucket gives from now on."""
        self.rate, self.burst = rate, max(1.0, burst)
        self._tokens = min(self._tokens, self.burst)

    def _refill(self, now: float) -> None:
        if self._at is not None and now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        if self._at is None or now > self._at:
            self._at = now


class RateBudget:
    """How many requests may be sent now, contacts and events apart.

    In any ten seconds at most 95 % of the account's limit is used: 80 % sustained and 15 % at once. The rest is for
    other programs with the same token.

    Args:
        max_rps: requests a second of all kinds together, as the user set it; None for HubSpot's limits only.

    """

    def __init__(self, max_rps: float | None = None) -> None:
        self._all = None if max_rps is None else Bucket(max_rps, min(max_rps, 10.0))
        self._contacts = Bucket(_LOWEST_TIER * _SUSTAINED, _LOWEST_TIER * _BURST)
        self._events = Bucket(_SENDS_PER_SECOND * 0.9, _SENDS_PER_SECOND * 0.05)
        self._limit = _LOWEST_TIER
        self._in_ten: float = _LOWEST_TIER
        self._part = 1.0
        self._until: dict[str, float] = {}

    def delay(self, what: What, now: float) -> float:
        """Return how many seconds until a request of this kind may be sent; 0 for now."""
        bucket = self._contacts if what == "contacts" else self._events
        wait = max(bucket.delay(now), self._until.get(what, 0.0) - now, self._until.get("all", 0.0) - now)
        return max(wait, self._all.delay(now)) if self._all is not None else wait

    def take(self, what: What, now: float) -> None:
        """Note that a request is sent."""
        (self._contacts if what == "contacts" else self._events).take(now)
        if self._all is not None:
            self._all.take(now)

    def pause(self, scope: Literal["contacts", "events", "all"], until: float) -> None:
        """Send nothing of this scope before `until`."""
        self._until[scope] = max(until, self._until.get(scope, 0.0))

    def paused(self, scope: str, now: float) -> bool:
        """Tell whether this scope itself is paused."""
        return self._until.get(scope, 0.0) > now

    def resume(self) -> None:
        """Forget every pause."""
        self._until.clear()

    def share(self, part: float) -> None:
        """Use only a share of the account's contact limit (above 0, at most 1); the rest is for other programs."""
        if part != self._part:
            self._part = part
            self._resize()

    def _resize(self) -> None:
        own = self._in_ten * self._part
        self._contacts.resize(own * _SUSTAINED, own * _BURST)

    def observe(self, headers: Mapping[str, str], now: float) -> None:
        """Learn from an answer's headers; answers to sends have none."""
        limit = _number(headers, "X-HubSpot-RateLimit-Max")
        interval = _number(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
        if limit and interval and limit != self._limit:
            self._limit = limit
            self._in_ten = limit * 10_000 / interval
            self._resize()
        remaining = _number(headers, "X-HubSpot-RateLimit-Remaining")
        if limit and interval and remaining is not None and remaining <= limit * _RESERVE:
            # Another program uses the same budget: let a tenth of the interval roll over.
            self.pause("contacts", now + interval / 10_000)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name)
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None


class Breaker:
    """Detects an outage: after `failures` in a row, one request at a time probes whether it is over.

    Args:
        failures: how many in a row make an outage.
        first_seconds: the first wait; it doubles up to `cap_seconds`.
        cap_seconds: the longest wait between two probes.
        rng: draws the jitter: between half of the wait and all of it, so that there is always a pause.

    """

    def __init__(
        self,
        rng: random.Random,
        *,
        failures: int = 5,
        first_seconds: float = 1.0,
        cap_seconds: float = 30.0,
    ) -> None:
        self._rng = rng
        self._failures = failures
        self._first, self._cap = first_seconds, cap_seconds
        self._consecutive = 0
        self._until = 0.0
        self._wait = first_seconds
        self.probing = False

    @property
    def open(self) -> bool:
        """Whether there is an outage."""
        return self._consecutive >= self._failures

    def delay(self, now: float) -> float | None:
        """Return how long nothing may be sent: 0 for now; None while another request probes."""
        if not self.open:
            return 0.0
        return None if self.probing else max(0.0, self._until - now)

    def sending(self) -> None:
        """Record that a request is sent; during an outage it is the probe."""
        self.probing = self.open

    def succeeded(self) -> None:
        """Note an answer, which shows that HubSpot is reachable."""
        self._consecutive, self._wait, self.probing = 0, self._first, False

    def failed(self, now: float) -> None:
        """Note a failure that may be an outage."""
        self._consecutive += 1
        self.probing = False
        if self.open:
            self._until = now + self._wait * (0.5 + self._rng.random() / 2)
            self._wait = min(self._cap, self._wait * 2)


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
        """Note an answer of any kind: HubSpot is reachable."""
        self._breakers[what].succeeded()

    def failed(self, what: What, now: float) -> None:
        """Note a failure that may be an outage."""
        self._breakers[what].failed(now)
