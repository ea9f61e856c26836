"""Look for events that reach everything in a configuration, guided by what the events so far reached."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import to_string
from simulator.coverage.event_shapes import Event, base_event, wished
from simulator.coverage.mapping_tree import Item, RulePlace, Tree
from simulator.coverage.mutations import Moves
from simulator.coverage.proofs import proof
from simulator.coverage.targets import Place, Target, targets_of
from simulator.coverage.time_limit import Clock, TimeUpError
from simulator.coverage.trials import Lab, Trial

__all__ = ["Search"]

_SEEDS: Final = 3  # events kept for a place, from which others begin
_WISHES: Final = 500  # for one target and one event
_RANDOM: Final = 400  # for one target that nothing else reached
_BATCH: Final = frozenset({"a full batch", "a batch of the rest"})


class Search:
    """Tries events on a configuration until everything is reached that it can reach.

    Args:
        config: the configuration.
        seed: the same seed gives the same events, unless time is up.
        clock: how long it may take.
        parity: look for what events reach in walkerOS' own destination.
        told: is called with how many events were tried, how many targets were reached, and how many there are.

    Attributes:
        tree: the configuration's places.
        targets: everything there is to reach.
        found: what was reached, with the event that was first.
        proofs: what no event can reach, with the reason.
        lab: where events are tried.
        time_up: whether it ended before it was done.

    """

    def __init__(
        self,
        config: Config,
        seed: int,
        *,
        clock: Clock | None = None,
        parity: bool = False,
        told: Callable[[int, int, int], None] | None = None,
    ) -> None:
        self.config = config
        self.clock = clock = clock or Clock()
        self.tree = Tree(config.raw)
        self.lab = Lab(config, self.tree, clock=clock, parity=parity)
        self.targets = targets_of(self.tree, config)
        self.found: dict[Target, Trial] = {}
        self.proofs: dict[Target, str] = {}
        self.time_up = False
        with self._in_time():
            self._prove(parity=parity)
        self._told = told or (lambda tried, reached, every: None)  # noqa: ARG005
        self._done_with: set[Target] = set()
        self._dice = random.Random(f"cover {seed}")  # noqa: S311 - events, not secrets
        self._moves = Moves(self.tree, config, self._dice, clock)
        self._open = dict.fromkeys(one for one in self.targets if one.what not in _BATCH)
        self._seeds: dict[Place, list[Trial]] = defaultdict(list)
        self._bases: dict[RulePlace | None, Event] = {}

    def run(self) -> None:
        """Search until nothing is left to try, or time is up."""
        if not self.config.disabled and not self.time_up:
            with self._in_time():
                self._run()

    def given_up(self, target: Target) -> bool:
        """Tell whether time was up before everything was tried for a target that was not found."""
        return self.time_up and target not in self._done_with and target not in self.found

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except TimeUpError:
            self.time_up = True

    def _prove(self, *, parity: bool) -> None:
        for target in self.targets:
            self.clock.check()
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
        """Tell whether any event that was tried came to a place."""
        return bool(self._seeds.get(place))

    # ---- trying

    def _try(self, event: Event) -> Trial:
        self.clock.check()
        self._told(self.lab.tried, len(self.found), len(self.targets))
        trial = self.lab.plan(event)
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
        """Try an event of every rule with everything that is read, and one with nothing."""
        names = list(self._names())
        for rule, name in names:
            bare = base_event(name, self._moves.consents, self._dice)
            self._bases[rule] = full = wished(bare, self._moves.full(rule))
            self._try(full)
            self._try(bare)

    def _open_rules(self) -> None:
        """Reach every rule, then take away much at once: that leaves little to aim at one by one."""
        for target in [one for one in self._open if one.is_rule and one not in self.proofs]:
            self._aim(target)
        for rule in self.tree.rules:
            for trial in self._seeds[rule][:1]:
                for wish in self._moves.layers(rule):
                    self._try(wished(trial.event, wish))

    def _names(self) -> Iterator[tuple[RulePlace | None, str]]:
        for rule in self.tree.rules:
            yield rule, self._name(rule)
        yield None, f"{self._fresh(set(self._entities()), 'thing')} happen"

    def _entities(self) -> Iterator[str]:
        return (rule.entity for rule in self.tree.rules)

    def _name(self, rule: RulePlace) -> str:
        """Return a name of which only this rule's key comes into question."""
        entity = rule.entity
        if entity == "*":
            entity = self._fresh(set(self._entities()), "thing")
        action = rule.action
        if action == "*":
            taken = {one.action for one in self.tree.rules if one.entity == rule.entity}
            action = self._fresh(taken, "happen")
        return f"{entity} {action}"

    @staticmethod
    def _fresh(taken: set[str], word: str) -> str:
        number, made = 1, word
        while made in taken:
            number += 1
            made = f"{word}{to_string(number)}"
        return made

    # ---- aiming

    def _aim(self, target: Target) -> None:
        for event in self._near(target):
            for wish in islice(self._moves.wishes(target), _WISHES):
                self._try(wished(event, wish))
                if target not in self._open:
                    return

    def _near(self, target: Target) -> list[Event]:
        """Return events from which the target may not be far, the nearest first."""
        place: Place | None = target.place
        found: list[Event] = []
        while isinstance(place, Item):
            found += [trial.event for trial in self._seeds[place][:_SEEDS]]
            for earlier in reversed(place.before):
                found += [trial.event for trial in self._seeds[earlier][:1]]
            place = place.around or place.rule
        rule = place if isinstance(place, RulePlace) else None
        if rule is not None:
            found += [trial.event for trial in self._seeds[rule][:1]]
            found.append(self._bases[rule])
        else:
            found += list(self._bases.values())[-4:]
        distinct: dict[int, Event] = {id(event): event for event in found}
        return list(distinct.values())[:5]

    def _wander(self, target: Target) -> None:
        """Change things at random that the functions around look at."""
        place = target.place
        rule = place if isinstance(place, RulePlace) else place.rule if isinstance(place, Item) else None
        paths, values = list(self._moves.paths(rule)), self._moves.values(rule)
        near = self._near(target)
        if not paths:
            return
        for _ in range(_RANDOM):
            wish: list[Any] = [
                (self._dice.choice(paths), self._dice.choice(values)) for _ in range(self._dice.randint(1, 4))
            ]
            self._try(wished(self._dice.choice(near), tuple(wish)))
            if target not in self._open:
                return

    def chosen(self) -> list[Event]:
        """Return few events that reach together what was found, in the order of the configuration."""
        wanted = [one for one in self.targets if one in self.found]
        left = set(wanted)
        taken: list[Trial] = []
        for target in wanted:
            if target in left:
                trial = self.found[target]
                taken.append(trial)
                left -= {Target(place, what) for place, what in trial.hits}
        return [trial.event for trial in _needed(taken, set(wanted))]


def _needed(trials: list[Trial], wanted: set[Target]) -> list[Trial]:
    """Leave out every event whose share the others reach as well."""
    reached = [{Target(place, what) for place, what in trial.hits} & wanted for trial in trials]
    times = Counter(target for one in reached for target in one)
    kept = []
    for trial, share in zip(reversed(trials), reversed(reached), strict=True):
        if all(times[target] > 1 for target in share):
            times.subtract(share)
        else:
            kept.append(trial)
    return kept[::-1]
