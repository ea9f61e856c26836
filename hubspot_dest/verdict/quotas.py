"""Count what HubSpot limits by the month and by the day (HubSpot wire facts, sections 1.5 and 6)."""

from __future__ import annotations

from collections import Counter

from hubspot_dest.account.schema import AccountLimits
from hubspot_dest.checks.catalogue import finding_of
from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.checks.limits import CONTACT_CALLS_A_DAY, MAX_DEFINITIONS, OCCURRENCES_A_MONTH
from hubspot_dest.outcome import Outcome

__all__ = ["Quotas"]


class Quotas:
    """Counts occurrences by month, contact calls by day, and the different events; memory stays small.

    Args:
        limits: the account's own, where they are known; else those of the Enterprise tier, which custom events need.

    """

    def __init__(self, limits: AccountLimits | None = None) -> None:
        known = None if limits is None else limits.calls_a_day
        self._calls_a_day = CONTACT_CALLS_A_DAY["enterprise"] if known is None else known
        self._months: Counter[str] = Counter()
        self._days: Counter[str] = Counter()
        self._names: set[str] = set()

    def add(self, outcome: Outcome, weight: int) -> None:
        """Count the outcome of one event.

        Args:
            outcome: what happened to it.
            weight: how many occurrences it stands for; one of a hundred is enough for limits of millions.

        """
        plan = outcome.plan
        if plan is None:
            return
        occurrence = plan.occurrence
        if occurrence is not None:
            name, occurred_at = occurrence["eventName"], occurrence["occurredAt"]
            if name not in self._names and len(self._names) <= MAX_DEFINITIONS:
                self._names.add(name)
            if type(occurred_at) is str:
                self._months[occurred_at[:7]] += weight
        if plan.contact is not None and outcome.calls:
            calls = sum(str(call[0]).startswith("crm.") for call in outcome.calls)
            if calls and occurrence is not None and type(occurrence["occurredAt"]) is str:
                self._days[occurrence["occurredAt"][:10]] += calls

    def findings(self) -> tuple[Finding, ...]:
        """Return which limits the counts exceed."""
        found = []
        for month, count in self._months.items():
            if count > OCCURRENCES_A_MONTH:
                sentence = (
                    f"{count:,} occurrences in {month}; an account takes {OCCURRENCES_A_MONTH:,} a month"
                )
                found.append(Violation("quota_occurrences", sentence))
        if len(self._names) > MAX_DEFINITIONS:
            sentence = (
                f"more than {MAX_DEFINITIONS} different events; an account has that many definitions at most"
            )
            found.append(Violation("quota_definitions", sentence))
        for day, count in self._days.items():
            if day and count > self._calls_a_day:
                sentence = f"{count:,} contact calls for {day}; the account makes {self._calls_a_day:,} a day"
                found.append(Violation("quota_contact_calls", sentence))
        return tuple(finding_of(one) for one in found)
