"""Plan events without sending them: what a configuration would do with one event, or with the last thousand."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hubspot_dest.config.model import Config
from hubspot_dest.diff.json_difference import Difference, differences
from hubspot_dest.mapping.dialect import dialect_of
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import profile_of
from simulator.engine.rows import Row
from simulator.engine.sources.bad_input import bad_input_reason

__all__ = ["PlanChange", "DryRuns", "Reloaded", "RowPlanner", "compare"]

_KEPT = 4


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a new configuration changes for one event.

    Attributes:
        number: the event's row.
        name: the event's name.
        person: whose event it is.
        before: what was planned, in a few words.
        after: what is planned now.
        better: more goes out, the event or its contact (True), or less (False), or neither can be said (None).
        differences: every difference in what is planned: the contact, the event, the verdict.

    """

    number: int
    name: str
    person: str
    before: str
    after: str
    better: bool | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a new configuration changed.

    Attributes:
        looked_at: how many events were planned with both.
        changes: those of them that are planned otherwise.
        again: how many kept events were run again.
        through: how many of these go out now; they are kept no longer.
        settings: what else is different, in words: how events are gathered in batches.
        stranded: how many events the former sender still held and could not send; they are failed.

    """

    looked_at: int
    changes: tuple[PlanChange, ...]
    again: int
    through: int = 0
    settings: tuple[str, ...] = ()
    stranded: int = 0


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
    """Keeps a few planners for each thread: compiling a large mapping for every event looked at would be felt.

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
        """Return the calls that this configuration plans for the event of a row; whether they were needed is not asked.

        Unlike what was made of them, they depend on nothing that came before.
        """
        if not row.event:
            return []
        plan = self.of(config).plan(row.seen_event(), int(row.at * 1000))
        return plan.calls if plan.verdict == "ready" else []


def compare(
    old: RowPlanner, new: RowPlanner, rows: Iterable[Row]
) -> tuple[tuple[PlanChange, ...], list[tuple[Row, Plan]]]:
    """Plan every event with both configurations; return what differs, oldest first, and all new plans."""
    changes, plans = [], []
    for row in rows:
        event, now_ms = row.seen_event(), int(row.at * 1000)
        before, after = old.plan(event, now_ms), new.plan(event, now_ms)
        plans.append((row, after))
        found = differences(_look(before), _look(after))
        if found:
            better = _better(_goes(before), _goes(after))
            changes.append(
                PlanChange(
                    row.number, row.name, row.person, _words(before), _words(after), better, tuple(found)
                )
            )
    return tuple(changes), plans


def _look(plan: Plan) -> dict[str, Any]:
    """Return what is planned by its role: a contact that is gone must not look like an event that changed."""
    look: dict[str, Any] = {"verdict": plan.verdict, "reason": plan.reason, "rule": plan.rule_label or "none"}
    if plan.contact is not None and plan.contact.properties is not None:
        look["contact"] = {"email": plan.contact.email, "properties": plan.contact.properties}
    if plan.occurrence is not None:
        look["event"] = plan.occurrence
    return look


def _goes(plan: Plan) -> tuple[bool, bool]:
    """Return whether the event goes out, and whether its contact is written."""
    well = plan.verdict == "ready" and plan.error is None
    contact = plan.contact is not None and plan.contact.properties is not None and plan.verdict == "ready"
    return well and plan.occurrence is not None, contact


def _better(was: tuple[bool, bool], will: tuple[bool, bool]) -> bool | None:
    gained = any(now and not then for then, now in zip(was, will, strict=True))
    lost = any(then and not now for then, now in zip(was, will, strict=True))
    return None if gained == lost else gained


def _words(plan: Plan) -> str:
    if plan.verdict != "ready" or plan.error is not None:
        return f"{plan.verdict if plan.error is None else 'failed'}: {plan.error or plan.sentence or plan.reason}"
    occurrence = plan.occurrence
    parts = []
    if plan.contact is not None and plan.contact.properties is not None:
        parts.append("contact")
    if occurrence is not None:
        many = len(occurrence["properties"])
        parts.append(f"{occurrence['eventName']} with {many} {'property' if many == 1 else 'properties'}")
    return " + ".join(parts) or "nothing"
