"""Plan the chosen events again, instrumented and with the sender's planner; both must agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hubspot_dest.config.model import Config
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import profile_of
from simulator.coverage.event_shapes import Event
from simulator.coverage.mapping_tree import MappingTree
from simulator.coverage.time_limit import TimedCallbacks, TimeLimit, TimeUpError
from simulator.coverage.trials import NOW_MS, Trial, TrialRunner

__all__ = ["Verifier"]


class Verifier:
    """Confirms what events reach.

    Args:
        config: the configuration.
        tree: its tree.
        time_limit: the time limit.
        parity: plan with walkerOS' behaviour.

    Attributes:
        time_up: whether the time limit was reached before all events.
        unstable: number of events dropped because a function's result differed the second time; such a function
            takes about as long as its time limit.

    """

    def __init__(self, config: Config, tree: MappingTree, time_limit: TimeLimit, *, parity: bool) -> None:
        self._callbacks = TimedCallbacks(time_limit)
        self._runner = TrialRunner(config, tree, time_limit=time_limit, parity=parity)
        self._plain = DryRun(config, profile=profile_of(parity=parity), callbacks=self._callbacks)
        self.time_up = False
        self.unstable = 0

    def trials(self, events: Iterable[Event]) -> list[Trial]:
        """Plan events and return what they reach, as many as the time limit allows.

        Raises:
            RuntimeError: the instrumented planner and the sender's disagree: a bug.

        """
        found: list[Trial] = []
        try:
            for event in events:
                if (trial := self._trial(event)) is not None:
                    found.append(trial)
        except TimeUpError:
            self.time_up = True
        return found

    def _trial(self, event: Event) -> Trial | None:
        self._runner.check()
        before = self._callbacks.limited + self._runner.limited
        trial = self._runner.plan(event)
        plan = self._plain.plan(event, NOW_MS)
        if trial.plan is None or _look(plan) == _look(trial.plan):
            return trial
        if self._callbacks.limited + self._runner.limited > before:
            self.unstable += 1
            return None
        raise RuntimeError(
            f"the instrumented planner plans {event.get('name')!r} differently: please report this bug"
        )


def _look(plan: Plan) -> tuple[Any, ...]:
    return plan.verdict, plan.reason, plan.rule_key, plan.error, plan.calls
