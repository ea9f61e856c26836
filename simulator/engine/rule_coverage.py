"""Which rules and properties of a configuration the stream has reached, and which never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, to_string
from hubspot_dest.mapping.paths import compile_path
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.rules_index import label_of, rules_of
from simulator.engine.row_filter import exactly, is_path
from simulator.engine.rows import NO_RULE_SOUGHT, NOT_DELIVERED, Row

__all__ = ["RuleCoverage", "PropertyHits", "RuleHits", "described"]

_OTHERS = "(others)"
_WRITES = ("queued", "flushed", "sent", "identified", "failed")  # outcomes of events that have a contact
_UNMATCHED = 500  # different event names; beyond, the rest is one number


@dataclass(slots=True)
class PropertyHits:
    """A property that the mapping names.

    Attributes:
        name: its name in HubSpot.
        source: what it is taken from, in a few words.
        asked: how often it was asked for: of an event that is skipped, or a contact without an e-mail, nothing is.
        resolved: how often it came out.

    """

    name: str
    source: str
    asked: int = 0
    resolved: int = 0

    @property
    def never(self) -> bool:
        """Whether it was asked for, and always in vain."""
        return self.asked > 0 and self.resolved == 0


@dataclass(slots=True)
class RuleHits:
    """A rule: how often it matched, and its properties.

    Attributes:
        key: `order complete`; `identify` for the contact that every event may write.
        index: its position in a list of rules, or None.
        notes: what is special: `ignores`, `silent`, `named cart add`, its condition.
        hits: how often it matched.
        properties: of the occurrence, in the order of the configuration.
        contact: of the contact, likewise.

    """

    key: str
    index: int | None = None
    notes: tuple[str, ...] = ()
    hits: int = 0
    properties: dict[str, PropertyHits] = field(default_factory=dict)
    contact: dict[str, PropertyHits] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The key, with the position of one of several."""
        return label_of(self.key, self.index)

    def filter(self, name: str = "") -> str:
        """Return the filter that shows this rule's events; of a property, those that lack it, if some do.

        Args:
            name: a property; one of the contact begins with `contact.`.

        """
        if self.key == "identify":
            return " or ".join(f"outcome:{kind}" for kind in _WRITES)
        whose = self.contact if name.startswith("contact.") else self.properties
        found = whose.get(name.removeprefix("contact."))
        lacking = found is not None and found.resolved < found.asked and is_path(found.source)
        return exactly("rule", self.label) + (
            f" {found.source}:none" if found is not None and lacking else ""
        )


class RuleCoverage:
    """Counts hits for the configuration in force. One thread counts; any may read."""

    def __init__(self) -> None:
        self.rules: dict[str, list[RuleHits]] = {}
        self.identify = RuleHits("identify")
        self.unmatched: Counter[str] = Counter()
        self.policy: dict[str, PropertyHits] = {}
        """What is written into every event before its rule is looked for, by path."""
        self.defaults: dict[str, PropertyHits] = {}
        """What every occurrence carries unless its rule overrides it; resolved where it was sent unchanged."""
        self._edits: list[tuple[Callable[[Any], Any], PropertyHits]] = []
        self._default_values: list[tuple[tuple[Any, ...], PropertyHits]] = []
        self.planned_again = 0
        """How many of the counted events were not sent by this mapping, but planned again when it was saved."""
        self._raw: dict[str, Any] = {}

    def follow(self, config: Config) -> None:
        """Begin at zero for another mapping; where only the way of sending changed, go on counting."""
        if config.raw is not self._raw:
            self._raw = config.raw
            self.clear()

    def count_planned(self, plans: Iterable[tuple[Row, Plan]]) -> None:
        """Count what earlier events would have reached: a saved mapping is judged at once."""
        for row, plan in plans:
            if row.pinned and row.kind in NOT_DELIVERED:
                continue  # it is run again, and counted then
            self.planned_again += 1
            if plan.reason not in NO_RULE_SOUGHT:
                self._count(row.name, plan)

    def clear(self) -> None:
        """Begin at zero."""
        self.planned_again = 0
        self.unmatched = Counter()
        settings = self._raw.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        self.identify = RuleHits("identify", contact=_contact_properties(settings.get("identify")))
        self.policy = _named(self._raw.get("policy"))
        self._edits = [(compile_path(path), known) for path, known in self.policy.items()]
        defaults = settings.get("defaultProperties")
        defaults = defaults if isinstance(defaults, dict) else {}
        self.defaults = _named(defaults)
        self._default_values = [
            (_as_sent(value), known)
            for value, known in zip(defaults.values(), self.defaults.values(), strict=True)
        ]
        self.rules = {}
        for entry in rules_of(self._raw.get("mapping")):
            key, rule = entry.key, entry.rule
            own = rule.get("settings")
            own = own if isinstance(own, dict) else {}
            made = RuleHits(
                key,
                entry.index,
                tuple(_notes(rule, own)),
                properties=_map_properties(own.get("properties")),
                contact=_contact_properties(own.get("identify")),
            )
            self.rules.setdefault(key, []).append(made)

    def all(self) -> list[RuleHits]:
        """Return every rule, in the order of the configuration."""
        return [rule for rules in self.rules.values() for rule in rules]

    def filter_of_unmatched(self, name: str) -> str:
        """Return the filter that shows the events of a name that no rule matched."""
        return "rule:none" if name == _OTHERS else f"rule:none {exactly('event', name)}"

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

    def count(self, outcome: Outcome) -> None:
        """Count what an event's plan reached."""
        if outcome.plan is not None:
            self._count(outcome.name, outcome.plan)

    def _count(self, name: str, plan: Plan) -> None:
        rules = self.rules.get(plan.rule_key, ())
        rule = next((rule_hits for rule_hits in rules if rule_hits.index == plan.rule_index), None)
        if rule is None:
            if plan.reason != "mapping_error":
                known = name in self.unmatched or len(self.unmatched) < _UNMATCHED
                self.unmatched[name if known else _OTHERS] += 1
        else:
            rule.hits += 1
            if plan.occurrence is not None:
                _note(rule.properties, plan.occurrence["properties"])
        if plan.reason != "mapping_error":
            for read, edit in self._edits:
                edit.asked += 1
                edit.resolved += read(plan.event) is not UNDEFINED
        if plan.occurrence is not None:
            properties = plan.occurrence["properties"]
            for values, default in self._default_values:
                default.asked += 1
                default.resolved += default.name in properties and properties[default.name] in values
        whose = rule if rule is not None and rule.contact else self.identify
        if whose.contact and plan.verdict in ("ready", "skipped"):
            whose.hits += whose is self.identify
            if plan.contact is not None:
                _note(whose.contact, {"email": plan.contact.email, **(plan.contact.properties or {})})
            elif "email" in whose.contact:
                whose.contact["email"].asked += 1
        elif whose is self.identify and plan.contact is not None:
            whose.hits += 1  # written in a form whose properties are not known beforehand


def _named(values: Any) -> dict[str, PropertyHits]:
    if not isinstance(values, dict):
        return {}
    return {str(name): PropertyHits(str(name), described(value)) for name, value in values.items()}


def _as_sent(value: Any) -> tuple[Any, ...]:
    """Return the forms in which a default property goes out: as text, or as walkerOS sends it."""
    try:
        return value, to_string(value)
    except (JsTypeError, RecursionError):
        return (value,)


def _note(wanted: dict[str, PropertyHits], found: dict[str, Any]) -> None:
    for name, known in wanted.items():
        known.asked += 1
        known.resolved += name in found


def _notes(rule: dict[str, Any], settings: dict[str, Any]) -> Iterator[str]:
    if rule.get("ignore"):
        yield "ignores"
    if rule.get("silent") or rule.get("skip"):
        yield "silent: contact only"
    if rule.get("condition"):
        yield f"if {described(rule['condition'])}"
    if settings.get("eventName"):
        yield f"as {settings['eventName']}"
    elif rule.get("name"):
        yield f"as {rule['name']}"


def _map_properties(value: Any) -> dict[str, PropertyHits]:
    entries = value.get("map") if isinstance(value, dict) else None
    if not isinstance(entries, dict):
        return {}
    return {name: PropertyHits(name, described(source)) for name, source in entries.items()}


def _contact_properties(identify: Any) -> dict[str, PropertyHits]:
    entries = identify.get("map") if isinstance(identify, dict) else None
    if not isinstance(entries, dict):
        return {}
    found = {}
    if "email" in entries:
        found["email"] = PropertyHits("email", described(entries["email"]))
    return found | _map_properties(entries.get("properties"))


def described(value: Any) -> str:
    """Return a mapping value in a few words: `data.total`, `data.currency or "EUR"`, `loop nested → data.id`."""
    if isinstance(value, str):
        return value.removeprefix("$code:").strip()
    if isinstance(value, list):
        return " or ".join(described(item) for item in value)
    if not isinstance(value, dict):
        return repr(value)
    parts = []
    if "key" in value:
        parts.append(str(value["key"]))
    if "fn" in value:
        parts.append(described(value["fn"]))
    if "loop" in value and isinstance(value["loop"], list):
        parts.append(f"loop {' → '.join(described(item) for item in value['loop'])}")
    if "map" in value and isinstance(value["map"], dict):
        parts.append(f"{{{', '.join(value['map'])}}}")
    if "set" in value and isinstance(value["set"], list):
        parts.append(f"[{', '.join(described(item) for item in value['set'])}]")
    if "value" in value:
        parts.append(f'"{value["value"]}"')
    text = " or ".join(parts)
    return f"{text} if {described(value['condition'])}" if "condition" in value else text
