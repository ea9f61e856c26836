"""Plan events and judge the plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hubspot_dest.events.collector import with_user
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import Planner
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.prediction import refusal

__all__ = ["JudgedPlanner"]


class JudgedPlanner:
    """Plan the events of a collector, and add a judge's findings to the plans.

    Args:
        planner: the compiled configuration.
        collector: the collector's state.
        now_ms: returns the current time, in ms since 1970.
        judge: judges the plans.
        hold_refused: whether a plan that HubSpot will refuse becomes a failed plan, so that nothing is sent.
        parity: whether a refused contact fails its event, too.

    """

    def __init__(
        self,
        planner: Planner,
        collector: CollectorView,
        now_ms: Callable[[], int],
        judge: Judge,
        *,
        hold_refused: bool,
        parity: bool,
    ) -> None:
        # Planning and judging share a stack frame: an event without findings must cost barely more than unjudged.
        self._plan = planner.plan
        self._collector = collector
        self._now_ms = now_ms
        self._is_fine = judge.is_fine
        self._judge = judge.judge
        self._hold_refused = hold_refused
        self._parity = parity

    def plan(self, event: dict[str, Any], *, traced: bool = False) -> Plan:
        """Return the plan of a complete event, with findings.

        Raises:
            NullFieldError: the event's user is null, which fails the push.

        """
        collector, now_ms = self._collector, self._now_ms()
        plan = self._plan(with_user(event, collector.user), collector, now_ms, traced=traced)
        if self._is_fine(plan, now_ms):
            return plan
        findings = self._judge(plan, now_ms)
        if not findings:
            return plan
        refused = refusal(plan, findings, parity=self._parity) if self._hold_refused else None
        if refused is None:
            return replace(plan, findings=findings)
        sentence = f"not sent, since HubSpot would refuse it: {refused.sentence}"
        return replace(
            plan, findings=findings, verdict="failed", reason=refused.code, sentence=sentence, held=True
        )
