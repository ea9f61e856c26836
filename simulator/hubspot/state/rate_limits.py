"""Rate limits of an account, and their headers (HubSpot wire facts, section 6)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hubspot_dest.checks.limits import CONTACT_CALLS_A_DAY
from simulator.hubspot.state.behaviours import Behaviours

__all__ = ["DAY_SECONDS", "LimitExceededError", "RateLimits"]

_TEN_SECONDS: Final = {"starter": 100, "professional": 190, "enterprise": 190}
_SEARCHES: Final = 5
DAY_SECONDS: Final = 86_400.0


@dataclass(slots=True)
class LimitExceededError(Exception):
    """A request exceeded a rate limit.

    Attributes:
        policy: HubSpot's name of the limit: `DAILY`, `SECONDLY`, `TEN_SECONDLY_ROLLING`.
        retry_after: seconds in the header `Retry-After`; 0 sends no header.

    """

    policy: str
    retry_after: int = 0


class RateLimits:
    """Request counts of one account. Days end at midnight UTC, whereas HubSpot uses the account's time zone."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Reset all counts."""
        self._calls: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._sends: deque[float] = deque()
        self._day, self._today = -1, 0

    def count_send(self, behaviours: Behaviours, now: float) -> None:
        """Count a send request, which has its own limit (section 1.5). Raises LimitExceededError."""
        if behaviours.enforce_rate_limits:
            self._take(self._sends, 1.0, behaviours.events_rps, now, "SECONDLY", behaviours)

    def count_search(self, behaviours: Behaviours, now: float) -> None:
        """Count a search: five per second, without headers. Raises LimitExceededError."""
        self._count_day(behaviours, now)
        if behaviours.enforce_rate_limits:
            self._take(self._searches, 1.0, _SEARCHES, now, "SECONDLY", behaviours)

    def count_call(self, behaviours: Behaviours, now: float) -> Sequence[tuple[str, str]]:
        """Count any other call; return its rate-limit headers. Raises LimitExceededError."""
        limit, daily = _TEN_SECONDS[behaviours.tier], self.daily(behaviours)
        self._count_day(behaviours, now)
        if behaviours.enforce_rate_limits:
            self._take(self._calls, 10.0, limit, now, "TEN_SECONDLY_ROLLING", behaviours)
        else:
            _forget(self._calls, now - 10.0)
            self._calls.append(now)
        return (
            ("X-HubSpot-RateLimit-Daily", str(daily)),
            ("X-HubSpot-RateLimit-Daily-Remaining", str(max(0, daily - self._today))),
            ("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"),
            ("X-HubSpot-RateLimit-Max", str(limit)),
            ("X-HubSpot-RateLimit-Remaining", str(max(0, limit - len(self._calls)))),
        )

    def today(self, now: float) -> int:
        """Return the number of calls on the day (UTC) of `now`."""
        return self._today if math.floor(now / DAY_SECONDS) == self._day else 0

    @staticmethod
    def daily(behaviours: Behaviours) -> int:
        """Return the maximum number of calls per day."""
        return behaviours.quota_calls or CONTACT_CALLS_A_DAY[behaviours.tier]

    def _count_day(self, behaviours: Behaviours, now: float) -> None:
        day = math.floor(now / DAY_SECONDS)
        if day != self._day:
            self._day, self._today = day, 0
        enforced = behaviours.enforce_rate_limits or behaviours.quota_calls > 0
        if enforced and self._today >= self.daily(behaviours):
            raise LimitExceededError("DAILY", behaviours.retry_after_on_429)
        self._today += 1

    @staticmethod
    def _take(
        taken: deque[float],
        seconds: float,
        limit: int,
        now: float,
        policy: str,
        behaviours: Behaviours,
    ) -> None:
        _forget(taken, now - seconds)
        if len(taken) >= limit:
            raise LimitExceededError(policy, behaviours.retry_after_on_429)
        taken.append(now)


def _forget(taken: deque[float], before: float) -> None:
    while taken and taken[0] <= before:
        taken.popleft()
