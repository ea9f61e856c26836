"""How much an account may ask, and the headers that say so (HubSpot wire facts, section 6)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

from simulator.hubspot.endpoints.errors import Refusal
from simulator.hubspot.state.behaviours import Behaviours

__all__ = ["DAY_SECONDS", "RateLimits"]

_TEN_SECONDS: Final = {"starter": 100, "professional": 190, "enterprise": 190}
_DAY: Final = {"starter": 250_000, "professional": 625_000, "enterprise": 1_000_000}
_SEARCHES: Final = 5
DAY_SECONDS: Final = 86_400.0


class RateLimits:
    """Counts of one account. Days end at midnight UTC; HubSpot takes the account's own time zone."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Count from zero."""
        self._calls: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._sends: deque[float] = deque()
        self._day, self._today = -1, 0

    def count_send(self, switches: Behaviours, now: float) -> None:
        """Count a send: exempt from the account's limits, with one of its own (section 1.5). Raises Refusal."""
        if switches.enforce_rate_limits:
            self._take(self._sends, 1.0, switches.events_rps, now, "SECONDLY", "secondly", switches)

    def count_search(self, switches: Behaviours, now: float) -> None:
        """Count a search: five a second, no headers. Raises Refusal."""
        self._count_day(switches, now)
        if switches.enforce_rate_limits:
            self._take(self._searches, 1.0, _SEARCHES, now, "SECONDLY", "secondly", switches)

    def count_call(self, switches: Behaviours, now: float) -> Sequence[tuple[str, str]]:
        """Count any other call and return the headers that tell what is left. Raises Refusal."""
        limit, daily = _TEN_SECONDS[switches.tier], _DAY[switches.tier]
        self._count_day(switches, now)
        if switches.enforce_rate_limits:
            policy = "TEN_SECONDLY_ROLLING"
            self._take(self._calls, 10.0, limit, now, policy, policy.lower(), switches)
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
        """Return how many calls were counted on the day of `now`."""
        return self._today if math.floor(now / DAY_SECONDS) == self._day else 0

    @staticmethod
    def daily(switches: Behaviours) -> int:
        """Return how many calls a day the tier allows."""
        return _DAY[switches.tier]

    def _count_day(self, switches: Behaviours, now: float) -> None:
        day = math.floor(now / DAY_SECONDS)
        if day != self._day:
            self._day, self._today = day, 0
        if switches.enforce_rate_limits and self._today >= _DAY[switches.tier]:
            raise _too_many("DAILY", "daily", switches)
        self._today += 1

    @staticmethod
    def _take(
        taken: deque[float],
        seconds: float,
        limit: int,
        now: float,
        policy: str,
        word: str,
        switches: Behaviours,
    ) -> None:
        _forget(taken, now - seconds)
        if len(taken) >= limit:
            raise _too_many(policy, word, switches)
        taken.append(now)


def _forget(taken: deque[float], before: float) -> None:
    while taken and taken[0] <= before:
        taken.popleft()


def _too_many(policy: str, word: str, switches: Behaviours) -> Refusal:
    group = f"publicapi:private-app-api-calls-{word.replace('_rolling', '').replace('_', '-')}:1"
    more = {"errorType": "RATE_LIMIT", "policyName": policy, "groupName": group}
    headers = (("Retry-After", str(switches.retry_after_on_429)),) if switches.retry_after_on_429 else ()
    rule = {"DAILY": "limit.daily", "SECONDLY": "limit.secondly"}.get(policy, "limit.ten_secondly")
    message = f"You have reached your {word} limit."
    return Refusal(429, message, rule, category=None, more=more, headers=headers)
