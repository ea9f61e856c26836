"""Which rules and properties of a configuration events have reached, and which never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.coverage.default_probe import compile_probe
from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.description import described
from hubspot_dest.mapping.dialect import WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, to_string
from hubspot_dest.mapping.paths import compile_path
from hubspot_dest.mapping.rules import label_of, rules_of
from hubspot_dest.mapping.values import Resolve, ValueCompiler
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
"""Reasons of events for which no rule was looked up, or the lookup failed: they do not count as unmatched."""
OTHERS: Final = "(others)"
"""The name for all events without a rule beyond the first 500 names."""
_UNMATCHED: Final = 500
_DYNAMIC: Final = 200
_EXAMPLES: Final = 3
_EXAMPLE_LENGTH: Final = 80


@dataclass(slots=True)
class PropertyHits:
    """A property that the mapping names, or that a function of it gave.

    Attributes:
        name: its name in HubSpot.
        source: a short description of its mapping value.
        place: where it is configured.
        asked: how often it was evaluated; not for skipped events, nor for contacts without an e-mail.
        resolved: how often its source gave a value; a fixed value counts.
        defaulted: how often it had its default.
        examples: the first different values that came out, as text, each cut to 80 characters.
        missing_line: the line of the first event without it; None if that is not known.

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
        """How often it was evaluated without a result."""
        return self.asked - self.resolved - self.defaulted

    @property
    def present(self) -> int:
        """How often it had a value, defaults included."""
        return self.resolved + self.defaulted

    @property
    def never(self) -> bool:
        """Whether it was evaluated, always without a result."""
        return self.asked > 0 and self.present == 0


@dataclass(slots=True)
class RuleHits:
    """A rule: how often it matched, and its properties.

    Attributes:
        key: `order complete`; `identify` for the contact that every event may write.
        index: its position in a list of rules, or None.
        notes: what is special: `ignores`, `silent: contact only`, `as purchase`, its condition.
        place: where it is configured.
        ignores: whether its events are dropped, so that no property is ever evaluated.
        hits: how often it matched.
        outcomes: what became of its events, by kind of outcome.
        properties: of the occurrence, in the order of the configuration.
        contact: of the contact, likewise.
        dynamic: whether the names of its properties are known only when an event comes: from a function or a loop.

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
        """The key, with the position of one of several."""
        return label_of(self.key, self.index)


class RuleCoverage:
    """Counts hits for the configuration in force. One thread counts; any may read.

    Args:
        collector: the collector's consent, user, globals and custom, which defaults may depend on.
        dialect: the version of the mapping language.

    Attributes:
        rules: key to rules.
        identify: the contact that every event may write.
        unmatched: the names of events that no rule matched, with their number.
        policy: what is written into every event before a rule is matched, by path.
        defaults: what every occurrence carries unless its rule overrides it; resolved where it was sent unchanged.
        planned_again: how many of the counted events were not sent by this mapping, but planned again when it was
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
        """Begin at zero for another configuration; for the same one, go on counting.

        Args:
            raw: the destination's configuration as configured.

        """
        if raw is not self._raw:
            self._raw = raw
            self.clear()

    def clear(self) -> None:
        """Begin at zero."""
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
            made = RuleHits(
                entry.key,
                entry.index,
                tuple(_notes(rule, own)),
                entry.path,
                ignores=bool(rule.get("ignore")),
                properties=properties,
                contact=_contact_properties(own.get("identify"), (*place, "identify"), values),
                dynamic=bool(mapped) and not properties,
            )
            self.rules.setdefault(entry.key, []).append(made)

    def all(self) -> list[RuleHits]:
        """Return every rule, in the order of the configuration."""
        return [rule for rules in self.rules.values() for rule in rules]

    def raw(self, key: str, index: int | None) -> Any:
        """Return a rule as the configuration has it, or a section: `identify`, `policy`, `defaultProperties`."""
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
        """Count what an event's plan reached.

        Args:
            outcome: what happened to the event.
            line: its line in its file.

        """
        if outcome.plan is not None:
            self.count_plan(outcome.name, outcome.plan, outcome.kind, line)

    def count_plan(self, name: str, plan: Plan, kind: str = "", line: int | None = None) -> None:
        """Count what a plan reached; `kind` is what became of it."""
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
        whose = rule if rule is not None and rule.contact else self.identify
        if whose.contact and plan.verdict in ("ready", "skipped"):
            whose.hits += whose is self.identify
            if plan.contact is not None:
                written = {"email": plan.contact.email, **(plan.contact.properties or {})}
                self._note(whose.contact, written, ev, line)
            elif "email" in whose.contact:
                email = whose.contact["email"]
                email.asked += 1
                email.missing_line = line if email.missing_line is None else email.missing_line
        elif whose is self.identify and plan.contact is not None:
            whose.hits += 1  # written in a form whose properties are not known beforehand

    def _note(
        self, wanted: dict[str, PropertyHits], found: Mapping[str, Any], ev: Evaluation, line: int | None
    ) -> None:
        for name, known in wanted.items():
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
    found = owner.get(key) if isinstance(owner, Mapping) else None
    return found if isinstance(found, dict) else {}


def _named_values(
    value: Any, place: ConfigPath, values: ValueCompiler, defaults: frozenset[str] = frozenset()
) -> dict[str, PropertyHits]:
    """Return the properties that a mapping value names; of alternatives, those that any of them names."""
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
                known.probe = None  # which of the alternatives counted is not known here
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
    """Return the forms in which a default property is sent: as text, or as walkerOS sends it."""
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
