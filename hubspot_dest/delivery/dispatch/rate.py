"""Stay below HubSpot's limits by what its answers say, so that 429 is the exception. Pure: time is passed in.

Account limits count contact calls; sends are exempt from them and have a limit of their own (HubSpot wire facts,
sections 1.5 and 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["Bucket", "RateBudget"]

What = Literal["contacts", "events"]

_LOWEST_TIER: Final = (
    100  # per ten seconds; what a private app may on a free account, until an answer tells more
)
_SENDS_PER_SECOND: Final = 1250
_SUSTAINED, _BURST, _RESERVE = (
    0.08,
    0.15,
    0.05,
)  # of the ten-second limit: per second, at once, left to others


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
        max_rps: requests a second of all kinds together, by the user's wish; None for HubSpot's limits only.

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
        """Tell whether this very scope is paused."""
        return self._until.get(scope, 0.0) > now

    def resume(self) -> None:
        """Forget every pause."""
        self._until.clear()

    def share(self, part: float) -> None:
        """Use only a part of the account's contact limit, above 0 to 1; others with this token have the rest."""
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
