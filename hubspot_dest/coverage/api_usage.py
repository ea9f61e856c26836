"""Count API calls, and compute their share of HubSpot's limits at the rate of the events' own timestamps.

The limits are those of HubSpot wire facts, sections 1.5 and 6. Sending events counts neither against the daily nor the
ten-second limit, but has its own limit per second.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.account.schema import AccountLimits
from hubspot_dest.checks.limits import (
    CONTACT_CALLS_A_DAY,
    MAX_DEFINITIONS,
    MAX_PROPERTIES,
    OCCURRENCES_A_MONTH,
)
from hubspot_dest.outcome import Outcome

__all__ = ["ApiUsage", "LimitShare"]

_CALLS_IN_TEN_SECONDS: Final = 190
"""The limit of a private app in the Professional and Enterprise tiers."""
_EVENT_REQUESTS_A_SECOND: Final = 1_250
_PERIODS: Final = 4_096
"""The number of periods counted at the same time; events are mostly in chronological order."""
_MONTH, _DAY, _TEN_SECONDS, _SECOND = 7, 10, 18, 19  # characters of 2026-01-31T23:59:59.999Z


@dataclass(frozen=True, slots=True)
class LimitShare:
    """The used share of one of HubSpot's limits.

    Attributes:
        limit: the name of the limit: `occurrences a month`.
        used: the usage in the busiest period.
        allowed: the limit.
        period: the busiest period, such as `2026-01` or `2026-01-31T23:59:5`; empty for a limit without periods.
        basis: the source of the limit: the account, or the documentation of a tier.

    """

    limit: str
    used: int
    allowed: int
    period: str
    basis: str

    @property
    def share(self) -> float:
        """The used share, in percent."""
        return round(100 * self.used / self.allowed, 4)

    def as_dict(self) -> dict[str, Any]:
        """Return the share as written by `--json`."""
        return {
            "limit": self.limit,
            "used": self.used,
            "allowed": self.allowed,
            "percent": self.share,
            "period": self.period or None,
            "basis": self.basis,
        }


class _Busiest:
    """Count per period, and remember the busiest; the counts of old periods are discarded."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()
        self.most = 0
        self.period = ""

    def add(self, period: str, count: int) -> None:
        new = self._counts.get(period, 0) + count
        self._counts[period] = new
        if new > self.most:
            self.most, self.period = new, period
        if len(self._counts) > _PERIODS:
            self._counts.popitem(last=False)


class ApiUsage:
    """Count the calls of a run, in memory that does not grow with the events.

    Args:
        limits: the account's limits if known; else the documented ones of the Enterprise tier.

    """

    def __init__(self, limits: AccountLimits | None = None) -> None:
        self._limits = limits or AccountLimits()
        self.contact_calls = 0
        self.event_calls = 0
        self._months = _Busiest()
        self._days = _Busiest()
        self._bursts = _Busiest()
        self._seconds = _Busiest()
        self._most_properties = 0
        self._moment = ""

    def add(self, outcome: Outcome, moment: str) -> None:
        """Count the calls of an outcome.

        Args:
            outcome: the outcome of an event, or of a batch.
            moment: the time of the event, as ISO 8601 text in UTC; a batch has the time of its last event.

        """
        plan = outcome.plan
        occurrence = None if plan is None or outcome.events else plan.occurrence
        moment = moment or self._moment
        self._moment = moment
        if occurrence is not None and outcome.kind not in ("denied", "failed"):
            self._months.add(moment[:_MONTH], 1)
            self._most_properties = max(self._most_properties, len(occurrence["properties"]))
        for call in outcome.calls:
            if str(call[0]).startswith("crm."):
                self.contact_calls += 1
                self._days.add(moment[:_DAY], 1)
                self._bursts.add(moment[:_TEN_SECONDS], 1)
            else:
                self.event_calls += 1
                self._seconds.add(moment[:_SECOND], 1)

    def shares(self, event_names: int) -> tuple[LimitShare, ...]:
        """Return the used share of every limit.

        Args:
            event_names: the number of different event names.

        """
        limits = self._limits
        documented = "documented for the Enterprise tier"
        own = "of the account"
        burst = limits.calls_burst
        if burst is not None and limits.burst_ms:
            burst = max(1, round(burst * 10_000 / limits.burst_ms))
        months, days, bursts, seconds = self._months, self._days, self._bursts, self._seconds
        return (
            LimitShare("occurrences a month", months.most, OCCURRENCES_A_MONTH, months.period, "documented"),
            LimitShare(
                "contact calls a day",
                days.most,
                limits.calls_a_day or CONTACT_CALLS_A_DAY["enterprise"],
                days.period,
                own if limits.calls_a_day else documented,
            ),
            LimitShare(
                "contact calls in 10 seconds",
                bursts.most,
                burst or _CALLS_IN_TEN_SECONDS,
                f"{bursts.period}0" if bursts.period else "",
                own if burst else documented,
            ),
            LimitShare(
                "event requests a second",
                seconds.most,
                _EVENT_REQUESTS_A_SECOND,
                seconds.period,
                "documented",
            ),
            LimitShare("event definitions", event_names, MAX_DEFINITIONS, "", "documented"),
            LimitShare("properties of an event", self._most_properties, MAX_PROPERTIES, "", "documented"),
        )
