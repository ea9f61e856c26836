"""Coverage-guided search for events that reach every target of a configuration."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import to_string
from simulator.coverage.event_shapes import Event, apply_edits, base_event
from simulator.coverage.mapping_tree import MappingTree, RuleNode, ValueNode
from simulator.coverage.mutations import EditPlanner
from simulator.coverage.proofs import proof
from simulator.coverage.targets import Place, Target, targets_of
from simulator.coverage.time_limit import TimeLimit, TimeUpError
from simulator.coverage.trials import Trial, TrialRunner

__all__ = ["Search"]

_SEEDS: Final = 3  # events kept per node as starting points
_WISHES: Final = 500  # tries per target and event
_RANDOM: Final = 400  # random tries per unreached target
_BATCH: Final = frozenset({"a full batch", "a batch of the rest"})


class Search:
    """Searches for events that reach all targets.

    Args:
        config: the configuration.
        seed: the same seed gives the same events, unless time is up.
        time_limit: the time limit.
        parity: search for walkerOS' behaviour.
        on_progress: called with the numbers of tried events, reached targets and all targets.

    Attributes:
        tree: the configuration's tree.
        targets: all targets.
        found: the reached targets, each with its first event.
        proofs: the unreachable targets, with the reason.
        runner: plans the tried events.
        time_up: whether the time limit ended the search.

    """

    def __init__(
        self,
        config: Config,
        seed: int,
        *,
        time_limit: TimeLimit | None = None,
        parity: bool = False,
        on_progress: Callable[[int, int, int], None] | None = None,
    ) -> None:
        self.config = config
        self.time_limit = time_limit = time_limit or TimeLimit()
        self.tree = MappingTree(config.raw)
        self.runner = TrialRunner(config, self.tree, time_limit=time_limit, parity=parity)
        self.targets = targets_of(self.tree, config)
        self.found: dict[Target, Trial] = {}
        self.proofs: dict[Target, str] = {}
        self.time_up = False
        with self._in_time():
            self._prove(parity=parity)
        self._report_progress = on_progress or (lambda tried, reached, every: None)  # noqa: ARG005
        self._done_with: set[Target] = set()
        self._rng = random.Random(f"cover {seed}")  # noqa: S311 - events, not secrets
        self._moves = EditPlanner(self.tree, config, self._rng, time_limit)
        self._open = dict.fromkeys(target for target in self.targets if target.what not in _BATCH)
        self._seeds: dict[Place, list[Trial]] = defaultdict(list)
        self._bases: dict[RuleNode | None, Event] = {}

    def run(self) -> None:
        """Search until all candidates are tried or the time limit is reached."""
        if not self.config.disabled and not self.time_up:
            with self._in_time():
                self._run()

    def given_up(self, target: Target) -> bool:
        """Return whether the time limit ended the search for a target."""
        return self.time_up and target not in self._done_with and target not in self.found

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except TimeUpError:
            self.time_up = True

    def _prove(self, *, parity: bool) -> None:
        for target in self.targets:
            self.time_limit.check()
            if why := proof(target, self.tree, self.config, parity=parity):
                self.proofs[target] = why

    def _run(self) -> None:
        self._begin()
        self._open_rules()
        for _ in range(2):
            before = len(self._open)
            for target in list(self._open):
                if target in self._open and target not in self.proofs:
                    self._aim(target)
            if len(self._open) == before:
                break
        for target in list(self._open):
            if target in self._open and target not in self.proofs:
                self._wander(target)
                self._done_with.add(target)

    def was_asked(self, place: Place) -> bool:
        """Return whether any tried event reached a node."""
        return bool(self._seeds.get(place))

    # ---- trial events

    def _try(self, event: Event) -> Trial:
        self.time_limit.check()
        self._report_progress(self.runner.tried, len(self.found), len(self.targets))
        trial = self.runner.plan(event)
        for place, what in trial.hits:
            target = Target(place, what)
            if target in self._open:
                del self._open[target]
                self.found[target] = trial
            if what in ("asked", "matched"):
                seeds = self._seeds[place]
                if len(seeds) < _SEEDS:
                    seeds.append(trial)
        return trial

    def _begin(self) -> None:
        """Try an event per rule with every property that is read, and one without."""
        names = list(self._names())
        for rule, name in names:
            bare = base_event(name, self._moves.consents, self._rng)
            self._bases[rule] = full = apply_edits(bare, self._moves.full(rule))
            self._try(full)
            self._try(bare)

    def _open_rules(self) -> None:
        """Reach every rule, then remove many properties at once: few targets remain for single edits."""
        for target in [
            current_target
            for current_target in self._open
            if current_target.is_rule and current_target not in self.proofs
        ]:
            self._aim(target)
        for rule in self.tree.rules:
            for trial in self._seeds[rule][:1]:
                for edits in self._moves.layers(rule):
                    self._try(apply_edits(trial.event, edits))

    def _names(self) -> Iterator[tuple[RuleNode | None, str]]:
        for rule in self.tree.rules:
            yield rule, self._name(rule)
        yield None, f"{self._fresh(set(self._entities()), 'thing')} happen"

    def _entities(self) -> Iterator[str]:
        return (rule.entity for rule in self.tree.rules)

    def _name(self, rule: RuleNode) -> str:
        """Return an event name that only this rule's key matches."""
        entity = rule.entity
        if entity == "*":
            entity = self._fresh(set(self._entities()), "thing")
        action = rule.action
        if action == "*":
            taken = {rule_node.action for rule_node in self.tree.rules if rule_node.entity == rule.entity}
            action = self._fresh(taken, "happen")
        return f"{entity} {action}"

    @staticmethod
    def _fresh(taken: set[str], word: str) -> str:
        number, made = 1, word
        while made in taken:
            number += 1
            made = f"{word}{to_string(number)}"
        return made

    # ---- searching for one target

    def _aim(self, target: Target) -> None:
        for event in self._near(target):
            for edits in islice(self._moves.edits_for(target), _WISHES):
                self._try(apply_edits(event, edits))
                if target not in self._open:
                    return

    def _near(self, target: Target) -> list[Event]:
        """Return starting events for a target, the nearest first."""
        place: Place | None = target.place
        found: list[Event] = []
        while isinstance(place, ValueNode):
            found += [trial.event for trial in self._seeds[place][:_SEEDS]]
            for earlier in reversed(place.before):
                found += [trial.event for trial in self._seeds[earlier][:1]]
            place = place.around or place.rule
        rule = place if isinstance(place, RuleNode) else None
        if rule is not None:
            found += [trial.event for trial in self._seeds[rule][:1]]
            found.append(self._bases[rule])
        else:
            found += list(self._bases.values())[-4:]
        distinct: dict[int, Event] = {id(event): event for event in found}
        return list(distinct.values())[:5]

    def _wander(self, target: Target) -> None:
        """Edit properties at random that the surrounding functions read."""
        place = target.place
        rule = place if isinstance(place, RuleNode) else place.rule if isinstance(place, ValueNode) else None
        paths, values = list(self._moves.paths(rule)), self._moves.values(rule)
        near = self._near(target)
        if not paths:
            return
        for _ in range(_RANDOM):
            edits: list[Any] = [
                (self._rng.choice(paths), self._rng.choice(values)) for _ in range(self._rng.randint(1, 4))
            ]
            self._try(apply_edits(self._rng.choice(near), tuple(edits)))
            if target not in self._open:
                return

    def chosen(self) -> list[Event]:
        """Return a small set of events that reaches all found targets, in document order."""
        wanted = [current_target for current_target in self.targets if current_target in self.found]
        left = set(wanted)
        taken: list[Trial] = []
        for target in wanted:
            if target in left:
                trial = self.found[target]
                taken.append(trial)
                left -= {Target(place, what) for place, what in trial.hits}
        return [trial.event for trial in _needed(taken, set(wanted))]


def _needed(trials: list[Trial], wanted: set[Target]) -> list[Trial]:
    """Drop every event whose targets are all reached by the others."""
    reached = [{Target(place, what) for place, what in trial.hits} & wanted for trial in trials]
    times = Counter(target for names in reached for target in names)
    kept = []
    for trial, share in zip(reversed(trials), reversed(reached), strict=True):
        if all(times[target] > 1 for target in share):
            times.subtract(share)
        else:
            kept.append(trial)
    return kept[::-1]
