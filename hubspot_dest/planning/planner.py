"""Turn events into plans by the rules of walkerOS' HubSpot destination (walkerOS 4.4, sections 3.3 and 5.3 to 5.6).

Pure: no clock, no network, no logging, no state but what was compiled. What differs from walkerOS by intention is
chosen by `PlanPolicy`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from hubspot_dest.checks.finding import Violation
from hubspot_dest.events.collector import with_user
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import Dialect
from hubspot_dest.mapping.evaluation import Evaluation, Issue, Trace
from hubspot_dest.mapping.jsvalues import (
    LAST_PLAIN_MS,
    UNDEFINED,
    EmptiedList,
    JsTypeError,
    date_ms,
    entries,
    iso_string,
    js_lower,
    kind_of,
    replace_whitespace_runs,
    to_string,
    truthy,
)
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processor
from hubspot_dest.mapping.rules import Rule, RuleError, RuleSet
from hubspot_dest.mapping.values import CONSTANT, Callbacks, Resolve, TextMap, Unprintable, ValueCompiler
from hubspot_dest.planning.plan import INVALID_DATE, SCOPE, ContactUpsert, Plan, PlanFields
from hubspot_dest.planning.profiles import PlanPolicy

__all__ = ["CollectorPlanner", "Compiler", "PlanRule", "Planner", "RuleCompiler", "RulePlan", "paused_gc"]

NO_IDENTITY: Final = "HubSpot requires email or objectId; skipping event"
NO_CONTACT_EMAIL: Final = "HubSpot identify requires email; skipping contact upsert"
_NO_TEXTS: Final = frozenset({int, float, bool, dict, list})
_NAMES: Final = 1024  # how many event names to remember; a tracking plan has fewer, an attacker more
_new: Final = object.__new__
_set: Final = object.__setattr__

PlanRule = Callable[
    [dict[str, Any], Evaluation | None, CollectorView, int, Callable[[], str] | str, str, int | None],
    PlanFields,
]
"""(event, evaluation, collector, now in ms, event name or what makes it, rule key, rule index) → the plan's fields.

Without an evaluation it raises JsTypeError or RecursionError where there is more to report: plan again with one.
"""

_Contact = Callable[[dict[str, Any], Evaluation, Any], ContactUpsert | None]


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A compiled rule.

    Attributes:
        plan: plans an event that the rule matches.
        needs_evaluation: whether `plan` needs an evaluation; without one it is None.
        event_name: the rule's event name as configured.

    """

    plan: PlanRule
    needs_evaluation: bool
    event_name: Any = UNDEFINED


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


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause Python's garbage collector while a configuration is compiled; it is on again if it was on before.

    Compiling makes a hundred thousand objects that all stay. The collector would look through them again and again and
    find nothing to free, which is most of the time that a large configuration takes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Planner:
    """A destination's configuration, compiled once, that turns events into plans.

    Args:
        config: the destination's configuration as configured; never changed, and not read again.
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
        made = None
        if traced:
            compiled = self._traced = self._traced or self._compile(traced=True)
            made = self._evaluated(compiled, None, event, collector, now_ms)
        else:
            try:
                route = self._routes[event["name"]]
            except (KeyError, TypeError):
                route = self._learn(event.get("name"))
            if route is not None and not route.needs_evaluation:
                try:
                    made = route.plan(
                        event, None, collector, now_ms, route.event_name, route.key, route.index
                    )
                except (JsTypeError, RecursionError):
                    made = None  # there is something to report, and nothing has been done yet
            if made is None:
                made = self._evaluated(self._plain, route, event, collector, now_ms)
        # Past the constructor: twenty calls of `object.__setattr__` would nearly double the cost of planning.
        plan = _new(Plan)
        _set(plan, "__dict__", made)
        return plan

    def _evaluated(
        self,
        compiled: _Compiled,
        route: _NamedPlan | None,
        event: dict[str, Any],
        collector: CollectorView,
        now_ms: int,
    ) -> PlanFields:
        """Plan an event with an evaluation, which collects what there is to report."""
        ev = Evaluation(event, collector, now_ms)
        try:
            if route is not None:
                ev.mapped = 0
                if route.new_name is not UNDEFINED:
                    ev.event = {**event, "name": route.new_name}
                made = route.plan(ev.event, ev, collector, now_ms, route.event_name, route.key, route.index)
            else:
                made = self._processed(compiled, event, ev, now_ms)
        except (RuleError, JsTypeError, RecursionError) as error:
            why = str(error) or type(error).__name__
            made = {
                "event": ev.event,
                "verdict": "failed",
                "reason": "mapping_error",
                "sentence": why,
                "error": why,
            }
        made["mapped"] = ev.mapped
        if ev.not_numbers:
            made["violations"] = (*made.get("violations", ()), *map(_not_a_number, ev.not_numbers))
        if ev.issues:
            made["issues"] = tuple(ev.issues)
        if self._policy.divergences:
            made["divergences"] = ev.divergences
        if "verdict" in made:  # it is not the default, `ready`
            made["issues_before_send"] = len(ev.issues)
        if compiled is self._traced:
            made["trace"] = (*ev.traces, *self._trace_of_defaults(made.get("occurrence"), ev.traces))
        if made["event"] is not event:
            made["received"] = event
        return made

    def _trace_of_defaults(self, occurrence: dict[str, Any] | None, traces: list[Trace]) -> Iterator[Trace]:
        """Yield the trace of the default properties that the occurrence has: those that no mapping gives a value."""
        if occurrence is None or not self._defaults:
            return
        mapped = next((trace.result for trace in traces if trace.name == "properties"), None)
        own = mapped if isinstance(mapped, dict) else {}
        sent = occurrence["properties"]
        used = {
            name: text
            for name, text in self._defaults.items()
            if name not in own or (sent.get(name) == text and own[name] is None)
        }
        if used:
            steps = [Trace("value", text, name, [CONSTANT]) for name, text in used.items()]
            yield Trace("settings.defaultProperties", used, "defaultProperties", [], steps)

    def _processed(
        self, compiled: _Compiled, event: dict[str, Any], ev: Evaluation, now_ms: int
    ) -> PlanFields:
        """Plan an event whose rule depends on more than its name, or which a policy or `data` comes before."""
        processed = compiled.processor.process(event, ev)
        ev.mapped = len(ev.issues)
        event, key = processed.event, str(processed.key or "")
        index = None if processed.rule is None else processed.rule.index
        if processed.ignore:
            return {
                "event": event,
                "verdict": "ignored",
                "reason": "rule_ignore",
                "sentence": f"rule '{key}' ignores it",
                "rule_key": key,
                "rule_index": index,
            }
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


class RuleCompiler:
    """Compiles what a rule asks for into one function from event to plan (walkerOS 4.4, sections 5.3 to 5.6).

    Planning is held against parsing: an event whose JSON takes 3 µs to read should not take 10 µs to plan. So all that
    can be known of a rule is found out when it is compiled, and a mapping value costs only what it asks for itself.

    Args:
        settings: the destination's settings.
        defaults: the destination's default properties.
        values: compiles mapping values.
        policy: what to do better than walkerOS.

    """

    def __init__(
        self, settings: dict[str, Any], defaults: dict[str, Any], values: ValueCompiler, policy: PlanPolicy
    ) -> None:
        email = settings.get("email", UNDEFINED)
        email = "user.email" if email is UNDEFINED or email is None else email
        self._values = values
        self._policy = policy
        self._defaults = defaults
        object_id = settings.get("objectId", UNDEFINED)
        self._needs_evaluation = any(
            truthy(item) and values.needs_evaluation(item) for item in (email, object_id)
        )
        self._email = values.compile_named("email", email) if truthy(email) else None
        self._object_id = values.compile_named("objectId", object_id) if truthy(object_id) else None
        self._identify = settings.get("identify", UNDEFINED)

    def compile(self, rule: dict[str, Any]) -> RulePlan:
        """Compile a rule; the empty rule is what holds for an event without one."""
        settings = rule.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        identify = settings.get("identify", UNDEFINED)
        contact = self._contact(self._identify if identify is UNDEFINED or identify is None else identify)
        mapping = settings.get("properties", UNDEFINED)
        keep_emptied = not self._policy.omit_emptied
        texts = self._values.compile_texts("properties", mapping, keep_emptied=keep_emptied)
        properties = None
        if texts is None and mapping is not UNDEFINED:
            properties = self._values.compile_named("properties", mapping)
        skip = self._policy.honour_skip and rule.get("skip") is True
        silent, warn = rule.get("silent") is True or skip, rule.get("silent") is not True
        plan = self._plan_rule(contact, properties, texts, silent=silent, warn_of_skip=warn)
        needs = (
            self._needs_evaluation
            or contact is not None
            or silent
            or properties is not None
            or (texts is not None and texts.needs_evaluation)
        )
        return RulePlan(plan, needs, settings.get("eventName", UNDEFINED))

    def _plan_rule(
        self,
        contact: _Contact | None,
        properties: Resolve | None,
        texts: TextMap | None,
        *,
        silent: bool,
        warn_of_skip: bool,
    ) -> PlanRule:
        find_email, find_object_id = self._email, self._object_id
        defaults, policy = self._defaults, self._policy

        def plan_rule(
            event: dict[str, Any],
            ev: Evaluation | None,
            collector: CollectorView,
            now_ms: int,
            event_name: Callable[[], str] | str,
            key: str,
            index: int | None,
        ) -> PlanFields:
            consent = collector.consent
            email = object_id = None
            if find_email is not None:
                email = find_email(event, ev, consent)  # type: ignore[arg-type]  # None only where nothing uses it
            if find_object_id is not None:
                object_id = find_object_id(event, ev, consent)  # type: ignore[arg-type]  # likewise
            odd = type(email) in _NO_TEXTS or type(object_id) in _NO_TEXTS
            # Anything but a non-empty text does not count as an identity, a number least of all (D11).
            known_email = email if type(email) is str and email else None
            known_id = object_id if type(object_id) is str and object_id else None
            made: PlanFields = {
                "event": event,
                "rule_key": key,
                "rule_index": index,
                "email": known_email,
                "object_id": known_id,
                "occurrence": None,
            }
            if known_email is None and known_id is None:
                issue = Issue("WARN", NO_IDENTITY, {"event": event.get("name")}, SCOPE)
                made["verdict"] = "skipped"
                made["reason"] = "no_identity"
                made["sentence"] = "neither email nor objectId"
                if ev is None:
                    made["issues"] = (issue,)
                    made["issues_before_send"] = 1
                else:
                    ev.issues.append(issue)
                if odd:
                    made["violations"] = _odd_identities(email=email, object_id=object_id, verdict="skipped")
                return made
            if odd:
                made["violations"] = _odd_identities(email=email, object_id=object_id, verdict="ready")
            if ev is not None:
                if contact is not None:
                    made["contact"] = contact(event, ev, consent)
                made["issues_before_send"] = len(ev.issues)
                if silent:
                    made["reason"] = "silent_rule"
                    made["sentence"] = f"rule '{key}' is silent"
                    if warn_of_skip:
                        ev.issues.append(_skip_warning(key))
                    return made
            try:
                name = event_name if type(event_name) is str else event_name()  # type: ignore[operator]
                into = defaults.copy()
                if texts is not None:
                    unprintable = texts.write(into, event, ev, consent)
                    if unprintable:
                        _report(unprintable, "", ev, policy)
                elif properties is not None and ev is not None:
                    mapped = properties(event, ev, consent)
                    if isinstance(mapped, dict):
                        _set_texts(into, mapped, "", ev, policy)
                when = event.get("timestamp", UNDEFINED)
                if type(when) is int and 0 < when < LAST_PLAIN_MS:
                    occurred_at: Any = iso_string(when)
                else:
                    occurred_at = _occurred_at(when, now_ms)
                    if occurred_at is None:
                        if policy.refuse_bad_dates:
                            made["error"] = f"timestamp {event.get('timestamp')!r} is not a date"
                            return made
                        occurred_at = INVALID_DATE
                occurrence = {"eventName": name, "occurredAt": occurred_at, "properties": into}
                if known_email is not None:
                    occurrence["email"] = known_email
                if known_id is not None:
                    occurrence["objectId"] = known_id
                made["occurrence"] = occurrence
            except (JsTypeError, RecursionError) as error:
                if ev is None:
                    raise
                made["error"] = str(error)
            return made

        return plan_rule

    def _contact(self, mapping: Any) -> _Contact | None:
        if mapping is UNDEFINED:
            return None
        return self._plain_contact(mapping) or self._any_contact(mapping)

    def _plain_contact(self, mapping: Any) -> _Contact | None:
        """Compile `{map: {email: path, properties: {map: …}}}`, what nearly all contacts are; None for others."""
        inner = mapping.get("map") if isinstance(mapping, dict) and len(mapping) == 1 else None
        if not isinstance(inner, dict) or list(inner) != ["email", "properties"]:
            return None
        texts = self._values.compile_texts(
            "identify.properties", inner["properties"], keep_emptied=not self._policy.omit_emptied
        )
        if texts is None or self._values.needs_evaluation(inner["email"]):
            return None
        find_email, policy = self._values.compile(inner["email"]), self._policy

        def contact(event: dict[str, Any], ev: Evaluation, consent: Any) -> ContactUpsert | None:
            email = find_email(event, ev, consent)
            into: dict[str, str] = {}
            unprintable = texts.write(into, event, ev, consent)
            if not isinstance(email, str) or not email:
                ev.issues.append(Issue("WARN", NO_CONTACT_EMAIL, {}, SCOPE))
                return None
            if unprintable:
                _report(unprintable, "contact.", ev, policy)
            return ContactUpsert(email, into)

        return contact

    def _any_contact(self, mapping: Any) -> _Contact:
        resolve, policy = self._values.compile_named("identify", mapping), self._policy

        def contact(event: dict[str, Any], ev: Evaluation, consent: Any) -> ContactUpsert | None:
            resolved = resolve(event, ev, consent)
            if not isinstance(resolved, dict):
                return None
            email = resolved.get("email", UNDEFINED)
            if not isinstance(email, str) or not email:
                ev.issues.append(Issue("WARN", NO_CONTACT_EMAIL, {}, SCOPE))
                return None
            properties = resolved.get("properties", UNDEFINED)
            if not isinstance(properties, dict):
                return ContactUpsert(email, None)
            into: dict[str, str] = {}
            _set_texts(into, properties, "contact.", ev, policy)
            return ContactUpsert(email, into)

        return contact


def _set_texts(
    into: dict[str, Any], mapped: dict[str, Any], label: str, ev: Evaluation, policy: PlanPolicy
) -> None:
    """Set each property to the text of its value, unless the policy leaves it out."""
    for name, value in mapped.items():
        if type(value) is str:
            into[name] = value
        elif (
            value is not None
            and value is not UNDEFINED
            and not (isinstance(value, EmptiedList) and policy.omit_emptied)
        ):
            try:
                into[name] = to_string(value)
            except JsTypeError as error:
                _report([(name, error)], label, ev, policy)


def _report(
    unprintable: Sequence[Unprintable], label: str, ev: Evaluation | None, policy: PlanPolicy
) -> None:
    """Add the issues of values without a text; where the policy does not leave those out, the first one fails."""
    if ev is None or not policy.omit_unprintable:
        raise unprintable[0][1]
    ev.issues += [_unprintable(f"{label}{name}", error) for name, error in unprintable]


def _not_a_number(place: str) -> Violation:
    """Return the violation of a value that is left out because a function gave NaN."""
    name = place.removeprefix("identify.properties.").removeprefix("properties.")
    return Violation(
        "value_nothing",
        f"{name}: the function gives NaN, which is not a value (JSON has null for it): it is left out",
        "return a number, or undefined where there is none",
        place,
    )


def _odd_identities(*, email: Any, object_id: Any, verdict: str) -> tuple[Violation, ...]:
    """Return a violation for each identity that is not text; a number is the most common surprise with CRM ids.

    walkerOS does not report it; without another identity the event is lost.
    """
    return tuple(
        Violation(
            "identity_number" if verdict == "skipped" else "identity_number_ignored",
            f"{what} is {kind_of(value)}, and HubSpot's destination takes text only",
            f'make it text with a function: {{"fn": "$code:(event) => String(...)"}} in settings.{what}',
            what,
        )
        for what, value in (("email", email), ("objectId", object_id))
        if type(value) in _NO_TEXTS
    )


def _unprintable(label: str, error: JsTypeError) -> Issue:
    return Issue(
        "ERROR",
        "property cannot be converted to text",
        {"property": label, "error": {"name": "TypeError", "message": str(error)}},
        SCOPE,
        code="property_not_text",
        sentence=f"{label} cannot be converted to text ({error}) and is left out; walkerOS would lose the event. "
        "Map one of its values instead",
    )


def _occurred_at(timestamp: Any, now_ms: int) -> str | None:
    ms = date_ms(timestamp) if truthy(timestamp) else now_ms
    return None if ms is None else iso_string(ms)


def _skip_warning(rule_key: str) -> Issue:
    return Issue(
        "WARN",
        f"rule '{rule_key}' says skip: true; walkerOS 4 ignores it and would send the event. Use silent: true",
        {"rule": rule_key},
        SCOPE,
    )
