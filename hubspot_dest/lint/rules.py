"""Check for rules that cannot match or have no effect (walkerOS 4.4, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.lint.subject import LintReport, Subject
from hubspot_dest.mapping.rules import RuleEntry
from hubspot_dest.mapping.values import code_source

__all__ = ["check_rules"]

_ANY: Final = "*"
_ASYNC: Final = re.compile(r"\s*async\b")
_ALWAYS_TRUE: Final = re.compile(r"\s*\(?[\w\s,{}]*\)?\s*=>\s*(true|1|!0)\s*;?\s*")
_USED_BY_IGNORED: Final = ("settings", "name", "silent", "policy")


def check_rules(subject: Subject) -> Iterator[LintReport]:
    """Yield reports for rules that can never match, and for settings of rules that have no effect."""
    mapping = subject.config.get("mapping")
    if not isinstance(mapping, dict):
        return
    yield from _keys(mapping)
    yield from _hidden(mapping)
    for entity, actions in mapping.items():
        for action, rules in actions.items() if isinstance(actions, dict) else ():
            if isinstance(rules, list):
                yield from _shadowed(rules, ("mapping", entity, action))
    for entry in subject.rules():
        yield from _rule(entry)


def _keys(mapping: dict[Any, Any]) -> Iterator[LintReport]:
    for entity, actions in mapping.items():
        name = str(entity)
        if " " in name.strip() or "." in name:
            parts = re.split(r"[ .]+", name.strip())
            yield LintReport(
                "rule_key",
                ("mapping", entity),
                f"no event has the entity {name!r}",
                f'nest it: {{"{parts[0]}": {{"{parts[1] if len(parts) > 1 else "*"}": {{…}}}}}}',
            )
        if not isinstance(actions, dict):
            continue
        for action in actions:
            if " " in str(action) or "." in str(action):
                yield LintReport(
                    "rule_key",
                    ("mapping", entity, action),
                    f"no event has the action {str(action)!r}: an action is a single word",
                )


def _hidden(mapping: dict[Any, Any]) -> Iterator[LintReport]:
    wild = mapping.get(_ANY)
    if not isinstance(wild, dict):
        return
    for action in wild:
        if action == _ANY:
            continue
        hiding = [
            str(entity)
            for entity, actions in mapping.items()
            if entity != _ANY and isinstance(actions, dict) and action not in actions
        ]
        if hiding:
            listed = ", ".join(hiding)
            yield LintReport(
                "rule_hidden",
                ("mapping", _ANY, action),
                f"'* {action}' never matches events of {listed}: a listed entity hides the rules at *",
                f"add {action} to {hiding[0]}",
            )


def _shadowed(rules: list[Any], path: tuple[str | int, ...]) -> Iterator[LintReport]:
    if not rules:
        yield LintReport("rule_empty_list", path, "an empty list of rules matches no event")
    always: int | None = None
    for index, rule in enumerate(rules):
        if always is not None:
            yield LintReport(
                "rule_shadowed",
                (*path, index),
                f"rule {index + 1} is never tried: rule {always + 1} always matches",
            )
        elif isinstance(rule, dict) and _always(rule.get("condition")):
            always = index


def _always(condition: Any) -> bool:
    if condition is None:
        return True
    source = code_source(condition)
    return source is not None and _ALWAYS_TRUE.fullmatch(source) is not None


def _rule(entry: RuleEntry) -> Iterator[LintReport]:
    rule = entry.rule
    if not isinstance(rule, dict):
        return
    source = code_source(rule.get("condition"))
    if source is not None and _ASYNC.match(source):
        yield LintReport(
            "condition_async",
            (*entry.path, "condition"),
            f"the condition of rule {entry.label!r} is async: in walkerOS 4.4 it always matches",
            on_value=True,
        )
    if rule.get("ignore") is True:
        for key in _USED_BY_IGNORED:
            if rule.get(key):
                yield LintReport(
                    "rule_without_effect",
                    (*entry.path, key),
                    f"rule {entry.label!r} ignores its event, so {key} has no effect",
                )
