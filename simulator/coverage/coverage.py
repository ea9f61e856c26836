"""Find events that cover a configuration, and report what is not covered, with the reason."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from hubspot_dest.amounts import amount
from hubspot_dest.config.model import Config
from hubspot_dest.coverage.rule_coverage import RuleCoverage
from hubspot_dest.planning.plan import INVALID_DATE
from simulator.coverage.event_shapes import Event
from simulator.coverage.reasons import Reasons
from simulator.coverage.search import Search
from simulator.coverage.targets import DESTINATION, Target
from simulator.coverage.time_limit import TimeLimit
from simulator.coverage.trials import Trial
from simulator.coverage.verifier import Verifier

__all__ = ["CoverageResult", "Unreached", "cover"]

_STEP_MS = 1000
_NO_TIME = "the time limit was reached before the event that reaches it could be verified"
_UNSTEADY = "a function takes about as long as its time limit, so its result is not reproducible"
_ODD = "the event that reached it did not reach it again when verified"


@dataclass(frozen=True, slots=True)
class Unreached:
    """A target that no event of the result reaches.

    Attributes:
        label: display name: `order complete [3]`, `order complete [1]: properties.revenue: data.total absent`.
        kind: `rule` or `path`.
        reason: the reason.
        proven: whether it is proven that no event can; otherwise the search found none.

    """

    label: str
    kind: str
    reason: str
    proven: bool


@dataclass(frozen=True, slots=True)
class CoverageResult:
    """The result of a search.

    Attributes:
        events: whole walkerOS 4 events, in the order of the configuration.
        rules: (reached, all) rules, by the same counter as `hubspot-dest preview --coverage`.
        properties: (resolved, all) properties of these rules, by the same counter.
        paths: (reached, all) other targets.
        unreached: the targets that were not reached.
        tried: number of planned events.
        time_up: whether the time limit ended the search.

    """

    events: tuple[Event, ...]
    rules: tuple[int, int]
    properties: tuple[int, int]
    paths: tuple[int, int]
    unreached: tuple[Unreached, ...]
    tried: int
    time_up: bool = False

    @property
    def complete(self) -> bool:
        """Whether all reachable targets were reached."""
        return all(unreached.proven for unreached in self.unreached)

    @property
    def sentence(self) -> str:
        """The result in a sentence: `reached 14 of 15 rules, 41 of 44 paths`."""
        (rules, all_rules), (paths, all_paths) = self.rules, self.paths
        return f"reached {rules} of {amount(all_rules, 'rule')}, {paths} of {amount(all_paths, 'path')}"

    @property
    def properties_sentence(self) -> str:
        """The properties in a sentence: `resolved 9 of 10 properties`."""
        resolved, every = self.properties
        return f"resolved {resolved} of {amount(every, 'property')}"

    def plain(self) -> dict[str, Any]:
        """Return the result as JSON, without its events."""
        return {
            "complete": self.complete,
            "timeUp": self.time_up,
            "rules": {"reached": self.rules[0], "all": self.rules[1]},
            "properties": {"resolved": self.properties[0], "all": self.properties[1]},
            "paths": {"reached": self.paths[0], "all": self.paths[1]},
            "events": len(self.events),
            "tried": self.tried,
            "unreached": [
                {
                    "what": unreached.label,
                    "kind": unreached.kind,
                    "reason": unreached.reason,
                    "proven": unreached.proven,
                }
                for unreached in self.unreached
            ],
        }


def cover(
    config: Config,
    seed: int = 1,
    *,
    parity: bool = False,
    seconds: float | None = None,
    on_progress: Callable[[int, int, int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> CoverageResult:
    """Search for events that reach every rule and every path of a configuration.

    A target counts as reached only if the returned events reach it in the sender's own planner.

    Args:
        config: the destination's configuration.
        seed: the same seed and configuration give the same events, unless the time limit ends the search.
        parity: for walkerOS' behaviour instead of the sender's.
        seconds: time limit, after which the partial result is returned; None for no limit.
        on_progress: called with the progress: events tried, targets reached, all targets.
        stopped: returns whether to stop early, with the partial result.

    Raises:
        JavaScriptSyntaxError: a `$code:` function does not parse.
        RuntimeError: the instrumented planner and the sender's disagree: a bug.

    """
    time_limit = TimeLimit(seconds, stopped=stopped)
    search = Search(config, seed, time_limit=time_limit, parity=parity, on_progress=on_progress)
    search.run()
    time_limit.last_part()
    verifier = Verifier(config, search.tree, time_limit, parity=parity)
    chosen = search.chosen()
    trials = verifier.trials(_stamped(chosen, seed))
    if not verifier.time_up and not set(search.found) <= _reached(trials):
        # The configuration reads the time or the id of an event, so both stay unchanged.
        trials = verifier.trials(chosen)
    if config.batch:
        trials += verifier.trials(_filling(config, trials, seed))
    reached = _reached(trials) | _batches(config, trials)
    explain = Reasons(search, _NO_TIME if verifier.time_up else _UNSTEADY if verifier.unstable else _ODD)
    unreached = tuple(
        Unreached(
            current_target.label,
            "rule" if current_target.is_rule else "path",
            *explain.why(current_target, reached),
        )
        for current_target in search.targets
        if current_target not in reached
    )
    paths = [target for target in search.targets if not target.is_rule]
    rules, properties = _exercised(config, trials)
    return CoverageResult(
        tuple(trial.event for trial in trials),
        rules,
        properties,
        (sum(path in reached for path in paths), len(paths)),
        unreached,
        search.runner.tried,
        search.time_up or verifier.time_up,
    )


def _exercised(config: Config, trials: list[Trial]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return (reached, all) rules and (resolved, all) properties, as the coverage of a preview counts them."""
    coverage = RuleCoverage()
    coverage.follow(config.raw)
    for trial in trials:
        if trial.plan is not None:
            coverage.count_plan(str(trial.event.get("name", "")), trial.plan)
    rules = coverage.all()
    named = [
        property_hits
        for rule in (coverage.identify, *rules)
        if not rule.ignores
        for property_hits in (*rule.properties.values(), *rule.contact.values())
    ]
    hit = sum(rule.hits > 0 for rule in rules)
    return (hit, len(rules)), (sum(property_hits.resolved > 0 for property_hits in named), len(named))


def _reached(trials: list[Trial]) -> set[Target]:
    return {Target(place, what) for trial in trials for place, what in trial.hits}


def _sent(trial: Trial) -> bool:
    occurrence = trial.plan.occurrence if trial.plan is not None and trial.plan.error is None else None
    # An invalid date makes walkerOS fail when it sends the event.
    return occurrence is not None and occurrence["occurredAt"] != INVALID_DATE


def _batches(config: Config, trials: list[Trial]) -> set[Target]:
    """Return the batch targets that the events reach together: a full batch and a last partial one."""
    count = sum(map(_sent, trials))
    found = set()
    if config.batch and count >= config.batch_size:
        found.add(Target(DESTINATION, "a full batch"))
    if config.batch and count % config.batch_size:
        found.add(Target(DESTINATION, "a batch of the rest"))
    return found


def _filling(config: Config, trials: list[Trial], seed: int) -> list[Event]:
    """Return further sent events until they fill a batch and begin another."""
    sent = [trial.event for trial in trials if _sent(trial)]
    if not sent:
        return []
    missing = max(0, config.batch_size - len(sent))
    if (len(sent) + missing) % config.batch_size == 0 and config.batch_size > 1:
        missing += 1
    return _stamped(list(islice(cycle(sent), missing)), seed, len(trials))


def _stamped(events: list[Event], seed: int, begin: int = 0) -> list[Event]:
    """Return copies of the events, one second apart, each with its own id."""
    rng = random.Random(f"cover stamps {seed} {begin}")  # noqa: S311 - ids, not secrets
    made = []
    for number, event in enumerate(events, begin):
        copy = dict(event)
        identifier, moment = f"{rng.getrandbits(64) | 1:016x}", event.get("timestamp")
        if isinstance(event.get("id"), str):
            copy["id"] = identifier
        if type(moment) is int:
            copy["timestamp"] = moment + number * _STEP_MS
        made.append(copy)
    return made
