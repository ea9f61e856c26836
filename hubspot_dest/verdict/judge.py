"""Judge plans by HubSpot's rules and walkerOS' behaviour."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any, Final

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountEvent, AccountSchema
from hubspot_dest.checks.catalogue import finding_of
from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.checks.limits import MAX_DEFINITIONS, MAX_PROPERTIES, MAX_VALUE
from hubspot_dest.checks.moments import check_occurred_at, latest_plausible
from hubspot_dest.checks.names import (
    check_event_name,
    check_name_twins,
    check_property_name,
    event_violation,
    nearest_name,
    split_event_name,
)
from hubspot_dest.checks.occurrences import (
    INFINITY,
    NOTHING_TEXTS,
    OBJECT_TEXT,
    check_event_email,
    check_object_id,
    check_properties_count,
    check_property_declared,
    check_property_value,
    check_value_length,
    check_value_object,
)
from hubspot_dest.checks.properties import PropertyLike
from hubspot_dest.checks.standard_properties import STANDARD_EVENT_PROPERTIES
from hubspot_dest.config.model import SourceMap
from hubspot_dest.mapping.jsvalues import UNDEFINED, cast_to_property, js_lower
from hubspot_dest.mapping.paths import get_by_path
from hubspot_dest.planning.plan import Plan
from hubspot_dest.verdict.consents import ConsentJudge
from hubspot_dest.verdict.contacts import ContactJudge
from hubspot_dest.verdict.mapping_paths import ConfigPath, EventPath, MappedValue, path_text
from hubspot_dest.verdict.misspellings import Absence, Misspellings, absences, nearest_event_name
from hubspot_dest.verdict.rule_run import RuleRun, stay_pending
from hubspot_dest.verdict.rule_views import EVENT_FIELDS, ConfigView, RuleView

__all__ = ["Judge"]

_REMEMBERED: Final = 4_096
_GOOD_EMAILS: Final = 100_000
_ENOUGH_EVENTS: Final = 20
_CHECKED_EVENTS: Final = 100
_BRACKET: Final = OBJECT_TEXT[0]
_ShapeKey = tuple[str, int | None, str, tuple[str, ...]]


@dataclass(slots=True)
class _Shape:
    """The cached judgement of all occurrences with the same rule, event name and property names.

    Attributes:
        key: the rule's key and index, the event's name, and the names of its properties.
        run: the state of the rule.
        findings: the findings about names.
        typed: the properties whose values must match a type.
        plain: whether only the values of such an occurrence can cause findings.
        count: the number of properties if the occurrence has all that the rule can map, else -1.
        absent: the paths without a value, by field of the event.
        fast: whether `is_fine` may use the shape.

    """

    key: _ShapeKey
    run: RuleRun
    findings: tuple[Finding, ...]
    typed: tuple[tuple[str, PropertyLike], ...]
    plain: bool
    count: int
    absent: tuple[Absence, ...]
    fast: bool = False


class Judge:
    """Judge the plans of one run of a configuration.

    Args:
        config: the destination's configuration, as configured.
        source: the lines of the configuration in its file.
        account: the known schema of the account; by default, only what all accounts have.
        behaviours: the simulated HubSpot's switches, which decide the checks that depend on them.

    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        source: SourceMap | None = None,
        account: AccountSchema = UNKNOWN_ACCOUNT,
        behaviours: Mapping[str, str] | None = None,
    ) -> None:
        self._view = ConfigView(config)
        self._source = source
        self._account = account
        self._behaviours = dict(behaviours or {})
        self._lost_identity = self._view.lost_identity()
        self._rules: dict[tuple[str, int | None], RuleRun] = {}
        self._shapes: dict[_ShapeKey, _Shape] = {}
        self._recent: dict[str, _Shape] = {}
        """By an event's name, the latest shape whose events are fine if their values are."""
        self._good_emails: set[str] = set()
        self._names: set[str] = set()
        self._without_rule: set[str] = set()
        """Names of events that no rule matched, or only one with a wildcard."""
        self._dropped_rules: set[str] = set()
        """Keys of rules that matched only events for which nothing is planned."""
        self._any_object_id = not self._view.object_id_paths
        self._emails: dict[str, Violation] = {}
        self._consents = ConsentJudge(self._view, self._finding)
        self._misspellings = Misspellings()
        self._contacts = ContactJudge(account, self._misspellings, self._finding)
        self._latest = ""
        self._latest_from = self._latest_until = 0

    # ---- one event

    def judge(self, plan: Plan, now_ms: int) -> tuple[Finding, ...]:
        """Return the findings about a plan.

        Args:
            plan: the plan of the event.
            now_ms: the current time, in ms since 1970.

        """
        occurrence = plan.occurrence
        if plan.verdict not in ("ready", "skipped"):
            if plan.rule_key:
                self._dropped_rules.add(plan.rule_key)
            return ()
        if (not plan.rule_key or "*" in plan.rule_key) and len(self._without_rule) < _REMEMBERED:
            self._without_rule.add(str(plan.event.get("name", "")))
        run = self._rules.get((plan.rule_key, plan.rule_index)) or self._begin(plan)
        run.met += 1
        if run.met == _CHECKED_EVENTS:
            # A value with a default may be missing in every event: stop checking its path after this many.
            run.pending = [mapped_value for mapped_value in run.pending if not mapped_value.has_default]
            run.contact_pending = [
                mapped_value for mapped_value in run.contact_pending if not mapped_value.has_default
            ]
        findings: list[Finding] = []
        if occurrence is not None:
            self._occurrence(occurrence, plan, run, now_ms, findings)
        if plan.contact is not None:
            self._contacts.judge(plan.contact, plan, run, findings)
        if plan.violations:
            findings += [
                self._finding(violation, self._place_of(violation, run)) for violation in plan.violations
            ]
        if plan.verdict == "ready":
            self._values(plan, run, findings)
            if plan.contact is None and run.view.contact_email_paths:
                self._inspect(run.view.contact_email_paths, plan.event, run.view, findings, nulls=False)
            findings += run.static
        elif self._lost_identity:
            findings.append(self._identity_finding())
        if self._view.email_paths and plan.email is None:
            self._inspect(self._view.email_paths, plan.event, run.view, findings, nulls=False)
        if self._view.object_id_paths and plan.object_id is None:
            self._inspect(self._view.object_id_paths, plan.event, run.view, findings, nulls=False)
        if (meant := self._missed_rule(plan)) is not None:
            findings.append(self._capitals_finding(plan, meant))
        return tuple(dict.fromkeys(findings)) if findings else ()

    def is_fine(self, plan: Plan, now_ms: int) -> bool:
        """Return whether a plan certainly has no findings, by its shape and a quick check of its values.

        If so, the event is counted as by `judge`, which need not be called. False means that `judge` must decide.

        Args:
            plan: the plan of the event.
            now_ms: the current time, in ms since 1970.

        """
        occurrence = plan.occurrence
        if occurrence is None:
            return False
        shape = self._recent.get(occurrence["eventName"])
        if shape is None:
            return False
        key, properties = shape.key, occurrence["properties"]
        if (
            (len(properties) != shape.count and key[3] != (*properties,))
            or key[0] != plan.rule_key
            or key[1] != plan.rule_index
        ):
            other = self._shapes.get(
                (plan.rule_key, plan.rule_index, occurrence["eventName"], (*properties,))
            )
            if other is None or not other.fast:
                return False
            shape = other
        contact = plan.contact
        try:
            values = "".join(properties.values())
        except TypeError:
            return False  # parity leaves numbers among the texts
        if (
            len(values) <= MAX_VALUE
            and _BRACKET not in values
            and INFINITY not in values
            and NOTHING_TEXTS.isdisjoint(properties.values())
            and "2" <= occurrence["occurredAt"] <= self._latest
            and self._latest_from <= now_ms < self._latest_until
            and (occurrence.get("email") in self._good_emails or self._fine_email(occurrence))
            and (self._any_object_id or self._fine_object_id(occurrence))
            and (not shape.typed or self._fine_values(shape.typed, properties))
            and (not shape.absent or self._misspellings.is_plain(shape.absent, plan.event))
            and (
                not shape.run.view.identify_at
                if contact is None
                else self._contacts.is_fine(contact, shape.run, plan)
            )
        ):
            shape.run.met += 1
            return True
        return False

    def judge_consent(self, consent: Any) -> tuple[Finding, ...]:
        """Return the findings about the consent that an event came with."""
        return self._consents.judge(consent)

    def summary(self, granted: Collection[str] = ()) -> tuple[Finding, ...]:
        """Return the findings about all events together: paths, consents and rule names that no event had.

        Args:
            granted: the names of consents that the collector itself has.

        """
        findings: list[Finding] = [*self._consents.never_given(granted), *self._misspelt_rules()]
        for run in self._rules.values():
            if run.met < _ENOUGH_EVENTS:
                continue
            for value in (*run.pending, *run.contact_pending):
                for path in () if value.has_default else value.paths:
                    if path.at in run.reported or path.first not in run.view.fields:
                        continue
                    run.reported.add(path.at)
                    rule = f"rule '{run.view.label}'" if run.view.label else "no rule"
                    violation = Violation(
                        "path_never_met",
                        f"{path.path} has no value in any of the {run.met} events of {rule}",
                        "correct the path, or remove it",
                    )
                    findings.append(self._finding(violation, path.at, at=""))
        return tuple(dict.fromkeys(findings))

    def _misspelt_rules(self) -> Iterator[Finding]:
        """Yield a finding for each rule that no event matched, but whose name is similar to that of events."""
        if not self._without_rule:
            return
        matched = {key for (key, _), run in self._rules.items() if run.met} | self._dropped_rules
        for key in dict.fromkeys(f"{entity} {action}" for entity, action, _ in self._view.every_rule()):
            near = "" if key in matched else nearest_event_name(key, self._without_rule)
            if near:
                violation = Violation(
                    "rule_misspelt",
                    f"no event matched '{key}'; events named '{near}' have no rule of their own: did you mean it?",
                    "use the same spelling for the event and the rule",
                )
                entity, _, action = key.partition(" ")
                yield self._finding(violation, ("mapping", entity, action), at="")

    @property
    def consents(self) -> frozenset[str]:
        """The names of all consents that the configuration asks for."""
        return self._view.consents

    @property
    def judges_consent(self) -> bool:
        """Whether the configuration requires any consent; otherwise `judge_consent` has no findings."""
        return bool(self._view.consents)

    @property
    def event_names(self) -> int:
        """The number of different event names; counting stops above an account's maximum of definitions."""
        return len(self._names)

    # ---- the configuration

    def configuration(self) -> tuple[Finding, ...]:
        """Return the findings that do not need events: about fixed names, references and fixed values."""
        findings: list[Finding] = []
        if self._lost_identity:
            findings.append(self._identity_finding())
        for entity, action, view in self._view.every_rule():
            raw = self._view.raw_rule(
                f"{entity} {action}", None if not isinstance(view.at[-1], int) else view.at[-1]
            )
            if raw.get("ignore") is True:
                continue
            key = (f"{entity} {action}", view.at[-1] if isinstance(view.at[-1], int) else None)
            run = self._rules.get(key) or self._begin_rule(*key)
            findings += run.static
            if raw.get("silent") is not True:
                self._fixed_names(self._view.fixed_event_name(raw, entity, action), run, findings)
            for value in view.contact:
                problem = (
                    self._contacts.property_violation(value.name, value.constant or "")
                    if value.name
                    else None
                )
                if problem is not None:
                    findings.append(self._finding(problem, value.at, at="contact"))
        return tuple(dict.fromkeys(findings))

    def _fixed_names(self, name: str | None, run: RuleRun, findings: list[Finding]) -> None:
        """Judge an event's name, where it is fixed, the names of the properties, and their fixed values."""
        definition = None
        violation = None if name is None else self._event_name(name)
        if violation is not None:
            findings.append(self._finding(violation, _place_of_name(violation, run.view), at="occurrence"))
        elif name is not None and self._account.definitions is not None:
            definition = self._account.definitions.get(name)
        fixed = {value.name: value.constant for value in run.view.properties if value.name}
        names = [*(text for text in self._view.defaults if text not in fixed), *fixed]
        for text in names:
            constant, declared = fixed.get(text), _declared(definition, text)
            problems = [self._property_name(text, name or "", definition)]
            if constant is not None:
                problems.append(check_value_length(text, constant))
                problems.append(None if declared is None else check_property_value(declared, constant))
            findings += [
                self._finding(problem, self._place_of(problem, run), at="occurrence")
                for problem in problems
                if problem is not None
            ]
        for twin in check_name_twins(names):
            findings.append(self._finding(twin, self._place_of(twin, run), at="occurrence"))

    # ---- occurrences

    def _occurrence(
        self, occurrence: dict[str, Any], plan: Plan, run: RuleRun, now_ms: int, findings: list[Finding]
    ) -> None:
        name, properties = occurrence["eventName"], occurrence["properties"]
        key = (plan.rule_key, plan.rule_index, name, tuple(properties))
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shape_of(plan, name, properties, run)
            if len(self._shapes) < _REMEMBERED:
                self._shapes[key] = shape
        if shape.findings:
            findings += shape.findings
        elif shape.plain and stay_pending(run.pending, properties):
            shape.fast = True  # and remains so: nothing becomes pending again
            self._recent[name] = shape
        for value in properties.values():
            if type(value) is str and (
                len(value) > MAX_VALUE or _BRACKET in value or INFINITY in value or value in NOTHING_TEXTS
            ):
                self._check_texts(properties, run, findings)
                break
        if shape.typed:
            for property_name, declared in shape.typed:
                value = properties[property_name]
                violation = check_property_value(declared, value) if type(value) is str and value else None
                if violation is not None:
                    findings.append(self._finding(violation, self._place_of(violation, run), at="occurrence"))
        if len(properties) > MAX_PROPERTIES and (many := check_properties_count(properties)) is not None:
            place = (*run.view.at, "settings", "properties") if run.view.properties else ()
            findings.append(self._finding(many, place, at="occurrence"))
        if (email := occurrence.get("email")) is not None:
            violation = self._emails.get(email) or self._event_email(email)
            if violation is not None and not self._contacts.says(email, plan.contact):
                findings.append(
                    self._finding(violation, _configured(self._view.email_paths), at="occurrence")
                )
        if (object_id := occurrence.get("objectId")) is not None:
            violation = check_object_id(object_id)
            if violation is not None:
                findings.append(
                    self._finding(violation, _configured(self._view.object_id_paths), at="occurrence")
                )
        occurred_at = occurrence.get("occurredAt")
        if not self._latest_from <= now_ms < self._latest_until:
            self._latest = latest_plausible(now_ms)
            self._latest_from, self._latest_until = now_ms, now_ms + 60_000
        if type(occurred_at) is str and not "2" <= occurred_at <= self._latest:
            violation = check_occurred_at(occurred_at, now_ms)
            if violation is not None:
                findings.append(self._finding(violation, (), at="occurrence"))

    def _shape_of(self, plan: Plan, name: str, properties: Mapping[str, Any], run: RuleRun) -> _Shape:
        if len(self._names) <= MAX_DEFINITIONS:
            self._names.add(name)
        findings: list[Finding] = []
        definition = None
        violation = self._event_name(name)
        if violation is not None:
            findings.append(self._finding(violation, _place_of_name(violation, run.view), at="occurrence"))
        elif self._account.definitions is not None:
            definition = self._account.definitions.get(name)
        typed: list[tuple[str, PropertyLike]] = []
        for text in properties:
            violation = self._property_name(text, name, definition)
            if violation is not None:
                findings.append(self._finding(violation, self._place_of(violation, run), at="occurrence"))
            declared = _declared(definition, text)
            if declared is not None and declared.type != "string":
                typed.append((text, declared))
        for twin in check_name_twins(properties):
            findings.append(self._finding(twin, self._place_of(twin, run), at="occurrence"))
        absent = absences(run.view.properties, properties, run.view.fields)
        plain = (
            not findings
            and not run.static
            and absent is not None
            and len(properties) <= MAX_PROPERTIES
            and self._missed_rule(plan) is None
        )
        key = (plan.rule_key, plan.rule_index, name, tuple(properties))
        possible = {*self._view.defaults, *(prop.name for prop in run.view.properties)}
        complete = possible == set(properties)
        count = len(possible) if complete else -1
        return _Shape(key, run, tuple(findings), tuple(typed), plain, count, absent or ())

    def _event_name(self, name: str) -> Violation | None:
        definitions, portal_id = self._account.definitions, self._account.portal_id
        if definitions is not None and name in definitions:
            return None
        violation = check_event_name(name)
        if violation is not None and (violation.code != "event_name_hyphen" or definitions is None):
            return violation
        portal, own = split_event_name(name)
        if portal_id is not None and portal != portal_id:
            return event_violation(
                "event_prefix_portal",
                f"{name} belongs to portal {portal}, but the account is portal {portal_id}",
                f"set settings.eventNamePrefix to pe{portal_id}_",
                name,
            )
        if definitions is None:
            return None
        near = nearest_name(own, [split_event_name(definition)[1] for definition in definitions])
        fix = f"did you mean {near}?" if near else "define it in HubSpot, or map to a defined event"
        return event_violation("event_undefined", f"the account has no event {name}", fix, name)

    def _property_name(self, name: str, event: str, definition: AccountEvent | None) -> Violation | None:
        if definition is None:
            if name in STANDARD_EVENT_PROPERTIES:
                return None
            return check_property_name(name)
        return check_property_declared(name, event, definition.declared, list(definition.properties))

    def _check_texts(self, properties: Mapping[str, Any], run: RuleRun, findings: list[Finding]) -> None:
        for name, value in properties.items():
            if type(value) is not str:
                continue
            for violation in (
                check_value_length(name, value),
                check_value_object(f"properties.{name}", value),
            ):
                if violation is not None:
                    findings.append(self._finding(violation, self._place_of(violation, run), at="occurrence"))

    def _fine_values(
        self, typed: tuple[tuple[str, PropertyLike], ...], properties: Mapping[str, str]
    ) -> bool:
        """Return whether every value matches its property's type."""
        return all(
            not (value := properties[name]) or check_property_value(declared, value) is None
            for name, declared in typed
        )

    def _fine_email(self, occurrence: Mapping[str, Any]) -> bool:
        """Return whether an occurrence's e-mail, which is not cached as valid, has no findings."""
        email = occurrence.get("email")
        return not self._view.email_paths if email is None else self._event_email(email) is None

    def _fine_object_id(self, occurrence: Mapping[str, Any]) -> bool:
        """Return whether an occurrence's object id has no findings."""
        object_id = occurrence.get("objectId")
        return object_id is not None and check_object_id(object_id) is None

    def _event_email(self, email: str) -> Violation | None:
        if email in self._good_emails:
            return None
        violation = check_event_email(email)
        if violation is None:
            if len(self._good_emails) >= _GOOD_EMAILS:
                self._good_emails.clear()
            self._good_emails.add(email)
        elif len(self._emails) < _REMEMBERED:
            self._emails[email] = violation
        return violation

    # ---- what the mapping did

    def _values(self, plan: Plan, run: RuleRun, findings: list[Finding]) -> None:
        """Look at every mapped value that gave nothing, and strike the met ones off the pending."""
        if plan.occurrence is not None and run.view.properties:
            self._missing(
                plan.occurrence["properties"], run.view.properties, run, run.pending, plan, findings
            )
        contact = plan.contact
        if contact is not None and run.view.contact:
            self._missing(
                contact.properties or {}, run.view.contact, run, run.contact_pending, plan, findings
            )

    def _missing(
        self,
        properties: Mapping[str, Any],
        values: Iterable[MappedValue],
        run: RuleRun,
        pending: list[MappedValue],
        plan: Plan,
        findings: list[Finding],
    ) -> None:
        for value in values:
            if value.name in properties and not (value.has_default and value in pending):
                if pending and value in pending:
                    pending.remove(value)
                continue
            if not value.paths:
                continue
            if self._inspect(value.paths, plan.event, run.view, findings, nulls=True) and value in pending:
                pending.remove(value)

    def _inspect(
        self,
        paths: tuple[EventPath, ...],
        event: Any,
        view: RuleView,
        findings: list[Finding],
        *,
        nulls: bool,
    ) -> bool:
        """Add findings about the paths of a missing value; return whether the event has a value at one of them."""
        met = False
        for path in paths:
            value = get_by_path(event, path.path)
            if value is not UNDEFINED and not (isinstance(value, list) and _all_undefined(value)):
                met = True
                if nulls and isinstance(value, (dict, list)) and cast_to_property(value) is UNDEFINED:
                    findings.append(self._null_finding(path, value))
            elif path.first not in view.fields:
                findings.append(self._unknown_field_finding(path))
            elif "*" not in path.path and (near := self._misspellings.nearest(event, path.path)):
                violation = Violation(
                    "path_misspelt",
                    f"{path.path} has no value, but the event has {near}",
                    f"write {near}",
                    path.path,
                )
                findings.append(self._finding(violation, path.at, at="event"))
        return met

    def _unknown_field_finding(self, path: EventPath) -> Finding:
        near = nearest_name(path.first, EVENT_FIELDS) or _NEAR_FIELDS.get(path.first, "")
        remainder = path.path[len(path.first) :]
        violation = Violation(
            "path_unknown_field",
            f"{path.path} has no value: events have no field {path.first}",
            f"write {near}{remainder}"
            if near
            else "begin with data, user, globals, context, custom or nested",
            path.path,
        )
        return self._finding(violation, path.at, at="event")

    def _null_finding(self, path: EventPath, value: Any) -> Finding:
        inside = _first_null(value)
        where = f"{path.path}.{inside}" if inside else path.path
        violation = Violation(
            "null_empties",
            f"{where} is null, so walkerOS discards all of {path.path}",
            "map its fields one by one",
            where,
        )
        return self._finding(violation, path.at, at="event")

    def _identity_finding(self) -> Finding:
        paths = " and ".join(event_path.path for event_path in self._lost_identity)
        first = self._lost_identity[0]
        near = nearest_name(first.first, EVENT_FIELDS) or _NEAR_FIELDS.get(first.first, "user")
        violation = Violation(
            "identity_path",
            f"no event can have an identity: {paths} does not begin with a field of events, so every event is skipped",
            f"write {near}{first.path[len(first.first) :]}",
            first.path,
        )
        return self._finding(violation, first.at, at="event")

    def _missed_rule(self, plan: Plan) -> str | None:
        """Return the key of the rule that the event's name matches except for capitals, or None."""
        if not self._view.rule_keys or (plan.rule_key and "*" not in plan.rule_key):
            return None
        name = plan.event.get("name")
        if not isinstance(name, str):
            return None
        meant = self._view.rule_keys.get(js_lower(" ".join(name.split(" ")[:2])))
        return None if meant == " ".join(name.split(" ")[:2]) else meant

    def _capitals_finding(self, plan: Plan, meant: str) -> Finding:
        name = plan.event.get("name")
        violation = Violation(
            "rule_capitals",
            f"the event {name} differs from the rule {meant} only in capitals, so the rule does not match",
            "use the same spelling for the event and the rule",
            "name",
        )
        entity, _, action = meant.partition(" ")
        return self._finding(violation, ("mapping", entity, action), at="event")

    # ---- rules

    def _begin(self, plan: Plan) -> RuleRun:
        return self._begin_rule(plan.rule_key, plan.rule_index)

    def _begin_rule(self, key: str, index: int | None) -> RuleRun:
        view = self._view.rule(key, index)
        run = RuleRun(
            view,
            tuple(self._static(view)),
            [prop for prop in view.properties if prop.paths],
            [mapped_value for mapped_value in view.contact if mapped_value.paths],
        )
        self._rules[key, index] = run
        return run

    def _static(self, view: RuleView) -> Iterator[Finding]:
        for text, at in view.references:
            violation = Violation(
                "reference_unknown",
                f"{text} is not a reference that walkerOS resolves here; it is sent as written",
                "write $var.NAME or $env.NAME in a flow, or the value itself",
            )
            yield self._finding(violation, at, at="")
        for value in view.contact:
            declared = self._account.contact_property(value.name)
            if value.constant is not None and declared is not None and declared.unique:
                violation = Violation(
                    "contact_unique_constant",
                    f"{value.name} must be unique, but every contact would get the value {value.constant}",
                    "map a value that differs for each person",
                )
                yield self._finding(violation, value.at, at="")

    # ---- findings

    def _place_of(self, violation: Violation, run: RuleRun) -> ConfigPath:
        head, _, name = violation.path.partition(".")
        if head in ("email", "objectId"):
            return ("settings", head)
        if head == "identify":
            return run.view.contact_places.get(name.removeprefix("properties.")) or run.view.identify_at
        if head != "properties":
            return ()
        view = run.view
        place = view.property_places.get(name)
        return place or ((*view.at, "settings", "properties") if view.properties else ())

    def _finding(self, violation: Violation, place: ConfigPath, *, at: str = "event") -> Finding:
        finding = finding_of(violation, at=at, config_path=path_text(place), behaviours=self._behaviours)
        if self._source is None or not place:
            return finding
        return with_changes(finding, file=self._source.file, line=self._source.line(place))


_NEAR_FIELDS: Final = {"event": "data", "params": "data", "properties": "data", "usr": "user", "dta": "data"}


def _configured(paths: tuple[EventPath, ...]) -> ConfigPath:
    """Return the path where an identity is configured; empty for the default."""
    return paths[0].at if paths else ()


def _declared(definition: AccountEvent | None, name: str) -> PropertyLike | None:
    if definition is None:
        return STANDARD_EVENT_PROPERTIES.get(name)
    return definition.declared(name) or definition.declared(name.lower())


def _place_of_name(violation: Violation, view: RuleView) -> ConfigPath:
    """Return the path in the configuration of the invalid part of an event's name."""
    if violation.code in ("event_prefix", "event_prefix_portal"):
        return ("settings", "eventNamePrefix")
    return view.event_name_at


def _all_undefined(items: list[Any]) -> bool:
    return all(item is UNDEFINED or (isinstance(item, list) and _all_undefined(item)) for item in items)


def _first_null(value: Any, depth: int = 0) -> str:
    """Return the path of the first null inside a value; empty if there is none or it is nested too deeply."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if item is None:
            return str(key)
        if isinstance(item, (dict, list)) and depth < 20:
            inner = _first_null(item, depth + 1)
            if inner:
                return f"{key}.{inner}"
    return ""
