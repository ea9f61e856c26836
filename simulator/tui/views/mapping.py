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
        without = (f"{compact(unmatched)} events without a rule", "warn" if unmatched else "dim")
        lines = [
            line(
                (f"{len(rules)} rules", "*text"),
                (f", {len(never)} never matched" if never else ", all of them matched", "warn" if never else "good"),
                *((", ", "dim"), without) * (width >= 56),
            ),
            line(without) if width < 56 else line(""),
        ]  # fmt: skip
        if hits.identify.contact:
            lines += self._rule(hits.identify, most, width, "every event's contact")
        for rule in rules:
            lines += self._rule(rule, most, width, ", ".join(rule.notes))
        return lines

    def _rule(self, rule: RuleHits, most: int, width: int, note: str) -> list[Line]:
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
        groups = (("", rule.properties), ("contact.", rule.contact))
        found = [(prefix, one) for prefix, group in groups for one in group.values()]
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
            lines += [line((f"── latest events of {key[0]} ", "accent"))]
            latest = self._latest(key[0])
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
        for name, number in hits.unmatched.most_common(30):
            lines.append(line((f" {compact(number):>7}  ", "*text"), (harmless(name, 60), "warn")))
        if not hits.unmatched:
            lines.append(line((" none", "good")))
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
