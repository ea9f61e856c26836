"""Enumerate the rules of a configuration as configured, in its order (walkerOS 4.4 mapping, section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.mapping.jsvalues import truthy

__all__ = ["ANY", "RuleEntry", "label_of", "rule_entries", "rule_keys", "rules_of"]

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
