"""Turn events into plans by the rules of walkerOS' HubSpot destination (walkerOS 4.4, sections 3.3 and 5.3 to 5.6).

Pure: no clock, no network, no logging, no state but what was compiled. What differs from walkerOS by intention is
chosen by `PlanPolicy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from hubspot_dest.events.event import with_user
from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.gc_pause import paused_gc
from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    JsTypeError,
    entries,
    js_lower,
    replace_whitespace_runs,
    to_string,
    truthy,
)
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processor
from hubspot_dest.mapping.rules import Rule, RuleError, RuleSet
from hubspot_dest.mapping.values import ValueCompiler
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import PlanPolicy
from hubspot_dest.planning.rule_plan import PlanRule, RuleCompiler, RulePlan

__all__ = ["CollectorPlanner", "Compiler", "Planner"]

_NAMES: Final = 1024  # how many event names to remember; a tracking plan has fewer, an attacker more


class Compiler(Protocol):
    """Makes what compiles mapping values: `ValueCompiler` itself, or something that makes one of its kind."""

    def __call__(self, callbacks: Callbacks, *, traced: bool, dialect: Dialect) -> ValueCompiler:
        """Return a compiler."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    processor: Processor[RulePlan]
    no_rule: RulePlan


@dataclass(frozen=True, slots=True)
class _NamedPlan:
    """How every event of one name is planned: a rule's plan and its arguments, and the name that the rule gives it."""

    plan: PlanRule
    needs_evaluation: bool
    event_name: str
    key: str
    index: int | None
    new_name: Any


class Planner:
    """A destination's configuration, compiled once, that turns events into plans.

    Args:
        config: the destination's configuration as configured; never changed, and not looked at again.
        policy: what to do better than walkerOS.
        callbacks: runs functions of the configuration.
        compiler: compiles the mapping values; another one may watch what they do.

    Raises:
        JavaScriptSyntaxError: where a `$code:` function does not parse.

    """

    def __init__(
        self,
        config: dict[str, Any],
        *,
        policy: PlanPolicy | None = None,
        callbacks: Callbacks | None = None,
        compiler: Compiler = ValueCompiler,
    ) -> None:
        self._compiler = compiler
        self._policy = policy or PlanPolicy()
        self._config = config
        settings = config.get("settings")
        self._settings: dict[str, Any] = settings if isinstance(settings, dict) else {}
        overruns = self._settings.get("codeOverruns")
        self._callbacks = callbacks or Callbacks(
            code_overruns=overruns if type(overruns) is int and overruns >= 0 else None
        )
        self._prefix = to_string(self._settings.get("eventNamePrefix", UNDEFINED))
        self._defaults = self._default_properties()
        self._names: dict[str, str] = {}
        self._routes: dict[str, _NamedPlan | None] = {}
        self._plain = self._compile(traced=False)
        self._traced: _Compiled | None = None

    def plan(
        self, event: dict[str, Any], collector: CollectorView, now_ms: int, *, traced: bool = False
    ) -> Plan:
        """Return what should happen to a whole event. Never raises, however odd the event.

        Args:
            event: a complete event (`complete_event`); not changed.
            collector: the collector's consent, user, globals and custom.
            now_ms: the time of an occurrence whose event has no timestamp, in ms since 1970.
            traced: also record where every value came from; the rest of the plan is the same.

        """
        if traced:
            compiled = self._traced = self._traced or self._compile(traced=True)
            return self._evaluated(compiled, None, event, collector, now_ms)
        try:
            route = self._routes[event["name"]]
        except (KeyError, TypeError):
            route = self._learn(event.get("name"))
        if route is not None and not route.needs_evaluation:
            try:
                return route.plan(event, None, collector, now_ms, route.event_name, route.key, route.index)
            except (JsTypeError, RecursionError):
                pass  # there is something to report, and nothing has been done yet
        return self._evaluated(self._plain, route, event, collector, now_ms)

    def _evaluated(
        self,
        compiled: _Compiled,
        route: _NamedPlan | None,
        event: dict[str, Any],
        collector: CollectorView,
        now_ms: int,
    ) -> Plan:
        """Plan an event with an evaluation, which collects what there is to report."""
        ev = Evaluation(event, collector, now_ms)
        try:
            if route is not None:
                ev.mapped = 0
                if route.new_name is not UNDEFINED:
                    ev.event = {**event, "name": route.new_name}
                plan = route.plan(ev.event, ev, collector, now_ms, route.event_name, route.key, route.index)
            else:
                plan = self._processed(compiled, event, ev, now_ms)
        except (RuleError, JsTypeError, RecursionError) as error:
            plan = Plan(ev.event, "failed", "mapping_error", str(error) or type(error).__name__)
            plan.error = plan.sentence
        plan.mapped = ev.mapped
        if ev.issues:
            plan.issues = tuple(ev.issues)
        if self._policy.divergences:
            plan.divergences = ev.divergences
        if plan.verdict != "ready":
            plan.issues_before_send = len(plan.issues)
        if compiled is self._traced:
            plan.trace = tuple(ev.traces)
        if plan.event is not event:
            plan.received = event
        return plan

    def _processed(self, compiled: _Compiled, event: dict[str, Any], ev: Evaluation, now_ms: int) -> Plan:
        """Plan an event whose rule depends on more than its name, or which a policy or `data` comes before."""
        processed = compiled.processor.process(event, ev)
        ev.mapped = len(ev.issues)
        event, key = processed.event, str(processed.key or "")
        index = None if processed.rule is None else processed.rule.index
        if processed.ignore:
            return Plan(event, "ignored", "rule_ignore", f"rule '{key}' ignores it", key, rule_index=index)
        rule = compiled.no_rule if processed.rule is None else processed.rule.settings
        name = partial(self._event_name, event, processed.rule, rule)
        return rule.plan(event, ev, ev.collector, now_ms, name, key, index)

    def _event_name(self, event: dict[str, Any], rule: Rule[RulePlan] | None, settings: RulePlan) -> str:
        if truthy(settings.event_name):
            return self._prefix + to_string(settings.event_name)
        name = rule.name if rule is not None else UNDEFINED
        if not isinstance(name, str):
            name = event.get("name", UNDEFINED)
        known = self._names.get(name) if isinstance(name, str) else None
        if known is not None:
            return known
        if not isinstance(name, str):
            msg = "eventName.toLowerCase is not a function"
            raise JsTypeError(msg)
        built = self._prefix + replace_whitespace_runs(js_lower(name), "_")
        if len(self._names) < _NAMES:
            self._names[name] = built
        return built

    def _learn(self, name: Any) -> _NamedPlan | None:
        """Find the rule of a name that is met for the first time; None where it depends on more than the name."""
        if not isinstance(name, str) or name in self._routes:
            return None
        route = self._route(name)
        if len(self._routes) < _NAMES:
            self._routes[name] = route
        return route

    def _route(self, name: str) -> _NamedPlan | None:
        compiled = self._plain
        if compiled.processor.policy is not None or compiled.processor.data is not None:
            return None
        found = compiled.processor.rules.unconditional(name)
        if found is None:
            return None
        rule, key = found
        if rule is not None and (rule.policy or rule.data or rule.ignore):
            return None
        settings = compiled.no_rule if rule is None else rule.settings
        index = None if rule is None else rule.index
        try:
            event_name = self._event_name({"name": name}, rule, settings)
        except JsTypeError:
            return None
        new_name = UNDEFINED if rule is None or not truthy(rule.name) else rule.name
        if new_name is not UNDEFINED and not isinstance(new_name, str):
            return None
        needs_evaluation = settings.needs_evaluation or new_name is not UNDEFINED
        return _NamedPlan(settings.plan, needs_evaluation, event_name, str(key or ""), index, new_name)

    def _default_properties(self) -> dict[str, Any]:
        defaults = self._settings.get("defaultProperties")
        raw = dict(entries(defaults)) if truthy(defaults) and defaults is not UNDEFINED else {}
        if not self._policy.stringify_defaults:
            return raw
        texts = {name: _default_text(value) for name, value in raw.items()}
        return {name: text for name, text in texts.items() if text is not None}

    @paused_gc()
    def _compile(self, *, traced: bool) -> _Compiled:
        values = self._compiler(self._callbacks, traced=traced, dialect=self._policy.dialect)
        config = self._config
        data = config.get("data", UNDEFINED)
        compiler = RuleCompiler(self._settings, self._defaults, values, self._policy)
        rules = RuleSet(
            config.get("mapping", UNDEFINED),
            values,
            self._callbacks,
            compiler.compile,
            as_settled=self._policy.settled_order,
        )
        policy = config.get("policy", UNDEFINED)
        return _Compiled(
            processor=Processor(
                policy=Policy.compile(policy, values, as_settled=self._policy.settled_order)
                if truthy(policy)
                else None,
                rules=rules,
                data=values.compile(data) if truthy(data) else None,
                no_data=UNDEFINED if truthy(data) else data,
                include=config.get("include", UNDEFINED),
            ),
            no_rule=compiler.compile({}),
        )


class CollectorPlanner:
    """A planner and the collector whose events it plans.

    Args:
        planner: the compiled configuration.
        collector: the collector's state.
        now_ms: the clock, in ms since 1970.

    """

    def __init__(self, planner: Planner, collector: CollectorView, now_ms: Callable[[], int]) -> None:
        self._planner = planner
        self._collector = collector
        self._now_ms = now_ms

    def plan(self, event: dict[str, Any], *, traced: bool = False) -> Plan:
        """Return what should happen to a complete event that has consent.

        Args:
            event: not changed; the collector's user is merged under its own.
            traced: also record where every value came from.

        Raises:
            NullFieldError: the event's user is null: the push fails.

        """
        collector = self._collector
        event = with_user(event, collector.user)
        return self._planner.plan(event, collector, self._now_ms(), traced=traced)


def _default_text(value: Any) -> str | None:
    """Return a default property's text; one without a text is left out, which validation excludes."""
    try:
        return None if value is None or value is UNDEFINED else to_string(value)
    except (JsTypeError, RecursionError):
        return None
