"""Plan the events that were chosen once more: watched, and by the planner as the sender has it. Both must agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hubspot_dest.config.model import Config
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import profile_of
from simulator.coverage.event_shapes import Event
from simulator.coverage.mapping_tree import Tree
from simulator.coverage.time_limit import Clock, TimedCallbacks, TimeUpError
from simulator.coverage.trials import NOW_MS, Lab, Trial

__all__ = ["Verifier"]


class Verifier:
    """Says what events reach, as far as that can be relied upon.

    Args:
        config: the configuration.
        tree: its places.
        clock: how long it may take.
        parity: plan as walkerOS does.

    Attributes:
        time_up: whether there was no time for all events.
        unsteady: how many events were left out because a function came to another end the second time: it takes about
            as long as a function may.

    """

    def __init__(self, config: Config, tree: Tree, clock: Clock, *, parity: bool) -> None:
        self._callbacks = TimedCallbacks(clock)
        self._lab = Lab(config, tree, clock=clock, parity=parity)
        self._plain = DryRun(config, profile=profile_of(parity=parity), callbacks=self._callbacks)
        self.time_up = False
        self.unsteady = 0

    def trials(self, events: Iterable[Event]) -> list[Trial]:
        """Plan events and return what they reach, as many of the first ones as there is time for.

        Raises:
            RuntimeError: the planner that was watched planned an event differently from the sender's: a bug here.

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
        self._lab.check()
        before = self._callbacks.limited + self._lab.limited
        trial = self._lab.plan(event)
        plan = self._plain.plan(event, NOW_MS)
        if trial.plan is None or _look(plan) == _look(trial.plan):
            return trial
        if self._callbacks.limited + self._lab.limited > before:
            self.unsteady += 1
            return None
        raise RuntimeError(f"watched, {event.get('name')!r} is planned differently: please report it")


def _look(plan: Plan) -> tuple[Any, ...]:
    return plan.verdict, plan.reason, plan.rule_key, plan.error, plan.calls
