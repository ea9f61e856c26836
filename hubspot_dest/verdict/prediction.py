"""Predict the outcome of an event from its findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from hubspot_dest.checks.finding import Finding
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import Plan

__all__ = ["predict", "refusal"]

_WOULD_GO: Final = frozenset({"sent", "queued", "identified", "skipped"})


def refusal(plan: Plan, findings: Iterable[Finding], *, parity: bool) -> Finding | None:
    """Return the finding for which HubSpot refuses the event, None if it accepts the event.

    A refused contact counts only in parity, since walkerOS then gives up the event, or if the event writes nothing
    but a contact.
    """
    alone = plan.occurrence is None or parity
    return next(
        (
            finding
            for finding in findings
            if finding.severity == "refused"
            and (finding.path.startswith("occurrence") or (alone and finding.path.startswith("contact")))
        ),
        None,
    )


def predict(outcome: Outcome, *, parity: bool) -> Outcome:
    """Return the outcome of an event that was not sent, changed to `refused` if HubSpot would refuse it."""
    plan = outcome.plan
    if plan is None or not plan.findings or outcome.kind not in _WOULD_GO:
        return outcome
    if plan.occurrence is None and plan.contact is None:
        return outcome
    refused = refusal(plan, plan.findings, parity=parity)
    if refused is None:
        return outcome
    return replace(outcome, kind="refused", reason=refused.code, sentence=refused.sentence)
