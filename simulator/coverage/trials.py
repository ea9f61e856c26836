"""Plan events with the real planner and record which nodes each event reached, with which results."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.dialect import Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, cast_to_property, truthy
from hubspot_dest.mapping.paths import get_by_path
from hubspot_dest.mapping.values import Callback, Callbacks, Resolve, ValueCompiler
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import Planner
from hubspot_dest.planning.profiles import profile_of
from simulator.coverage.mapping_tree import MappingTree, MarkedCode, RuleNode, ValueNode
from simulator.coverage.targets import DESTINATION, Place
from simulator.coverage.time_limit import TimedCallbacks, TimeLimit

__all__ = ["NOW_MS", "TrialRunner", "Trial"]

NOW_MS: Final = 1_767_600_000_000
"""The fixed clock of the planner."""

Hit = tuple[Place, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """One planned event.

    Attributes:
        event: the event as pushed.
        hits: the reached nodes and their results.
        plan: its plan; None for an invalid event or one that waits for consent.

    """

    event: dict[str, Any]
    hits: frozenset[Hit]
    plan: Plan | None


@dataclass(slots=True)
class _Frame:
    """The function results of one item during its evaluation."""

    results: dict[str, bool] = field(default_factory=dict)


class _Notes:
    """The nodes reached by the current event, and the function failures of all events."""

    def __init__(self) -> None:
        self.hits: set[Hit] = set()
        self.frames: list[_Frame] = []
        self.sizes: dict[ValueNode, int | None] = {}
        self.rules: dict[RuleNode, bool] = {}
        self.threw: dict[MarkedCode, Counter[str]] = defaultdict(Counter)

    def begin(self) -> None:
        self.hits, self.sizes, self.rules = set(), {}, {}
        self.frames.clear()

    def function(self, code: MarkedCode, result: Any) -> None:
        """Record a function's result."""
        if isinstance(code.owner, RuleNode):
            self.rules[code.owner] = truthy(result)
        elif self.frames and code.what != "fn":
            self.frames[-1].results[code.what] = truthy(result)
            self.hits.add((code.owner, f"{code.what} {'true' if truthy(result) else 'false'}"))

    def failed(self, code: MarkedCode, error: BaseException) -> None:
        self.threw[code][str(getattr(error, "message", None) or error)[:200]] += 1
        if isinstance(code.owner, ValueNode) and code.what != "fn":
            self.hits.add((code.owner, f"{code.what} false"))
            if self.frames:
                self.frames[-1].results[code.what] = False

    def judge(self, place: ValueNode, frame: _Frame, value: Any, consent: Any, result: Any) -> None:
        """Record the result of one item."""
        hits = self.hits
        hits.add((place, "asked"))
        if frame.results.get("condition") is False:
            return
        required = place.form.get("consent")
        if truthy(required) and required is not None:
            if granted_consent(required, consent) is None:
                hits.add((place, "consent missing"))
                return
            hits.add((place, "consent granted"))
        if place.key is not None:
            found = cast_to_property(get_by_path(value, place.key))
            hits.add((place, "absent" if found is UNDEFINED else "present"))
        elif place.scope:
            sizes = [self.sizes.get(value_node) for value_node in place.scope]
            size = next((size for size in sizes if size is not None), None)
            if size is not None:
                hits.add((place, "no item" if size == 0 else "one item" if size == 1 else "several items"))
        if place.form.get("fn") is not None and place.key is None:
            made = result is not UNDEFINED and not self._is_fallback(place, result)
            hits.add((place, "value" if made else "nothing"))
        elif result is not UNDEFINED:
            hits.add((place, "value"))
        self.sizes[place] = len(result) if isinstance(result, list) else None

    @staticmethod
    def _is_fallback(place: ValueNode, result: Any) -> bool:
        static = place.form.get("value", UNDEFINED)
        return static is not UNDEFINED and result == static


class _WatchedCallbacks(TimedCallbacks):
    """Runs functions within the time limit, and records the results of the marked ones."""

    def __init__(self, notes: _Notes, time_limit: TimeLimit) -> None:
        super().__init__(time_limit)
        self._notes = notes

    def callable(self, source: Any) -> Callback:
        return self._watched(source, super().callable(source))

    def rule_condition(self, source: Any, *, awaited: bool = True) -> Callback:
        return self._watched(source, super().rule_condition(source, awaited=awaited))

    def _watched(self, source: Any, function: Callback) -> Callback:
        if not isinstance(source, MarkedCode):
            return function
        notes = self._notes

        def watched(value: Any, context: Any) -> Any:
            try:
                result = function(value, context)
            except Exception as error:
                notes.failed(source, error)
                raise
            notes.function(source, result)
            return result

        return watched


class _WatchedCompiler(ValueCompiler):
    """Compiles mapping values as the sender does, and records the result of every alternative."""

    def __init__(self, callbacks: Callbacks, tree: MappingTree, notes: _Notes, dialect: Dialect) -> None:
        # The traced form evaluates every alternative; the other one short-circuits.
        super().__init__(callbacks, traced=True, dialect=dialect)
        self._tree = tree
        self._notes = notes

    def _item(self, item: Any, depth: int = 0) -> Resolve:
        resolve = super()._item(item, depth)
        place = self._tree.node_of(item)
        return resolve if place is None else self._watch(place, resolve)

    def _watch(self, place: ValueNode, resolve: Resolve) -> Resolve:
        notes = self._notes

        def watched(value: Any, ev: Evaluation, consent: Any) -> Any:
            frame = _Frame()
            notes.frames.append(frame)
            try:
                result = resolve(value, ev, consent)
            finally:
                notes.frames.pop()
            notes.judge(place, frame, value, consent, result)
            return result

        return watched


class TrialRunner:
    """Plans trial events.

    Args:
        config: the configuration.
        tree: its tree.
        time_limit: the time limit.
        parity: plan with walkerOS' behaviour.

    """

    def __init__(
        self, config: Config, tree: MappingTree, *, time_limit: TimeLimit | None = None, parity: bool = False
    ) -> None:
        self._config = config
        self._tree = tree
        self._notes = notes = _Notes()
        self._time_limit = time_limit or TimeLimit()
        self._callbacks = callbacks = _WatchedCallbacks(notes, self._time_limit)

        def compiler(
            callbacks: Callbacks,
            *,
            traced: bool,  # noqa: ARG001 - always traced, see `_WatchedCompiler`
            dialect: Dialect,
        ) -> ValueCompiler:
            return _WatchedCompiler(callbacks, tree, notes, dialect)

        profile = profile_of(parity=parity)
        planner = Planner(tree.raw, policy=profile.plan, callbacks=callbacks, compiler=compiler)
        self._dry_run = DryRun(config, profile=profile, planner=planner)
        self.tried = 0

    @property
    def limited(self) -> int:
        """The number of function calls that hit a sandbox limit."""
        return self._callbacks.limited

    def check(self) -> None:
        """Check the time limit.

        Raises:
            TimeUpError: the time limit was reached.

        """
        self._time_limit.check()

    def failures(self, code: MarkedCode) -> tuple[int, str]:
        """Return how often a function threw, and its most frequent error."""
        failures = self._notes.threw.get(code)
        return (failures.total(), failures.most_common(1)[0][0]) if failures else (0, "")

    def plan(self, event: dict[str, Any]) -> Trial:
        """Plan one event as the destination does.

        Raises:
            TimeUpError: the time limit was reached while planning.

        """
        self.tried += 1
        notes = self._notes
        notes.begin()
        plan = self._dry_run.plan(event, NOW_MS, traced=True)
        if plan.reason in ("invalid_event", "push_error"):
            return Trial(event, frozenset(), None)
        if plan.reason in ("consent_missing", "consent_refused"):
            return Trial(event, frozenset({(DESTINATION, "consent missing")}), None)
        plan = replace(plan, trace=None)
        self._rules(plan)
        self._identity(plan)
        return Trial(event, frozenset(notes.hits), plan)

    def _rules(self, plan: Plan) -> None:
        notes = self._notes
        for rule, held in notes.rules.items():
            notes.hits.add((rule, f"condition {'true' if held else 'false'}"))
        if not plan.rule_key:
            if plan.error is None:
                notes.hits.add((DESTINATION, "no rule"))
            return
        entity, _, action = plan.rule_key.partition(" ")
        for rule in self._tree.block(entity, action):
            if not rule.conditional or notes.rules.get(rule):
                notes.hits.add((rule, "matched"))
                return

    def _identity(self, plan: Plan) -> None:
        add: Callable[[Hit], None] = self._notes.hits.add
        if self._config.consent:
            add((DESTINATION, "consent granted"))
        if plan.reason == "no_identity":
            add((DESTINATION, "no identity"))
        elif plan.email is not None:
            add((DESTINATION, "email alone" if plan.object_id is None else "both identities"))
        elif plan.object_id is not None:
            add((DESTINATION, "objectId alone"))
