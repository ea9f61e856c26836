"""Turn what happened to a plan into an outcome, log records and dead letters: the same for every sink."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.mapping.evaluation import Issue
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.outcome import Outcome, outcome_of
from hubspot_dest.planning.plan import SCOPE, Plan

__all__ = ["Reporter"]

_LEVELS: Final = {
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}


class Reporter:
    """Logs issues, keeps dead letters, and makes the outcomes of plans that are not sent.

    Attributes:
        mocked: nothing is sent, whatever the plan.

    Args:
        logger: gets one record per issue, with its message, and its detail as `detail`.
        dead_letters: how many to keep.
        mock: returned instead of sending; `UNDEFINED` for none.

    """

    def __init__(self, logger: logging.Logger, dead_letters: int, mock: Any = UNDEFINED) -> None:
        self._logger = logger
        self.mocked = mock is not UNDEFINED
        self._mock = mock
        self._overflow_reported = False
        self.dead_letters: deque[tuple[dict[str, Any], DeliveryError]] = deque(maxlen=dead_letters)

    def log(self, issues: Iterable[Issue]) -> None:
        """Log issues."""
        for issue in issues:
            self._logger.log(_LEVELS[issue.level], "%s", issue.message, extra={"detail": issue.detail})

    def unsent(self, plan: Plan) -> Outcome | None:
        """Return the outcome of a plan that sends nothing; None if the plan is to be carried out."""
        verdict, mock = plan.verdict, self._mock
        # A mock replaces the destination itself: nothing of what the destination logs or does happens.
        mocked = self.mocked and plan.mapped is not None and verdict != "ignored"
        if verdict == "ready" and not mocked:
            return None
        issues = plan.issues[: plan.mapped if mocked else plan.issues_before_send]
        self.log(issues)
        event = plan.event if plan.received is None else plan.received
        more: dict[str, Any] = {"plan": plan, "issues": issues}
        if verdict == "ignored":
            return outcome_of("ignored", plan.reason, plan.sentence, event, returned=False, **more)
        if mocked:
            return outcome_of("skipped", "mock", "the destination is mocked", event, returned=mock, **more)
        outcome = outcome_of("skipped", plan.reason, plan.sentence, event, **more)
        if verdict == "failed":
            return self.failed(outcome, DeliveryError("impossible", plan.sentence), plan.reason)
        return outcome

    def failed(
        self, outcome: Outcome, error: DeliveryError, reason: str, event: dict[str, Any] | None = None
    ) -> Outcome:
        """Give an event up: add a dead letter, log it, and return the outcome `failed`.

        Args:
            outcome: what is known of the event so far.
            error: why it failed.
            reason: the outcome's reason.
            event: the dead letter, if the outcome has no plan.

        """
        plan = outcome.plan
        letter = event or {} if plan is None else plan.event or {"id": outcome.event_id, "name": outcome.name}
        full = len(self.dead_letters) == self.dead_letters.maxlen
        self.dead_letters.append((letter, error))
        detail = {"error": error.as_dict(), "event": outcome.name}
        issues = [Issue("ERROR", "Push failed", detail, SCOPE)]
        if full and not self._overflow_reported:
            self._overflow_reported = True
            cap = {"cap": self.dead_letters.maxlen}
            issues.append(Issue("WARN", "destination.dlq overflow; oldest entries dropped", cap, SCOPE))
        self.log(issues)
        return replace(
            outcome,
            kind="failed",
            reason=reason,
            sentence=error.describe(),
            error=error,
            issues=(*outcome.issues, *issues),
        )
