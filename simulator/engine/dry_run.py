"""Plan events without sending them: what a configuration would do with one event, or with the last thousand."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubspot_dest.config.model import Config
from hubspot_dest.diff.plan_change import PlanChange
from hubspot_dest.mapping.dialect import dialect_of
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import profile_of
from simulator.engine.rows import Row
from simulator.engine.sources.bad_input import bad_input_reason

if TYPE_CHECKING:
    from hubspot_dest.diff.comparison import PlanComparison

__all__ = ["DryRuns", "Reloaded", "RowPlanner", "compare"]

_KEPT = 4


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a new configuration changed.

    Attributes:
        looked_at: how many events were planned with both.
        changes: those of them whose calls are others.
        again: how many kept events were run again.
        through: how many of these are sent now; they are kept no longer.
        settings: what else is different, as a sentence: how events are batched.
        stranded: how many events the former sender still held and could not send; they have failed.
        other_reasons: how many events have another rule or reason now, with the same calls.

    """

    looked_at: int
    changes: tuple[PlanChange, ...]
    again: int
    through: int = 0
    settings: tuple[str, ...] = ()
    stranded: int = 0
    other_reasons: int = 0


class RowPlanner:
    """Plans the events of rows, bad input included. For the thread that made it.

    Args:
        config: what to map and how.
        parity: do what walkerOS does.
        walkeros: the version of walkerOS that is meant.

    """

    def __init__(self, config: Config, *, parity: bool = False, walkeros: str = "4.4") -> None:
        self._dry_run = DryRun(config, profile=profile_of(dialect_of(walkeros), parity=parity))

    def plan(self, event: Any, now_ms: int, *, traced: bool = False) -> Plan:
        """Return what should happen to an event at a time in ms since 1970. Never raises for what it holds."""
        if (wrong := bad_input_reason(event)) is not None:
            return Plan(event, "failed", "bad_input", wrong)
        return self._dry_run.plan(event, now_ms, traced=traced)


class DryRuns:
    """Keeps a few planners for each thread: compiling a large mapping for every event shown would be noticeable.

    Args:
        parity: do what walkerOS does.
        walkeros: the version of walkerOS that is meant.

    """

    def __init__(self, *, parity: bool = False, walkeros: str = "4.4") -> None:
        self._parity = parity
        self._walkeros = walkeros
        self._kept = threading.local()

    def of(self, config: Config) -> RowPlanner:
        """Return a planner of this configuration that belongs to the calling thread."""
        kept: dict[int, tuple[Config, RowPlanner]] = self._kept.__dict__.setdefault("kept", {})
        found = kept.get(id(config))
        if found is None:
            if len(kept) >= _KEPT:
                del kept[next(iter(kept))]
            found = kept[id(config)] = (
                config,
                RowPlanner(config, parity=self._parity, walkeros=self._walkeros),
            )
        return found[1]

    def calls(self, config: Config, row: Row) -> list[list[Any]]:
        """Return the calls that this configuration plans for a row's event, needed or not.

        Unlike the calls that were made, they do not depend on earlier events.
        """
        if not row.event:
            return []
        plan = self.of(config).plan(row.seen_event(), int(row.at * 1000))
        return plan.calls if plan.verdict == "ready" else []


def compare(
    old: Config, new: Config, rows: Iterable[Row], *, parity: bool = False, walkeros: str = "4.4"
) -> tuple[PlanComparison, tuple[PlanChange, ...], list[tuple[Row, Plan]]]:
    """Plan every event with both configurations; return the comparison, its changes, and all new plans."""

    def planner(config: Config) -> RowPlanner:
        return RowPlanner(config, parity=parity, walkeros=walkeros)

    from hubspot_dest.diff.causes import CauseFinder, ConfigVariations  # with the first new configuration
    from hubspot_dest.diff.comparison import PlanComparison

    causes = CauseFinder(ConfigVariations(old, new, planner))
    comparison = PlanComparison(planner(old), planner(new), causes)
    changes, plans = [], []
    for row in rows:
        compared = comparison.compare(
            row.seen_event(), int(row.at * 1000), number=row.number, name=row.name, person=row.person
        )
        plans.append((row, compared.after))
        if compared.change is not None:
            changes.append(compared.change)
    return comparison, tuple(changes), plans
