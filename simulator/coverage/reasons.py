"""Reasons why a target was not reached: a proof, or what the search observed."""

from __future__ import annotations

from simulator.coverage.mapping_tree import MarkedCode, RuleNode, ValueNode
from simulator.coverage.proofs import always_written
from simulator.coverage.search import Search
from simulator.coverage.targets import Target

__all__ = ["Reasons"]


class Reasons:
    """Explains the unreached targets of a search.

    Args:
        search: a finished search.
        lost: the reason for targets whose event was found but not confirmed.

    """

    def __init__(self, search: Search, lost: str) -> None:
        self._search = search
        self._lost = lost

    def why(self, target: Target, reached: set[Target]) -> tuple[str, bool]:
        """Return the reason, and whether it is proven that no event can reach it.

        The inside of an unreachable item is unreachable too.
        """
        why, proven = self._why(target, reached)
        if not proven and self._search.given_up(target):
            why = f"time was up: {why}"
        return why, proven

    def _why(self, target: Target, reached: set[Target]) -> tuple[str, bool]:
        if why := self._search.proofs.get(target, ""):
            return why, True
        if target in self._search.found:
            return self._lost, False
        place = target.place
        if isinstance(place, RuleNode):
            return self._of_rule(place, target.what), False
        if isinstance(place, ValueNode):
            return self._of_item(place, target.what, reached)
        if "batch" in target.what:
            return "no event that was tried is sent", False
        return f"none of the {self._search.runner.tried:,} events tried reached it", False

    def _of_rule(self, rule: RuleNode, what: str) -> str:
        if (
            what == "matched"
            and not self._failure_sentence(rule.condition)
            and rule.before
            and rule.condition is None
        ):
            return "the rules before it matched every event that was tried"
        if rule.condition is not None:
            return self._of_code(
                rule.condition, "condition", "false" if what == "condition false" else "true"
            )
        if rule.conditional:
            return "its condition is not a function"
        return f"none of the {self._search.runner.tried:,} events tried got that far"

    def _of_item(self, item: ValueNode, what: str, reached: set[Target]) -> tuple[str, bool]:
        rule = item.rule
        if rule is not None and Target(rule, "matched") not in reached:
            why, proven = self._why(Target(rule, "matched"), reached)
            return f"its rule is not reached: {why}", proven
        if not self._search.was_asked(item):
            return self._not_asked(item), False
        gate, _, answer = what.partition(" ")
        if gate in ("condition", "validate"):
            code = item.code("condition" if gate == "condition" else "validate")
            return (self._of_code(code, gate, answer) if code else f"its {gate} is not a function"), False
        condition = item.code("condition")
        if condition is not None and Target(item, "condition true") not in reached:
            return self._of_code(condition, "condition", "true"), False
        code = item.code("fn")
        if code is not None and what in ("value", "nothing"):
            gave = "no value" if what == "value" else "a value"
            return (
                f"its function gave {gave} for every event that was tried{self._failure_sentence(code)}",
                False,
            )
        if what == "absent" and always_written(item, self._search.tree):
            return f"a policy always writes {item.key}", False
        return f"none of the {self._search.runner.tried:,} events tried reached it", False

    def _not_asked(self, item: ValueNode) -> str:
        for number, earlier in enumerate(item.before, 1):
            if not self._search.was_asked(item) and self._search.was_asked(earlier):
                return f"alternative {number} before it gave a value for every event that was tried"
        if item.around is not None:
            return f"it was never evaluated: it is inside {item.around.label}"
        return f"none of the {self._search.runner.tried:,} events tried evaluated it"

    def _of_code(self, code: MarkedCode, what: str, answer: str) -> str:
        return f"its {what} was never {answer} for any event that was tried{self._failure_sentence(code)}"

    def _failure_sentence(self, code: MarkedCode | None) -> str:
        """Return a sentence on how often a function threw; empty if never."""
        count, message = self._search.runner.failures(code) if code is not None else (0, "")
        return f"; it threw {count:,} times: {message}" if count else ""
