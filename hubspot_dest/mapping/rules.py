"""Find the rule for an event (walkerOS 4.4 mapping, section 3.1).

Precedence: the exact entity and action; the entity with `*`; only where the entity is not listed at all, `*` with
the action; `* *`. A list of rules gives the first whose condition holds. Only own keys count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hubspot_dest.mapping.callbacks import Callback, Callbacks
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, Undefined, truthy
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.values import Resolve, ValueCompiler

__all__ = ["Rule", "RuleError", "RuleSet"]

S = TypeVar("S")
_MISSING: Any = UNDEFINED


class RuleError(Exception):
    """A rule's condition threw, or a rule has an impossible shape: upstream fails the whole push (section 3.1)."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One compiled rule.

    Attributes:
        raw: the rule as configured; read only.
        index: its position where the action has a list of rules, else None.
        condition: holds or not, given (event, context); None where there is none.
        policy: edits of the event, or None.
        data: the payload mapping, or None.
        settings: what the destination made of the rule's settings.

    """

    raw: dict[str, Any]
    index: int | None
    condition: Callback | None
    policy: Policy | None
    data: Resolve | None
    settings: S

    @property
    def name(self) -> Any:
        """The name that the event gets; `UNDEFINED` where the rule has none."""
        return self.raw.get("name", UNDEFINED)

    @property
    def ignore(self) -> bool:
        """Whether the event goes no further."""
        return truthy(self.raw.get("ignore", UNDEFINED))

    @property
    def silent(self) -> Any:
        """What stands at `silent`; the destination decides what it means."""
        return self.raw.get("silent", UNDEFINED)


class RuleSet(Generic[S]):
    """The rules of one configuration, compiled once.

    Args:
        mapping: `{entity: {action: rule or list of rules}}`; anything untrue means no rules.
        values: compiles the mapping values inside the rules.
        callbacks: compiles the rules' conditions.
        settings: compiles what stands at a rule's `settings`, given the whole raw rule.
        as_settled: apply overlapping edits of a policy in upstream's accidental order.

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
        self._values = values
        self._callbacks = callbacks
        self._settings = settings
        self._given = truthy(mapping)
        self._entities: dict[str, dict[str, list[Rule[S] | None]] | None] = {}
        if isinstance(mapping, dict):
            for entity, actions in mapping.items():
                if truthy(actions):
                    self._entities[entity] = self._block(actions)

    def _block(self, actions: Any) -> dict[str, list[Rule[S] | None]]:
        if not isinstance(actions, dict):
            return {}
        return {action: self._list(rules) for action, rules in actions.items() if truthy(rules)}

    def _list(self, rules: Any) -> list[Rule[S] | None]:
        if isinstance(rules, list):
            return [self._rule(rule, index) for index, rule in enumerate(rules)]
        return [self._rule(rules, None)]

    def _rule(self, raw: Any, index: int | None) -> Rule[S] | None:
        if raw is None or raw is UNDEFINED:
            return None
        raw = raw if isinstance(raw, dict) else {}
        condition = raw.get("condition", UNDEFINED)
        data = raw.get("data", UNDEFINED)
        return Rule(
            raw=raw,
            index=index,
            condition=self._callbacks.rule_condition(condition) if truthy(condition) else None,
            policy=Policy.compile(raw.get("policy", UNDEFINED), self._values, as_settled=self._as_settled),
            data=self._values.compile(data) if truthy(data) else None,
            settings=self._settings(raw),
        )

    def __iter__(self) -> Any:
        """Yield (rule key, rule) for every rule, as configured."""
        for entity, actions in self._entities.items():
            for action, rules in (actions or {}).items():
                for rule in rules:
                    if rule is not None:
                        yield f"{entity} {action}", rule

    def find(self, event: Any, ev: Evaluation) -> tuple[Rule[S] | None, str | Undefined]:
        """Return the rule for the event's name and its key (`order complete`, `order *`).

        Without a match the rule is None and the key is the empty string; the key is `UNDEFINED`, as upstream's is,
        where there are no rules at all or the name has no two words.

        Raises:
            RuleError: where a condition throws or is no function, a rule in a list is null, or the name is no text.

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
        """Return what `find` gives for every event of this name, or None where that depends on the event."""
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
        fallback = (self._entities.get("*") or {}).get("*")
        rule = self._first(fallback, event, ev)
        return (rule, "* *") if rule is not None else (None, "")

    def _first(self, rules: list[Rule[S] | None] | None, event: Any, ev: Evaluation) -> Rule[S] | None:
        for rule in rules or ():
            if rule is None:
                msg = "Cannot read properties of null (reading 'condition')"
                raise RuleError(msg)
            if rule.condition is None or self._holds(rule, event, ev):
                return rule
        return None

    def _holds(self, rule: Rule[S], event: Any, ev: Evaluation) -> bool:
        assert rule.condition is not None
        own = event.get("consent", UNDEFINED)
        try:
            ev.event = event
            context = ev.context(rule.raw, own if truthy(own) else ev.collector.consent)
            return truthy(rule.condition(event, context))
        except JsTypeError as error:
            msg = "rule.condition is not a function" if str(error) == "fn is not a function" else str(error)
            raise RuleError(msg) from error
        except Exception as error:
            raise RuleError(getattr(error, "message", None) or str(error)) from error
