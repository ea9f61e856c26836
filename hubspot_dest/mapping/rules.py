"""The rules of a mapping: enumerate them, and find the one for an event (walkerOS 4.4 mapping, section 3).

Precedence (section 3.1; walkerOS since 4.4, sections 1.1 to 1.3): the exact entity and action; the entity with `*`;
`*` with the action, only if the entity is not listed at all; `* *`. In a list of rules, the first one whose condition
is true matches. Only own keys count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.evaluation import Evaluation, error_detail
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, Undefined, truthy
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.values import Callback, Callbacks, Resolve, ValueCompiler, may_return_promise
from hubspot_dest.masking import mask_token

__all__ = [
    "ANY",
    "Rule",
    "RuleEntry",
    "RuleError",
    "RuleSet",
    "label_of",
    "rule_entries",
    "rule_keys",
    "rules_of",
]

S = TypeVar("S")
_MISSING: Any = UNDEFINED
ANY: Final = "*"


def label_of(key: str, index: int | None) -> str:
    """Return what a rule is called: its key, with its position counted from 1 where it is one of a list.

    Filters, exports and screens find a rule by this text.
    """
    return key if index is None else f"{key} [{index + 1}]"


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule as configured.

    Attributes:
        entity: the first part of its key.
        action: the second part of its key.
        index: its position in a list of rules, counted from 0; None if it is not in a list.
        rule: what is configured there; a valid rule is a map.

    """

    entity: str
    action: str
    index: int | None
    rule: Any

    @property
    def key(self) -> str:
        """The rule's key: `order complete`."""
        return f"{self.entity} {self.action}"

    @property
    def label(self) -> str:
        """The key, with the position counted from 1 in a list of rules: `order complete [2]`."""
        return label_of(self.key, self.index)

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where the rule is in the configuration."""
        path: tuple[str | int, ...] = ("mapping", self.entity, self.action)
        return path if self.index is None else (*path, self.index)

    @property
    def place(self) -> str:
        """Where the rule is in the configuration, for people: `mapping.order.complete[1]`."""
        place = f"mapping.{self.entity}.{self.action}"
        return place if self.index is None else f"{place}[{self.index}]"


def rule_entries(mapping: Any) -> Iterator[RuleEntry]:
    """Yield every entry of a mapping, also what is not a valid rule.

    Args:
        mapping: `{entity: {action: rule or list of rules}}`; anything else has no rules.

    """
    if not isinstance(mapping, dict):
        return
    for entity, actions in mapping.items():
        for action, rules in actions.items() if isinstance(actions, dict) else ():
            if isinstance(rules, list):
                for index, rule in enumerate(rules):
                    yield RuleEntry(entity, action, index, rule)
            else:
                yield RuleEntry(entity, action, None, rules)


def rules_of(mapping: Any) -> Iterator[RuleEntry]:
    """Yield every rule of a mapping that is a map."""
    return (entry for entry in rule_entries(mapping) if isinstance(entry.rule, dict))


def rule_keys(mapping: Any) -> list[str]:
    """Return the keys that have a rule: `order complete`."""
    return list(dict.fromkeys(entry.key for entry in rule_entries(mapping) if truthy(entry.rule)))


class RuleError(Exception):
    """Raised when finding the rule fails, and the push with it: a null in a list of rules, a throwing 4.4 condition."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One compiled rule.

    Attributes:
        raw: the rule as configured; must not be changed.
        key: the configured entity and action: `order complete`, `order *`.
        index: the position in the action's list of rules, from 0; None if the action has a single rule.
        condition: returns whether the rule matches (event, context); None if it always does.
        asynchronous: whether the condition returns a promise, judged by its source.
        policy: the edits of the event, or None.
        data: the payload mapping, or None.
        settings: the rule's settings, compiled by the destination.

    """

    raw: dict[str, Any]
    key: str
    index: int | None
    condition: Callback | None
    asynchronous: bool
    policy: Policy | None
    data: Resolve | None
    settings: S

    @property
    def label(self) -> str:
        """The key, and for a rule in a list its position, counted from 1: `order complete [2]`."""
        return label_of(self.key, self.index)

    @property
    def name(self) -> Any:
        """The new name of the event; `UNDEFINED` for a rule without a name."""
        return self.raw.get("name", UNDEFINED)

    @property
    def ignore(self) -> bool:
        """Whether the event is dropped."""
        return truthy(self.raw.get("ignore", UNDEFINED))

    @property
    def silent(self) -> Any:
        """The value of `silent`; the destination decides what it means."""
        return self.raw.get("silent", UNDEFINED)


class RuleSet(Generic[S]):
    """The rules of one configuration, compiled once.

    Args:
        mapping: `{entity: {action: rule or list of rules}}`; a false value means no rules.
        values: compiles the mapping values inside the rules; its dialect applies to the rules, too.
        callbacks: compiles the rules' conditions.
        settings: compiles a rule's `settings`, given the whole raw rule.
        as_settled: apply overlapping edits of a policy in upstream's accidental order, that of its settling promises.

    """

    def __init__(
        self,
        mapping: Any,
        values: ValueCompiler,
        callbacks: Callbacks,
        settings: Callable[[dict[str, Any]], S],
        *,
        as_settled: bool = False,
    ) -> None:
        self._as_settled = as_settled
        self._dialect = values.dialect
        self._values = values
        self._callbacks = callbacks
        self._settings = settings
        self._given = truthy(mapping)
        self._entities: dict[str, dict[str, list[Rule[S] | None]] | None] = {}
        if isinstance(mapping, dict):
            for entity, actions in mapping.items():
                if truthy(actions):
                    self._entities[entity] = self._block(entity, actions)

    def _block(self, entity: str, actions: Any) -> dict[str, list[Rule[S] | None]]:
        if not isinstance(actions, dict):
            return {}
        return {
            action: self._list(f"{entity} {action}", rules)
            for action, rules in actions.items()
            if truthy(rules)
        }

    def _list(self, key: str, rules: Any) -> list[Rule[S] | None]:
        if isinstance(rules, list):
            return [self._rule(key, rule, index) for index, rule in enumerate(rules)]
        return [self._rule(key, rules, None)]

    def _rule(self, key: str, raw: Any, index: int | None) -> Rule[S] | None:
        if raw is None or raw is UNDEFINED:
            return None
        raw = raw if isinstance(raw, dict) else {}
        condition = raw.get("condition", UNDEFINED)
        data, policy = raw.get("data", UNDEFINED), raw.get("policy", UNDEFINED)
        return Rule(
            raw=raw,
            key=key,
            index=index,
            condition=self._condition(condition) if truthy(condition) else None,
            asynchronous=may_return_promise(condition),
            policy=Policy.compile(policy, self._values, as_settled=self._as_settled)
            if truthy(policy)
            else None,
            data=self._values.compile(data) if truthy(data) else None,
            settings=self._settings(raw),
        )

    def _condition(self, source: Any) -> Callback:
        return self._callbacks.rule_condition(source, awaited=self._dialect.awaits_conditions)

    def __iter__(self) -> Iterator[tuple[str, Rule[S]]]:
        """Yield (rule key, rule) for every rule, as configured."""
        for actions in self._entities.values():
            for rules in (actions or {}).values():
                yield from ((rule.key, rule) for rule in rules if rule is not None)

    def find(self, event: Any, ev: Evaluation) -> tuple[Rule[S] | None, str | Undefined]:
        """Return the rule for the event's name, and the key it was found at (`order complete`, `order *`).

        Without a match the rule is None and the key is the empty string. As upstream, the key is `UNDEFINED` if there
        are no rules at all or the name does not have two words.

        Raises:
            RuleError: a rule in a list is null, or the event's name is not a text; in 4.4, also if a condition throws
                or is not a function.

        """
        name = event.get("name", UNDEFINED) if isinstance(event, dict) else UNDEFINED
        if not truthy(name):
            return None, UNDEFINED
        if not isinstance(name, str):
            msg = "(event.name || '').split is not a function"
            raise RuleError(msg)
        if not self._given:
            return None, UNDEFINED
        pieces = name.split(" ")
        entity, action = pieces[0], pieces[1] if len(pieces) > 1 else ""
        if not entity or not action:
            return None, UNDEFINED
        return self._look_up(entity, action, event, ev)

    def unconditional(self, name: str) -> tuple[Rule[S] | None, str | Undefined] | None:
        """Return the result of `find` for every event of this name, or None if it depends on the event."""
        pieces = name.split(" ")
        entity, action = pieces[0], pieces[1] if len(pieces) > 1 else ""
        entity_key = entity if entity in self._entities else "*"
        block = self._entities.get(entity_key) or {}
        candidates = block.get(action if action in block else "*") or []
        fallback = (self._entities.get("*") or {}).get("*") or []
        if any(rule is None or rule.condition is not None for rule in [*candidates[:1], *fallback[:1]]):
            return None
        return self.find({"name": name}, Evaluation({}, CollectorView()))

    def _look_up(self, entity: str, action: str, event: Any, ev: Evaluation) -> tuple[Rule[S] | None, str]:
        entity_key = entity if entity in self._entities else "*"
        block = self._entities.get(entity_key)
        if block is not None:
            action_key = action if action in block else "*"
            rule = self._first(block.get(action_key), event, ev)
            if rule is not None:
                return rule, f"{entity_key} {action_key}"
            if entity_key == "*" and action_key == "*" and not self._dialect.repeats_last_resort:
                return None, ""
        last_resort = (self._entities.get("*") or {}).get("*")
        rule = self._first(last_resort, event, ev)
        return (rule, "* *") if rule is not None else (None, "")

    def _first(self, rules: list[Rule[S] | None] | None, event: Any, ev: Evaluation) -> Rule[S] | None:
        for rule in rules or ():
            if rule is None:
                msg = "Cannot read properties of null (reading 'condition')"
                raise RuleError(msg)
            if rule.condition is None or self._matches(rule, rule.condition, event, ev):
                return rule
        return None

    def _matches(self, rule: Rule[S], condition: Callback, event: Any, ev: Evaluation) -> bool:
        event_consent = event.get("consent", UNDEFINED)
        ev.event = event
        context = ev.context(rule.raw, event_consent if truthy(event_consent) else ev.collector.consent)
        try:
            matches = truthy(condition(event, context))
        except Exception as error:
            if not self._dialect.failed_condition_is_no_match:
                raise RuleError(_message(error)) from error
            _report_failure(rule, event, ev, error)
            return False
        if not matches and rule.asynchronous and self._dialect.awaits_conditions:
            ev.diverge(
                "walkeros_async_condition",
                rule,
                f"walkerOS 4.4 would take rule '{rule.label}': an async condition is always true there; "
                "since 4.7.2 it is awaited",
            )
        return matches


def _message(error: Exception) -> str:
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, JsTypeError) and message == "fn is not a function":
        return "rule.condition is not a function"
    return mask_token(str(message))


def _report_failure(rule: Rule[S], event: Any, ev: Evaluation, error: Exception) -> None:
    """Add the issue for a condition that failed; the rule does not match, and planning continues."""
    why = f"the condition of rule '{rule.label}' failed ({error_detail(error)['name']}: {_message(error)})"
    if rule.ignore:
        code = "ignore_condition_failed"
        sentence = f"{why}: the rule does not match, so an event that it should ignore may be sent"
    else:
        code = "rule_condition_failed"
        sentence = (
            f"{why}: the rule does not match; the next rule is tried, or the event is sent without a rule"
        )
    ev.log_error(
        "mapping rule condition failed",
        error,
        code=code,
        sentence=f"{sentence}. Correct the condition, for example with ?. where a value may be missing",
        event=event.get("name"),
        mappingKey=rule.key,
        rule=rule.label,
    )
    would = (
        "take this rule, and its process would exit because of the rejected promise"
        if rule.asynchronous
        else "lose this event: a rule condition that throws fails the push there"
    )
    ev.diverge(
        "walkeros_condition_threw", rule, f"walkerOS 4.4 would {would}; since 4.7.2 the rule does not match"
    )
