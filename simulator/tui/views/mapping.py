"""Mapping: the configuration as a tree with hit counts; what was never reached is marked."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult

from simulator.engine.engine import Engine
from simulator.engine.hits import PropertyHits, RuleHits
from simulator.tui.cells import fit, harmless
from simulator.tui.jsonlines import json_lines
from simulator.tui.lines import Board, Choice, Line, LineView, line
from simulator.tui.meters import bar, compact
from simulator.tui.palette import SYMBOLS
from simulator.tui.views.view import View

__all__ = ["MappingView"]

_WRITES = ("queued", "flushed", "sent", "identified", "failed")  # outcomes of events that have a contact


class MappingView(View):
    """The rules on the left; what the chosen one did on the right."""

    searched = "part of a rule, a property, a path, an event's name"

    def __init__(self, engine: Engine, **options: object) -> None:
        super().__init__(engine, **options)
        self.tree_board = Choice(id="rules", classes="left")
        self.side = Board(id="rule", classes="right")

    def compose(self) -> ComposeResult:
        """Lay the tree beside the rule."""
        yield self.tree_board
        yield self.side

    def main(self) -> LineView:
        """Return the tree."""
        return self.tree_board

    def tick(self, beat: int) -> None:
        """Draw twice a second."""
        if beat % 5 == 0:
            self.tree_board.show(self._tree(self.tree_board.room))
            self._show_side()

    def on_line_view_moved(self, message: LineView.Moved) -> None:
        """Show another rule."""
        if message.view is self.tree_board:
            self._show_side()

    def _tree(self, width: int) -> list[Line]:
        hits = self.engine.ledger.hits
        rules = hits.all()
        most = max([rule.hits for rule in rules] + [hits.identify.hits, 1])
        never = [rule for rule in rules if not rule.hits]
        unmatched = sum(hits.unmatched.values())
        without = (
            f"{compact(unmatched)} event{'s' * (unmatched != 1)} without a rule",
            "warn" if unmatched else "dim",
        )
        # What a saved mapping would have made of earlier events counts as well: nobody wants to begin at zero.
        since = f"since the save, and {compact(hits.rehearsed)} events before" if hits.rehearsed else ""
        lines = [
            line(
                (f"{len(rules)} rule{'s' * (len(rules) != 1)}", "*text"),
                (f", {len(never)} never matched" if never else ", all of them matched", "warn" if never else "good"),
                *((", ", "dim"), without) * (width >= 56),
            ),
            *[line(without)] * (width < 56),
            *[line((since, "dim"))] * (width >= 56 or bool(since)),
        ]  # fmt: skip
        found = []
        if hits.identify.contact:
            found += self._rule(hits.identify, most, width, "every event's contact")
        for rule in rules:
            found += self._rule(rule, most, width, ", ".join(rule.notes))
        if not found:
            found = [line((" no rule is found" if self.search else " no rules", "faint"))]
        return lines + found

    def _rule(self, rule: RuleHits, most: int, width: int, note: str) -> list[Line]:
        groups = (("", rule.properties), ("contact.", rule.contact))
        every = [(prefix, one) for prefix, group in groups for one in group.values()]
        found = [(prefix, one) for prefix, one in every if self.finds(prefix + one.name, one.source)]
        if self.finds(rule.label, note):
            found = every  # a rule that is meant is shown whole
        elif not found:
            return []
        room = max(4, min(16, width // 6)) if width >= 56 else 4
        drawn = bar(rule.hits, most, room).ljust(room)
        name = fit(rule.label, 22 if width >= 56 else 18)
        rest = max(0, width - len(name) - room - 12)
        rest = rest if rest >= 10 else 0
        head = line(
            ("● " if rule.hits else "○ ", "good" if rule.hits else "warn"),
            (name, "*text" if rule.hits else "warn"),
            (f" {compact(rule.hits):>6} ", "*text" if rule.hits else "warn"),
            (drawn, "info"),
            (
                fit(f" {note}" if rule.hits else f" never matched  {note}", rest),
                "dim" if rule.hits else "warn",
            ),
            key=(rule.key, rule.index),
        )
        lines = [head]
        for number, (prefix, one) in enumerate(found, 1):
            lines.append(self._property(rule, prefix, one, width, last=number == len(found)))
        return lines

    def _property(self, rule: RuleHits, prefix: str, one: PropertyHits, width: int, *, last: bool) -> Line:
        never = one.never
        colour = "bad" if never else "text" if one.resolved else "faint"
        some = f"{compact(one.resolved)}" + (f" of {compact(one.asked)}" if one.resolved < one.asked else "")
        said = "never resolved" if never else some if rule.hits and one.asked else ""
        wide = width >= 56
        said = said if wide else "never" if never else said.partition(" ")[0]
        return line(
            (f"  {'└' if last else '├'} ", "faint"),
            (fit(prefix + one.name, 24 if wide else 18) + " ", colour),
            (f"{'✘ ' if never else ''}{said}".rjust(16 if wide else 8) + "  ", "bad" if never else "dim"),
            (fit(f"← {one.source}", width - 48) if wide else "", "faint"),
        )

    def _show_side(self) -> None:
        hits, width = self.engine.ledger.hits, self.side.room
        key: Any = self.tree_board.key
        lines: list[Line] = []
        if key is not None:
            lines += [line(("── the rule ", "accent")), *json_lines(hits.raw(*key), most=24), line("")]
            label = key[0] if key[1] is None else f"{key[0]} [{key[1] + 1}]"
            lines += [line((f"── latest events of {label} ", "accent"))]
            latest = self._latest(label)
            for row in latest:
                colour = self.palette.outcome(row.kind)
                lines.append(
                    line(
                        (f" {SYMBOLS[row.kind]} {row.kind:<10} ", colour),
                        (fit(row.name, 18 if width >= 44 else max(0, width - 15)) + " ", "text"),
                        (fit(row.person or "nobody", max(0, width - 35)) if width >= 44 else "", "dim"),
                    )
                )
            if not latest:
                lines.append(line((" none so far", "faint")))
            lines.append(line(""))
        lines.append(line(("── events that no rule matched ", "accent")))
        unmatched = [one for one in hits.unmatched.most_common() if self.finds(one[0])]
        for name, number in unmatched[:30]:
            lines.append(line((f" {compact(number):>7}  ", "*text"), (harmless(name, 60), "warn")))
        if len(unmatched) > 30:
            lines.append(line((f"         … and {len(unmatched) - 30} more", "faint")))
        if not unmatched:
            lines.append(line((" none is found", "faint") if hits.unmatched else (" none", "good")))
        self.side.show(lines)

    def _latest(self, key: str) -> list[Any]:
        found = []
        ring = self.engine.ring
        for number in range(ring.next - 1, max(ring.first, ring.next - 3000) - 1, -1):
            row = ring.get(number)
            if row is None or row.is_batch:
                continue
            if row.rule == key or (key == "identify" and row.kind in _WRITES):
                found.append(row)
                if len(found) == 12:
                    break
        return found
