"""Plan events and judge the plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import CollectorPlanner
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.prediction import refusal

__all__ = ["JudgedPlanner"]

_ASKED_EVERY: Final = 50


class JudgedPlanner:
    """Puts a judge's findings on the plans of a planner.

    Args:
        planner: makes the plans.
        judge: judges them.
        now_ms: the clock, in ms since 1970.
        hold_refused: turn a plan that HubSpot will refuse into one that failed, so that nothing is sent.
        parity: a refused contact takes its event with it.

    """

    def __init__(
        self,
        planner: CollectorPlanner,
        judge: Judge,
        now_ms: Callable[[], int],
        *,
        hold_refused: bool,
        parity: bool,
    ) -> None:
        self._planner = planner
        self._judge = judge
        self._now_ms = now_ms
        self._hold_refused = hold_refused
        self._parity = parity
        self._now = self._until_asked = 0

    def plan(self, event: dict[str, Any], *, traced: bool = False) -> Plan:
        """Return what should happen to a complete event, with findings.

        Raises:
            JsTypeError: as the planner does.

        """
        plan = self._planner.plan(event, traced=traced)
        # The clock matters by the day; asking it costs as much as judging.
        if self._until_asked == 0:
            self._now, self._until_asked = self._now_ms(), _ASKED_EVERY
        self._until_asked -= 1
        findings = self._judge.judge(plan, self._now)
        if not findings:
            return plan
        refused = refusal(plan, findings, parity=self._parity) if self._hold_refused else None
        if refused is None:
            return replace(plan, findings=findings)
        sentence = f"held, since HubSpot would refuse it: {refused.sentence}"
        return replace(plan, findings=findings, verdict="failed", reason=refused.code, sentence=sentence)
