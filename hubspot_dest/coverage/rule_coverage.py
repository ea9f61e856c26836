"""Count how often events exercise each rule and property of a configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.coverage.default_probe import compile_probe
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.description import described
from hubspot_dest.mapping.dialect import WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, to_string
from hubspot_dest.mapping.paths import compile_path
from hubspot_dest.mapping.rules import label_of, rules_of
from hubspot_dest.mapping.values import Callbacks, Resolve, ValueCompiler
from hubspot_dest.masking import mask_token
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import Plan

__all__ = ["NO_RULE_SOUGHT", "OTHERS", "PropertyHits", "RuleCoverage", "RuleHits"]

ConfigPath = tuple[str | int, ...]

NO_RULE_SOUGHT: Final = (
    "mapping_error",
    "consent_missing",
    "consent_refused",
    "bad_input",
    "invalid_event",
    "push_error",
)
"""Reasons of events for which no rule was looked up, or the lookup failed; they do not count as unmatched."""
OTHERS: Final = "(others)"
"""The name that stands for all events without a rule beyond the first 500 names."""
_UNMATCHED: Final = 500
_DYNAMIC: Final = 200
_EXAMPLES: Final = 3
_EXAMPLE_LENGTH: Final = 80


@dataclass(slots=True)
class PropertyHits:
    """A property of the mapping, or one returned by a function, with its counts.

    Attributes:
        name: the name in HubSpot.
        source: a short description of its mapping value.
        place: the path in the configuration.
        asked: how often it was evaluated; skipped events and contacts without an e-mail do not count.
        resolved: how often its source had a value; a fixed value counts.
        defaulted: how often it had its default value.
        examples: the first different values, as text, each truncated to 80 characters.
        missing_line: the line of the first event without it; None if unknown.
        probe: evaluates the mapping value without its default; None if it has no default.

    """

    name: str
    source: str
    place: ConfigPath = ()
    asked: int = 0
    resolved: int = 0
    defaulted: int = 0
    examples: list[str] = field(default_factory=list)
    missing_line: int | None = None
    probe: Resolve | None = field(default=None, repr=False)

    @property
    def missing(self) -> int:
        """How often it was evaluated without a value."""
        return self.asked - self.resolved - self.defaulted

    @property
    def present(self) -> int:
        """How often it had a value, including defaults."""
        return self.resolved + self.defaulted

    @property
    def never(self) -> bool:
        """Whether it was evaluated, but never had a value."""
        return self.asked > 0 and self.present == 0


@dataclass(slots=True)
class RuleHits:
    """A rule with the count of its matches and its properties.

    Attributes:
        key: the key, `order complete`; `identify` for the contact that every event may write.
        index: the position in a list of rules, or None.
        notes: special settings: `ignores`, `silent: contact only`, `as purchase`, the condition.
        place: the path in the configuration.
        ignores: whether its events are dropped, so that its properties are never evaluated.
        hits: the number of events that it matched.
        outcomes: outcome to number of its events.
        properties: the properties of the occurrence, in the order of the configuration.
        contact: the properties of the contact, in the order of the configuration.
        dynamic: whether the names of its properties depend on the event, as with a function or a loop.
        occurrences: the number of its events with an occurrence.

    """

    key: str
    index: int | None = None
    notes: tuple[str, ...] = ()
    place: ConfigPath = ()
    ignores: bool = False
    hits: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    properties: dict[str, PropertyHits] = field(default_factory=dict)
    contact: dict[str, PropertyHits] = field(default_factory=dict)
    dynamic: bool = False
    occurrences: int = 0

    @property
    def label(self) -> str:
        """The key, and for a rule in a list its position."""
        return label_of(self.key, self.index)


class RuleCoverage:
    """Count hits for the current configuration. Only one thread may count; any thread may read.

    Args:
        collector: the collector's consent, user, globals and custom, which defaults may depend on.
        dialect: the version of the mapping language.

    Attributes:
        rules: key to rules.
        identify: the contact that every event may write.
        unmatched: event name to number of events that no rule matched.
        policy: path to the edit that the policy makes in every event before a rule is matched.
        defaults: the default properties of every occurrence; one counts as resolved if it was sent unchanged.
        planned_again: the number of counted events that were not sent by this mapping, but planned again after it was
            saved.

    """

    def __init__(self, collector: CollectorView | None = None, *, dialect: Dialect = WALKEROS_4_7) -> None:
        self._collector = collector or CollectorView()
        self._dialect = dialect
        self._raw: Mapping[str, Any] = {}
        self.rules: dict[str, list[RuleHits]] = {}
        self.identify = RuleHits("identify")
        self.unmatched: Counter[str] = Counter()
        self.policy: dict[str, PropertyHits] = {}
        self.defaults: dict[str, PropertyHits] = {}
        self.planned_again = 0
        self._edits: list[tuple[Callable[[Any], Any], PropertyHits]] = []
        self._default_values: dict[str, tuple[Any, ...]] = {}

    def follow(self, raw: Mapping[str, Any]) -> None:
        """Reset the counts if the configuration is another one; otherwise continue counting.

        Args:
            raw: the destination's configuration, as configured.

        """
        if raw is not self._raw:
            self._raw = raw
            self.clear()

    def clear(self) -> None:
        """Reset all counts."""
        self.planned_again = 0
        self.unmatched = Counter()
        settings = _map(self._raw, "settings")
        callbacks = Callbacks()
        values = ValueCompiler(callbacks, dialect=self._dialect)
        defaults = _map(settings, "defaultProperties")
        self._default_values = {str(name): _as_sent(value) for name, value in defaults.items()}
        self.defaults = {
            str(name): PropertyHits(str(name), described(value), ("settings", "defaultProperties", name))
            for name, value in defaults.items()
        }
        policy = _map(self._raw, "policy")
        self.policy = {
            str(path): PropertyHits(str(path), described(value), ("policy", path))
            for path, value in policy.items()
        }
        self._edits = [(compile_path(path), known) for path, known in self.policy.items()]
        where: ConfigPath = ("settings", "identify")
        contact = _contact_properties(settings.get("identify"), where, values)
        self.identify = RuleHits("identify", place=where, contact=contact)
        self.rules = {}
        for entry in rules_of(self._raw.get("mapping")):
            rule = entry.rule
            own = _map(rule, "settings")
            place = (*entry.path, "settings")
            mapped = own.get("properties")
            properties = self._map_properties(mapped, (*place, "properties"), values)
            rule_hits = RuleHits(
                entry.key,
                entry.index,
                tuple(_notes(rule, own)),
                entry.path,
                ignores=bool(rule.get("ignore")),
                properties=properties,
                contact=_contact_properties(own.get("identify"), (*place, "identify"), values),
                dynamic=bool(mapped) and not properties,
            )
            self.rules.setdefault(entry.key, []).append(rule_hits)

    def all(self) -> list[RuleHits]:
        """Return all rules, in the order of the configuration."""
        return [rule for rules in self.rules.values() for rule in rules]

    def raw(self, key: str, index: int | None) -> Any:
        """Return a rule as configured, or one of the sections `identify`, `policy` and `defaultProperties`."""
        settings = self._raw.get("settings")
        if key in ("identify", "defaultProperties"):
            return settings.get(key) if isinstance(settings, dict) else None
        if key == "policy":
            return self._raw.get("policy")
        for entry in rules_of(self._raw.get("mapping")):
            if (entry.key, entry.index) == (key, index):
                return entry.rule
        return None

    def count(self, outcome: Outcome, line: int | None = None) -> None:
        """Count what the plan of an outcome exercises.

        Args:
            outcome: the outcome of an event.
            line: the line of the event in its file.

        """
        if outcome.plan is not None:
            self.count_plan(outcome.name, outcome.plan, outcome.kind, line)

    def count_plan(self, name: str, plan: Plan, kind: str = "", line: int | None = None) -> None:
        """Count what a plan exercises; `kind` is its outcome."""
        if plan.reason in NO_RULE_SOUGHT:
            return
        rules = self.rules.get(plan.rule_key, ())
        rule = next((rule_hits for rule_hits in rules if rule_hits.index == plan.rule_index), None)
        ev = Evaluation(plan.event, self._collector)
        if rule is None:
            known = name in self.unmatched or len(self.unmatched) < _UNMATCHED
            self.unmatched[name if known else OTHERS] += 1
        else:
            rule.hits += 1
            rule.outcomes[kind or plan.verdict] += 1
            if plan.occurrence is not None:
                rule.occurrences += 1
                sent = plan.occurrence["properties"]
                if rule.dynamic:
                    self._add_dynamic(rule, sent)
                self._note(rule.properties, sent, ev, line)
        for read, edit in self._edits:
            edit.asked += 1
            edit.resolved += read(plan.event) is not UNDEFINED
        if plan.occurrence is not None:
            properties = plan.occurrence["properties"]
            for own, values in self._default_values.items():
                default = self.defaults[own]
                default.asked += 1
                default.resolved += own in properties and properties[own] in values
        contact_rule = rule if rule is not None and rule.contact else self.identify
        if contact_rule.contact and plan.verdict in ("ready", "skipped"):
            contact_rule.hits += contact_rule is self.identify
            if plan.contact is not None:
                written = {"email": plan.contact.email, **(plan.contact.properties or {})}
                self._note(contact_rule.contact, written, ev, line)
            elif "email" in contact_rule.contact:
                email = contact_rule.contact["email"]
                email.asked += 1
                email.missing_line = line if email.missing_line is None else email.missing_line
        elif contact_rule is self.identify and plan.contact is not None:
            contact_rule.hits += 1  # its properties depend on the event

    def _note(
        self, tracked: dict[str, PropertyHits], found: Mapping[str, Any], ev: Evaluation, line: int | None
    ) -> None:
        for name, known in tracked.items():
            known.asked += 1
            if name not in found:
                if known.missing_line is None:
                    known.missing_line = line
                continue
            value = found[name]
            if len(known.examples) < _EXAMPLES and (text := _example(value)) not in known.examples:
                known.examples.append(text)
            probe = known.probe
            if probe is None or _resolves(probe, ev, self._collector.consent):
                known.resolved += 1
            else:
                known.defaulted += 1

    def _add_dynamic(self, rule: RuleHits, sent: Mapping[str, Any]) -> None:
        for name in sent:
            if name not in rule.properties and name not in self.defaults and len(rule.properties) < _DYNAMIC:
                place = (*rule.place, "settings", "properties")
                rule.properties[name] = PropertyHits(name, "(computed)", place, asked=rule.occurrences - 1)

    def _map_properties(
        self, value: Any, place: ConfigPath, values: ValueCompiler
    ) -> dict[str, PropertyHits]:
        return _named_values(value, place, values, frozenset(self._default_values))


def _map(owner: Any, key: str) -> dict[str, Any]:
    value = owner.get(key) if isinstance(owner, Mapping) else None
    return value if isinstance(value, dict) else {}


def _named_values(
    value: Any, place: ConfigPath, values: ValueCompiler, defaults: frozenset[str] = frozenset()
) -> dict[str, PropertyHits]:
    """Return the properties in the maps of a mapping value and its alternatives."""
    found: dict[str, PropertyHits] = {}
    several = isinstance(value, list)
    for number, item in enumerate(value if several else [value]):
        entries = item.get("map") if isinstance(item, dict) else None
        if not isinstance(entries, dict):
            if several:
                return {}
            continue
        for name, source in entries.items():
            known = found.get(str(name))
            if known is not None:
                known.source = f"{known.source} or {described(source)}"
                known.probe = None  # it is unknown here which of the alternatives was used
                continue
            at = (*place, number, "map", name) if several else (*place, "map", name)
            probe = compile_probe(source, values, has_default=str(name) in defaults)
            found[str(name)] = PropertyHits(str(name), described(source), at, probe=probe)
    return found


def _contact_properties(identify: Any, place: ConfigPath, values: ValueCompiler) -> dict[str, PropertyHits]:
    entries = identify.get("map") if isinstance(identify, dict) else None
    if not isinstance(entries, dict):
        return {}
    found = {}
    if "email" in entries:
        email = entries["email"]
        probe = compile_probe(email, values, has_default=False)
        found["email"] = PropertyHits("email", described(email), (*place, "map", "email"), probe=probe)
    return found | _named_values(entries.get("properties"), (*place, "map", "properties"), values)


def _resolves(probe: Resolve, ev: Evaluation, consent: Any) -> bool:
    try:
        return probe(ev.event, ev, consent) is not UNDEFINED
    except (JsTypeError, RecursionError):
        return False


def _example(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _EXAMPLE_LENGTH else f"{text[:_EXAMPLE_LENGTH]}… ({len(text):,} characters)"


def _as_sent(value: Any) -> tuple[Any, ...]:
    """Return the forms in which a default property may be sent: unchanged, as by walkerOS, and as text."""
    try:
        return value, to_string(value)
    except (JsTypeError, RecursionError):
        return (value,)


def _notes(rule: dict[str, Any], settings: dict[str, Any]) -> Iterator[str]:
    if rule.get("ignore"):
        yield "ignores"
    if rule.get("silent") or rule.get("skip"):
        yield "silent: contact only"
    if rule.get("condition"):
        yield mask_token(f"if {described(rule['condition'])}")
    if settings.get("eventName"):
        yield f"as {settings['eventName']}"
    elif rule.get("name"):
        yield f"as {rule['name']}"
