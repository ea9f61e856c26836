"""Why a rule matched an event: what each alternative answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from hubspot_dest.config.model import Config
from hubspot_dest.coverage.rule_coverage import NO_RULE_SOUGHT
from hubspot_dest.mapping.description import described
from hubspot_dest.mapping.dialect import dialect_of
from hubspot_dest.mapping.jsvalues import truthy
from hubspot_dest.mapping.rules import label_of
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.profiles import profile_of

__all__ = ["Alternative", "alternatives", "failing_rule"]

_TRIED = 30  # rules of a list; each of them has to be compiled


Answer = Literal["matched", "false", "failed", "never asked"]
_FAILED = frozenset({"rule_condition_failed", "ignore_condition_failed"})


@dataclass(frozen=True, slots=True)
class Alternative:
    """A rule that could have matched an event.

    Attributes:
        label: its key, with its position in a list.
        condition: its condition, shortened; empty if it has none.
        answer: `matched`; its condition was `false` or `failed`; or `never asked`, because an earlier one won.

    """

    label: str
    condition: str
    answer: Answer


def alternatives(mapping: Any, name: str, plan: Plan) -> list[Alternative]:
    """Return the rules that could have matched an event, in the order in which they are tried; empty without a choice.

    Nothing is evaluated again: rules are tried in order, and the first whose condition holds wins.

    Args:
        mapping: the configuration's `mapping`.
        name: the event's name when its rule was looked up.
        plan: what was planned for it.

    """
    if plan.reason in NO_RULE_SOUGHT or not isinstance(mapping, dict):
        return []
    won = (plan.rule_key, plan.rule_index)
    # A rule's key leads straight to its list; only what falls through to `* *` passed another list before.
    keys = [plan.rule_key] if plan.rule_key and plan.rule_key != "* *" else _keys(mapping, name)
    failed = {issue.detail.get("rule") for issue in plan.issues if issue.code in _FAILED}
    found: list[Alternative] = []
    over = False
    for key in keys:
        for index, rule in _listed(mapping, key):
            label = label_of(key, index)
            condition = rule.get("condition")
            said = described(condition) if truthy(condition) else ""
            here = (key, index) == won
            answer: Answer = "matched" if here else "never asked" if over else "false"
            found.append(Alternative(label, said, "failed" if label in failed and not here else answer))
            over = over or here
    return [] if len(found) == 1 and over else found


def failing_rule(
    config: Config, event: Any, now_ms: int, *, parity: bool = False, walkeros: str = "4.4"
) -> str:
    """Return the label of the rule at which the mapping failed on an event; empty if it failed at none of them.

    The event is planned again with one rule more each time: the first with which it fails is the one.

    Args:
        config: what the event was planned with.
        event: the event, with what was granted or refused on the screen.
        now_ms: when it came, in ms since 1970.
        parity: do what walkerOS does.
        walkeros: the version of walkerOS that is meant.

    """
    mapping, name = config.raw.get("mapping"), event.get("name") if isinstance(event, dict) else None
    if not isinstance(mapping, dict) or not isinstance(name, str):
        return ""

    profile = profile_of(dialect_of(walkeros), parity=parity)

    def fails(rules: dict[str, list[Any]]) -> bool:
        cut: dict[str, dict[str, Any]] = {}
        for key, some in rules.items():
            entity, _, action = key.partition(" ")
            cut.setdefault(entity, {})[action] = some
        tried = DryRun(replace(config, raw={**config.raw, "mapping": cut}), profile=profile)
        return tried.plan(event, now_ms).reason == "mapping_error"

    before: dict[str, list[Any]] = {}
    if fails(before):
        return ""
    for key in _keys(mapping, name):
        found = list(_listed(mapping, key))[:_TRIED]
        for count, (index, _) in enumerate(found, 1):
            if fails({**before, key: [rule for _, rule in found[:count]]}):
                return label_of(key, index)
        before[key] = [rule for _, rule in found]
    return ""


def _keys(mapping: dict[str, Any], name: str) -> Iterator[str]:
    """Yield the keys at which an event's rule is looked for (walkerOS 4.4 mapping, section 3.1)."""
    pieces = name.split(" ")
    if len(pieces) < 2 or not pieces[0] or not pieces[1]:
        return
    entity = pieces[0] if truthy(mapping.get(pieces[0])) and mapping.get(pieces[0]) is not None else "*"
    actions = mapping.get(entity)
    if isinstance(actions, dict):
        given = actions.get(pieces[1])
        action = pieces[1] if truthy(given) and given is not None else "*"
        yield f"{entity} {action}"
        if (entity, action) == ("*", "*"):
            return
    yield "* *"


def _listed(mapping: dict[str, Any], key: str) -> Iterator[tuple[int | None, dict[str, Any]]]:
    entity, _, action = key.partition(" ")
    actions = mapping.get(entity)
    rules = actions.get(action) if isinstance(actions, dict) else None
    if isinstance(rules, list):
        yield from ((index, rule) for index, rule in enumerate(rules) if isinstance(rule, dict))
    elif isinstance(rules, dict):
        yield None, rules
