"""Count calls against HubSpot's monthly and daily limits (HubSpot wire facts, sections 1.5 and 6)."""

from __future__ import annotations

from collections import Counter

from hubspot_dest.account.schema import AccountLimits
from hubspot_dest.checks.catalogue import finding_of
from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.checks.limits import CONTACT_CALLS_A_DAY, MAX_DEFINITIONS, OCCURRENCES_A_MONTH
from hubspot_dest.outcome import Outcome

__all__ = ["Quotas"]


class Quotas:
    """Count occurrences per month and contact calls per day, in memory that does not grow with the events.

    Args:
        limits: the account's limits if known; else those of the Enterprise tier, which custom events require.

    """

    def __init__(self, limits: AccountLimits | None = None) -> None:
        known = None if limits is None else limits.calls_a_day
        self._calls_a_day = CONTACT_CALLS_A_DAY["enterprise"] if known is None else known
        self._months: Counter[str] = Counter()
        self._days: Counter[str] = Counter()

    def add(self, outcome: Outcome, weight: int) -> None:
        """Count the occurrence of an event.

        Args:
            outcome: the outcome of the event.
            weight: the number of occurrences that it represents; sampling is enough for limits of millions.

        """
        occurrence = None if outcome.plan is None else outcome.plan.occurrence
        if occurrence is not None and type(occurrence["occurredAt"]) is str:
            self._months[occurrence["occurredAt"][:7]] += weight

    def add_calls(self, outcome: Outcome, calls: int) -> None:
        """Count contact calls, by the day on which the outcome's event occurred."""
        occurrence = None if outcome.plan is None else outcome.plan.occurrence
        if occurrence is not None and type(occurrence["occurredAt"]) is str:
            self._days[occurrence["occurredAt"][:10]] += calls

    def findings(self, event_names: int) -> tuple[Finding, ...]:
        """Return a finding for each limit that is exceeded.

        Args:
            event_names: the number of different event names.

        """
        found = []
        for month, count in self._months.items():
            if count > OCCURRENCES_A_MONTH:
                sentence = (
                    f"{count:,} occurrences in {month}; an account's limit is {OCCURRENCES_A_MONTH:,} a month"
                )
                found.append(Violation("quota_occurrences", sentence))
        if event_names > MAX_DEFINITIONS:
            sentence = f"{event_names:,} different events; an account may have {MAX_DEFINITIONS} definitions"
            found.append(Violation("quota_definitions", sentence))
        for day, count in self._days.items():
            if day and count > self._calls_a_day:
                sentence = (
                    f"{count:,} contact calls on {day}; the account's limit is {self._calls_a_day:,} a day"
                )
                found.append(Violation("quota_contact_calls", sentence))
        return tuple(finding_of(violation) for violation in found)
