"""Turn events into plans by the rules of walkerOS' HubSpot destination (walkerOS 4.4, sections 3.3 and 5.3 to 5.6).

Pure: no clock, no network, no logging, no state but what was compiled. What differs from walkerOS by intention is
chosen by `PlanPolicy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hubspot_dest.checks.finding import Violation
from hubspot_dest.events.event import with_user
from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import Dialect
from hubspot_dest.mapping.evaluation import Evaluation, Issue
from hubspot_dest.mapping.jsdates import LAST_PLAIN_MS, date_ms, iso_string
from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    EmptiedList,
    JsTypeError,
    entries,
    js_lower,
    kind_of,
    to_string,
    truthy,
    whitespace_runs_to,
)
from hubspot_dest.mapping.plain_map import PlainMap
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processed, Processor
from hubspot_dest.mapping.rules import Rule, RuleError, RuleSet
from hubspot_dest.mapping.values import Resolve, ValueCompiler
from hubspot_dest.planning.fast_path import QuickPlan, write_quick_plan
from hubspot_dest.planning.plan import INVALID_DATE, SCOPE, ContactUpsert, Plan
from hubspot_dest.planning.profiles import PlanPolicy

__all__ = ["CollectorPlanner", "Compiler", "Planner"]

NO_IDENTITY: Final = "HubSpot requires email or objectId; skipping event"
NO_CONTACT_EMAIL: Final = "HubSpot identify requires email; skipping contact upsert"
_NO_TEXTS: Final = (int, float, bool, dict, list)
_NAMES: Final = 1024  # how many event names to remember; a tracking plan has fewer, an attacker more


class Compiler(Protocol):
    """Makes what compiles mapping values: `ValueCompiler` itself, or something that makes one of its kind."""

    def __call__(self, callbacks: Callbacks, *, traced: bool, dialect: Dialect) -> ValueCompiler:
        """Return a compiler."""


@dataclass(frozen=True, slots=True)
class _CompiledRuleSettings:
    event_name: Any = UNDEFINED
    identify: Resolve | None = None
    properties: Resolve | None = None
    texts: PlainMap | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class _Compiled:
    processor: Processor[_CompiledRuleSettings]
    email: Resolve | None
    object_id: Resolve | None
    identify: Resolve | None
    no_rule: _CompiledRuleSettings = field(default_factory=_CompiledRuleSettings)


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
        self._quick: dict[str, QuickPlan] = {}
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
        compiled = self._plain
        if traced:
            compiled = self._traced = self._traced or self._compile(traced=True)
        else:
            try:
                quick_plan = self._quick[event["name"]](event)
            except (KeyError, TypeError):
                # A new name, or something odd: the general way has the word.
                self._learn(event.get("name"))
            else:
                if quick_plan is not None:
                    return quick_plan
        ev = Evaluation(event, collector, now_ms)
        try:
            plan = self._plan(compiled, event, ev, now_ms)
        except (RuleError, JsTypeError, RecursionError) as error:
            plan = Plan(ev.event, "failed", "mapping_error", str(error) or type(error).__name__)
            plan.error = plan.sentence
        plan.mapped = ev.mapped
        plan.issues = tuple(ev.issues)
        if self._policy.divergences:
            plan.divergences = ev.divergences
        if plan.verdict != "ready":
            plan.issues_before_send = len(plan.issues)
        if traced:
            plan.trace = tuple(ev.traces)
        if plan.event is not event:
            plan.received = event
        return plan

    def _plan(self, compiled: _Compiled, event: dict[str, Any], ev: Evaluation, now_ms: int) -> Plan:
        processed = compiled.processor.process(event, ev)
        ev.mapped = len(ev.issues)
        event, key = processed.event, str(processed.key or "")
        index = None if processed.rule is None else processed.rule.index
        if processed.ignore:
            return Plan(event, "ignored", "rule_ignore", f"rule '{key}' ignores it", key, rule_index=index)
        consent = ev.collector.consent
        raw_email = UNDEFINED if compiled.email is None else compiled.email(event, ev, consent)
        raw_object_id = UNDEFINED if compiled.object_id is None else compiled.object_id(event, ev, consent)
        email, object_id = _identity(raw_email), _identity(raw_object_id)
        if email is None and object_id is None:
            ev.issues.append(Issue("WARN", NO_IDENTITY, {"event": event.get("name")}, SCOPE))
            plan = Plan(event, "skipped", "no_identity", "neither email nor objectId", key, rule_index=index)
        else:
            plan = Plan(event, "ready", "send", "", key, email, object_id, rule_index=index)
        if type(raw_email) in _NO_TEXTS or type(raw_object_id) in _NO_TEXTS:
            plan.violations = _odd_identities(email=raw_email, object_id=raw_object_id, verdict=plan.verdict)
        if plan.verdict == "skipped":
            return plan
        rule = compiled.no_rule if processed.rule is None else processed.rule.settings
        identify = rule.identify or compiled.identify
        if identify is not None:
            plan.contact = self._contact(identify(event, ev, consent), ev)
        plan.issues_before_send = len(ev.issues)
        if rule.silent:
            plan.reason, plan.sentence = "silent_rule", f"rule '{key}' is silent"
            if processed.rule is not None and processed.rule.silent is not True:
                ev.issues.append(_skip_warning(key))
            return plan
        try:
            plan.occurrence = self._occurrence(processed, rule, plan, ev, now_ms)
        except (JsTypeError, RecursionError) as error:
            plan.error = str(error)
        return plan

    def _occurrence(
        self,
        processed: Processed[_CompiledRuleSettings],
        rule: _CompiledRuleSettings,
        plan: Plan,
        ev: Evaluation,
        now_ms: int,
    ) -> dict[str, Any] | None:
        event = processed.event
        occurrence: dict[str, Any] = {"eventName": self._event_name(processed, rule)}
        properties = dict(self._defaults)
        if rule.properties is not None:
            mapped = rule.properties(event, ev, ev.collector.consent)
            if isinstance(mapped, dict):
                for name, value in mapped.items():
                    if type(value) is str:
                        properties[name] = value
                    elif value is not None and value is not UNDEFINED:
                        self._set_text(properties, name, value, ev, name)
        occurred_at = _occurred_at(event.get("timestamp", UNDEFINED), now_ms)
        if occurred_at is None:
            if self._policy.refuse_bad_dates:
                plan.error = f"timestamp {event.get('timestamp')!r} is no date"
                return None
            occurrence["occurredAt"] = INVALID_DATE
        else:
            occurrence["occurredAt"] = occurred_at
        occurrence["properties"] = properties
        if plan.email is not None:
            occurrence["email"] = plan.email
        if plan.object_id is not None:
            occurrence["objectId"] = plan.object_id
        return occurrence

    def _contact(self, resolved: Any, ev: Evaluation) -> ContactUpsert | None:
        if not isinstance(resolved, dict):
            return None
        email = resolved.get("email", UNDEFINED)
        if not isinstance(email, str) or not email:
            ev.issues.append(Issue("WARN", NO_CONTACT_EMAIL, {}, SCOPE))
            return None
        properties = resolved.get("properties", UNDEFINED)
        if not isinstance(properties, dict):
            return ContactUpsert(email, None)
        texts: dict[str, str] = {}
        for name, value in properties.items():
            if value is not None and value is not UNDEFINED:
                self._set_text(texts, name, value, ev, f"contact.{name}")
        return ContactUpsert(email, texts)

    def _set_text(
        self, properties: dict[str, Any], name: str, value: Any, ev: Evaluation, label: str
    ) -> None:
        """Set a property to the text of a value, unless the policy leaves it out."""
        if isinstance(value, EmptiedList) and self._policy.omit_emptied:
            return
        try:
            text = to_string(value)
        except JsTypeError as error:
            if not self._policy.omit_unprintable:
                raise
            ev.issues.append(_unprintable(label, error))
            return
        properties[name] = text

    def _event_name(self, processed: Processed[_CompiledRuleSettings], rule: _CompiledRuleSettings) -> str:
        if truthy(rule.event_name):
            return self._prefix + to_string(rule.event_name)
        name = processed.rule.name if processed.rule is not None else UNDEFINED
        if not isinstance(name, str):
            name = processed.event.get("name", UNDEFINED)
        known = self._names.get(name) if isinstance(name, str) else None
        if known is not None:
            return known
        if not isinstance(name, str):
            msg = "eventName.toLowerCase is not a function"
            raise JsTypeError(msg)
        built = self._prefix + whitespace_runs_to(js_lower(name), "_")
        if len(self._names) < 1024:
            self._names[name] = built
        return built

    def _learn(self, name: Any) -> None:
        """Prepare a shortcut for the events of a name that is met for the first time, if there can be one."""
        if isinstance(name, str) and name not in self._quick and len(self._quick) < _NAMES:
            self._quick[name] = self._quick_plan(name) or _no_shortcut

    def _quick_plan(self, name: str) -> QuickPlan | None:
        """Return a shortcut for the events of one name, where nothing but plain paths is asked for; else None.

        It gives what the general way gives, or None where an event turns out not to be plain.
        """
        compiled = self._plain
        if compiled.processor.policy is not None or compiled.processor.data is not None or compiled.identify:
            return None
        found = compiled.processor.rules.unconditional(name)
        if found is None:
            return None
        rule, key = found
        settings = compiled.no_rule if rule is None else rule.settings
        email = self._settings.get("email")
        email = "user.email" if email is None else email
        object_id = self._settings.get("objectId") or ""
        if not _is_plain(rule, settings) or not isinstance(email, str) or not isinstance(object_id, str):
            return None
        probe = Processed({"name": name}, UNDEFINED, rule, key, ignore=False)
        return write_quick_plan(
            event_name=self._event_name(probe, settings),
            rule_key=str(key or ""),
            rule_index=None if rule is None else rule.index,
            email=email or None,
            object_id=object_id or None,
            properties=settings.texts or PlainMap(),
            defaults=self._defaults,
        )

    def _default_properties(self) -> dict[str, Any]:
        defaults = self._settings.get("defaultProperties")
        raw = dict(entries(defaults)) if truthy(defaults) and defaults is not UNDEFINED else {}
        if not self._policy.stringify_defaults:
            return raw
        texts = {name: _default_text(value) for name, value in raw.items()}
        return {name: text for name, text in texts.items() if text is not None}

    def _compile(self, *, traced: bool) -> _Compiled:
        values = self._compiler(self._callbacks, traced=traced, dialect=self._policy.dialect)
        config, settings = self._config, self._settings
        email = settings.get("email", UNDEFINED)
        email = "user.email" if email is UNDEFINED or email is None else email
        data = config.get("data", UNDEFINED)
        rules = RuleSet(
            config.get("mapping", UNDEFINED),
            values,
            self._callbacks,
            lambda raw: self._rule_settings(raw, values),
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
            email=values.compile_named("email", email) if truthy(email) else None,
            object_id=_optional(values, "objectId", settings.get("objectId", UNDEFINED), only_true=True),
            identify=_optional(values, "identify", settings.get("identify", UNDEFINED)),
        )

    def _rule_settings(self, rule: dict[str, Any], values: ValueCompiler) -> _CompiledRuleSettings:
        settings = rule.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        identify = settings.get("identify", UNDEFINED)
        skip = self._policy.honour_skip and rule.get("skip") is True
        return _CompiledRuleSettings(
            event_name=settings.get("eventName", UNDEFINED),
            identify=_optional(values, "identify", UNDEFINED if identify is None else identify),
            properties=_optional(values, "properties", settings.get("properties", UNDEFINED)),
            texts=PlainMap.parse(settings.get("properties")),
            silent=rule.get("silent") is True or skip,
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
    """Return a default property's text; what has none is left out, as a checked configuration cannot hold it."""
    try:
        return None if value is None or value is UNDEFINED else to_string(value)
    except (JsTypeError, RecursionError):
        return None


def _no_shortcut(event: dict[str, Any]) -> Plan | None:  # noqa: ARG001 - the shape of a shortcut
    return None


def _is_plain(rule: Rule[_CompiledRuleSettings] | None, settings: _CompiledRuleSettings) -> bool:
    if settings.silent or settings.identify is not None:
        return False
    if (settings.properties is None) != (settings.texts is None):
        return False
    return rule is None or not (
        rule.policy or rule.data or rule.ignore or (truthy(rule.name) and not isinstance(rule.name, str))
    )


def _optional(values: ValueCompiler, name: str, mapping: Any, *, only_true: bool = False) -> Resolve | None:
    if mapping is UNDEFINED or (only_true and not truthy(mapping)):
        return None
    return values.compile_named(name, mapping)


def _identity(value: Any) -> str | None:
    """Return a usable identity: a non-empty text; anything else does not count, a number least of all (D11)."""
    return value if isinstance(value, str) and value else None


def _odd_identities(*, email: Any, object_id: Any, verdict: str) -> tuple[Violation, ...]:
    """Return a violation for each identity that is no text; a number is the most common surprise with CRM ids.

    walkerOS says nothing of it; without another identity the event is gone.
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
    if type(timestamp) is int and 0 < timestamp < LAST_PLAIN_MS:
        return iso_string(timestamp)
    ms = date_ms(timestamp) if truthy(timestamp) else now_ms
    return None if ms is None else iso_string(ms)


def _skip_warning(rule_key: str) -> Issue:
    return Issue(
        "WARN",
        f"rule '{rule_key}' says skip: true; walkerOS 4 ignores it and would send the event. Say silent: true",
        {"rule": rule_key},
        SCOPE,
    )
