"""Event and compiled configuration in, `Plan` out: what should happen to one event, and why.

Pure: no clock, no network, no logging, no state. The rules are those of walkerOS' HubSpot destination
(walkerOS 4.4, sections 3.3 and 5.3 to 5.6); what differs by intention is chosen by `PlanPolicy`.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.context import Collector
from hubspot_dest.mapping.evaluation import Evaluation, Issue, Trace
from hubspot_dest.mapping.jsdates import date_ms, iso_string
from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    JsTypeError,
    entries,
    js_lower,
    to_string,
    truthy,
    whitespace_runs_to,
)
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processed, Processor
from hubspot_dest.mapping.rules import RuleError, RuleSet
from hubspot_dest.mapping.values import Resolve, ValueCompiler

__all__ = [
    "INVALID_DATE",
    "UUID_NAMESPACE",
    "ContactUpsert",
    "Plan",
    "PlanPolicy",
    "Planner",
    "occurrence_uuid",
]

# The namespace of every occurrence's uuid: uuid5(NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot").
UUID_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot")
# Stands where upstream has a Date that is none; HubSpot never sees it, since serialising it fails.
INVALID_DATE: Final = {"$invalidDate": True}

SCOPE: Final = "hubspot"
NO_IDENTITY: Final = "HubSpot requires email or objectId; skipping event"
NO_CONTACT_EMAIL: Final = "HubSpot identify requires email; skipping contact upsert"

Verdict = Literal["ready", "ignored", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """What the sender does better than walkerOS while planning; parity switches all of it off.

    Attributes:
        honour_skip: `skip: true` suppresses the event as the documentation says; walkerOS 4 ignores it (section 9).
        stringify_defaults: `defaultProperties` become strings like every other property (defect D9).
        uuid: every occurrence carries a uuid derived from the event's id, so that a retry counts once (defect D22).
        refuse_bad_dates: a timestamp that is no date fails that event alone, not the batch around it (section 5.7).

    """

    honour_skip: bool = True
    stringify_defaults: bool = True
    uuid: bool = True
    refuse_bad_dates: bool = True

    @classmethod
    def parity(cls) -> PlanPolicy:
        """Return what walkerOS 4.4 does."""
        return cls(honour_skip=False, stringify_defaults=False, uuid=False, refuse_bad_dates=False)


@dataclass(frozen=True, slots=True)
class ContactUpsert:
    """A contact to create or update (upstream calls it identify).

    Attributes:
        email: whose contact.
        properties: name to text; None where the mapping gave none: then there is nothing to write.

    """

    email: str
    properties: dict[str, str] | None


@dataclass(slots=True)
class Plan:
    """What should happen to one event, and why.

    Attributes:
        event: the event after policies and the rule's name.
        verdict: `ready`, or why not: `ignored` (by rule), `skipped`, `failed`.
        reason: a stable code: `send`, `rule_ignore`, `no_identity`, `silent_rule`, `nothing_to_do`, `mapping_error` …
        sentence: the reason in words.
        rule_key: the rule that matched (`order complete`), or the empty string.
        email: the event's own identity, if it has one.
        object_id: likewise.
        contact: the contact upsert, before the contact memory has its say.
        occurrence: the custom event occurrence as HubSpot's API takes it, or None.
        error: why the occurrence cannot be made, after the contact upsert was.
        issues: what there is to tell, in order; the first `issues_before_send` of them precede the contact upsert.
        hints: what walkerOS does not say, but a user would like to know.
        trace: where every value came from; None unless asked for.

    """

    event: dict[str, Any]
    verdict: Verdict
    reason: str
    sentence: str = ""
    rule_key: str = ""
    email: str | None = None
    object_id: str | None = None
    contact: ContactUpsert | None = None
    occurrence: dict[str, Any] | None = None
    error: str | None = None
    issues: tuple[Issue, ...] = ()
    issues_before_send: int = 0
    hints: tuple[str, ...] = ()
    trace: tuple[Trace, ...] | None = None

    @property
    def calls(self) -> list[list[Any]]:
        """The SDK calls of this plan alone, in the documented notation."""
        calls: list[list[Any]] = []
        if self.contact is not None and self.contact.properties is not None:
            body = {"properties": self.contact.properties}
            calls.append(["crm.contacts.basicApi.update", self.contact.email, body, "email"])
        if self.occurrence is not None:
            calls.append(["events.send.basicApi.send", self.occurrence])
        return calls


@dataclass(frozen=True, slots=True)
class _RuleSettings:
    event_name: Any = UNDEFINED
    identify: Resolve | None = None
    properties: Resolve | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class _Compiled:
    processor: Processor[_RuleSettings]
    email: Resolve | None
    object_id: Resolve | None
    identify: Resolve | None
    no_rule: _RuleSettings = field(default_factory=_RuleSettings)


class Planner:
    """A destination's configuration, compiled once, that turns events into plans.

    Args:
        config: the destination's configuration as configured; never changed, and not looked at again.
        policy: what to do better than walkerOS.
        callbacks: runs functions of the configuration.

    Raises:
        JavaScriptSyntaxError: where a `$code:` function does not parse.

    """

    def __init__(
        self, config: dict[str, Any], *, policy: PlanPolicy | None = None, callbacks: Callbacks | None = None
    ) -> None:
        self._policy = policy or PlanPolicy()
        self._callbacks = callbacks or Callbacks()
        self._config = config
        settings = config.get("settings")
        self._settings: dict[str, Any] = settings if isinstance(settings, dict) else {}
        self._prefix = to_string(self._settings.get("eventNamePrefix", UNDEFINED))
        self._defaults = self._default_properties()
        self._names: dict[str, str] = {}
        self._plain = self._compile(traced=False)
        self._traced: _Compiled | None = None

    def plan(self, event: dict[str, Any], collector: Collector, *, now_ms: int, traced: bool = False) -> Plan:
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
        ev = Evaluation(event, collector, now_ms)
        try:
            plan = self._plan(compiled, event, ev, now_ms)
        except (RuleError, JsTypeError, RecursionError) as error:
            plan = Plan(ev.event, "failed", "mapping_error", str(error) or type(error).__name__)
            plan.error = plan.sentence
        plan.issues = tuple(ev.issues)
        plan.hints = tuple(ev.hints)
        if plan.verdict != "ready":
            plan.issues_before_send = len(plan.issues)
        if traced:
            plan.trace = tuple(ev.traces)
        return plan

    def _plan(self, compiled: _Compiled, event: dict[str, Any], ev: Evaluation, now_ms: int) -> Plan:
        processed = compiled.processor.process(event, ev)
        event = processed.event
        if processed.ignore:
            return Plan(event, "ignored", "rule_ignore", f"rule '{processed.key}' ignores it", processed.key)
        consent = ev.collector.consent
        email = _text(compiled.email(event, ev, consent), "email", ev) if compiled.email is not None else None
        object_id = None
        if compiled.object_id is not None:
            object_id = _text(compiled.object_id(event, ev, consent), "objectId", ev)
        if email is None and object_id is None:
            ev.issues.append(Issue("WARN", NO_IDENTITY, {"event": event.get("name")}, SCOPE))
            return Plan(event, "skipped", "no_identity", "neither email nor objectId", processed.key)
        rule = compiled.no_rule if processed.rule is None else processed.rule.settings
        plan = Plan(event, "ready", "send", "", processed.key, email, object_id)
        identify = rule.identify or compiled.identify
        if identify is not None:
            plan.contact = _contact(identify(event, ev, consent), ev)
        plan.issues_before_send = len(ev.issues)
        if rule.silent:
            plan.reason, plan.sentence = "silent_rule", f"rule '{processed.key}' is silent"
            if processed.rule is not None and processed.rule.silent is not True:
                ev.issues.append(_skip_warning(processed.key))
            return plan
        try:
            plan.occurrence = self._occurrence(processed, rule, plan, ev, now_ms)
        except (JsTypeError, RecursionError) as error:
            plan.error = str(error)
        return plan

    def _occurrence(
        self,
        processed: Processed[_RuleSettings],
        rule: _RuleSettings,
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
                        properties[name] = to_string(value)
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
        if self._policy.uuid:
            occurrence["uuid"] = occurrence_uuid(event.get("id"))
        return occurrence

    def _event_name(self, processed: Processed[_RuleSettings], rule: _RuleSettings) -> str:
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

    def _default_properties(self) -> dict[str, Any]:
        defaults = self._settings.get("defaultProperties")
        raw = dict(entries(defaults)) if truthy(defaults) and defaults is not UNDEFINED else {}
        if not self._policy.stringify_defaults:
            return raw
        return {
            name: to_string(value)
            for name, value in raw.items()
            if value is not None and value is not UNDEFINED
        }

    def _compile(self, *, traced: bool) -> _Compiled:
        values = ValueCompiler(self._callbacks, traced=traced)
        config, settings = self._config, self._settings
        email = settings.get("email", UNDEFINED)
        email = "user.email" if email is UNDEFINED or email is None else email
        data = config.get("data", UNDEFINED)
        rules = RuleSet(
            config.get("mapping", UNDEFINED),
            values,
            self._callbacks,
            lambda raw: self._rule_settings(raw, values),
        )
        return _Compiled(
            processor=Processor(
                policy=Policy.compile(config.get("policy", UNDEFINED), values),
                rules=rules,
                data=values.compile(data) if truthy(data) else None,
                include=config.get("include", UNDEFINED),
            ),
            email=values.compile_named("email", email) if truthy(email) else None,
            object_id=_optional(values, "objectId", settings.get("objectId", UNDEFINED), only_true=True),
            identify=_optional(values, "identify", settings.get("identify", UNDEFINED)),
        )

    def _rule_settings(self, rule: dict[str, Any], values: ValueCompiler) -> _RuleSettings:
        settings = rule.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        identify = settings.get("identify", UNDEFINED)
        skip = self._policy.honour_skip and rule.get("skip") is True
        return _RuleSettings(
            event_name=settings.get("eventName", UNDEFINED),
            identify=_optional(values, "identify", UNDEFINED if identify is None else identify),
            properties=_optional(values, "properties", settings.get("properties", UNDEFINED)),
            silent=rule.get("silent") is True or skip,
        )


def occurrence_uuid(event_id: Any) -> str:
    """Return the uuid of an event's occurrence: uuid5 of the walkerOS event id, the same at every retry."""
    name = str(event_id).encode("utf-8", "surrogatepass")
    digest = bytearray(hashlib.sha1(UUID_NAMESPACE.bytes + name, usedforsecurity=False).digest())
    digest[6] = (digest[6] & 0x0F) | 0x50
    digest[8] = (digest[8] & 0x3F) | 0x80
    text = digest[:16].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _optional(values: ValueCompiler, name: str, mapping: Any, *, only_true: bool = False) -> Resolve | None:
    if mapping is UNDEFINED or (only_true and not truthy(mapping)):
        return None
    return values.compile_named(name, mapping)


def _text(value: Any, what: str, ev: Evaluation) -> str | None:
    """Return a usable identity: a non-empty text; anything else does not count, a number least of all (D11)."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # Upstream says nothing here, and the event is gone: the most common surprise with CRM ids.
        ev.hints.append(
            f"{what} resolved to the number {to_string(value)}; HubSpot's destination takes text only"
        )
    return None


def _contact(resolved: Any, ev: Evaluation) -> ContactUpsert | None:
    if not isinstance(resolved, dict):
        return None
    email = resolved.get("email", UNDEFINED)
    if not isinstance(email, str) or not email:
        ev.issues.append(Issue("WARN", NO_CONTACT_EMAIL, {}, SCOPE))
        return None
    properties = resolved.get("properties", UNDEFINED)
    if not isinstance(properties, dict):
        return ContactUpsert(email, None)
    return ContactUpsert(
        email,
        {
            name: to_string(value)
            for name, value in properties.items()
            if value is not None and value is not UNDEFINED
        },
    )


def _occurred_at(timestamp: Any, now_ms: int) -> str | None:
    if type(timestamp) is int and 0 < timestamp < 253_402_300_800_000:
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
