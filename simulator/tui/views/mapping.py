"""Mapping: the configuration as a tree with hit counts; what was never reached is marked."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.message import Message

from hubspot_dest.amounts import plural
from hubspot_dest.coverage.rule_coverage import PropertyHits, RuleHits
from simulator.engine.coverage_filters import filter_of_rule, filter_of_unmatched
from simulator.engine.engine import Engine
from simulator.tui.views.view import View
from simulator.tui.widgets.lines import Choice, LineList, LineView, TextLine, line
from simulator.tui.widgets.meters import bar, compact
from simulator.tui.widgets.rule_detail import MappingSelection, side_lines
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["MappingView"]

_FOR_ALL = {"policy": "policy, for every event", "defaultProperties": "default properties"}


class MappingView(View):
    """The rules on the left; what the chosen one did on the right."""

    class Wanted(Message):
        """The events of a line are wanted.

        Args:
            filter_text: the filter that shows them; empty if it would show all.

        """

        def __init__(self, filter_text: str) -> None:
            super().__init__()
            self.filter_text = filter_text

    searched = "part of a rule, a property, a path, an event's name"

    def __init__(self, engine: Engine, **options: object) -> None:
        super().__init__(engine, **options)
        self.rules = Choice(id="rules", classes="left")
        self.side = LineList(id="rule", classes="right")

    def compose(self) -> ComposeResult:
        """Lay out the tree and the chosen rule."""
        yield self.rules
        yield self.side

    def main(self) -> LineView:
        """Return the tree."""
        return self.rules

    def tick(self, beat: int) -> None:
        """Draw twice a second."""
        if beat % 5 == 0:
            self.rules.show(self._tree(self.rules.room))
            self._show_side()

    def on_line_view_moved(self, message: LineView.Moved) -> None:
        """Show another rule."""
        if message.view is self.rules:
            self._show_side()

    def on_line_view_chosen(self, message: LineView.Chosen) -> None:
        """Ask for the events of a line."""
        chosen: MappingSelection | None = self.rules.key
        if message.view is not self.rules or chosen is None:
            return
        hits = self.engine.event_log.coverage
        if chosen.kind == "event":
            wanted = filter_of_unmatched(chosen.key)
        elif chosen.key in _FOR_ALL:
            wanted = ""
        else:
            rules = (hits.identify, *hits.all())
            rule = next(
                (
                    rule_hits
                    for rule_hits in rules
                    if (rule_hits.key, rule_hits.index) == (chosen.key, chosen.index)
                ),
                None,
            )
            wanted = filter_of_rule(rule, chosen.name) if rule is not None else ""
        self.post_message(self.Wanted(wanted))

    def bring_rule(self, label: str) -> bool:
        """Put the cursor on a rule, if the mapping has it."""
        rule = next(
            (rule_hits for rule_hits in self.engine.event_log.coverage.all() if rule_hits.label == label),
            None,
        )
        return rule is not None and self._bring(MappingSelection("rule", rule.key, rule.index))

    def bring_unmatched(self, name: str) -> bool:
        """Put the cursor on the name of events that no rule matched."""
        return self._bring(MappingSelection("event", name))

    def _bring(self, wanted: MappingSelection) -> bool:
        board = self.rules
        self.search = ""  # what is brought must not be hidden
        board.show(self._tree(board.room))
        found = next((index for index, text_line in enumerate(board.lines) if text_line.key == wanted), None)
        if found is not None:
            board.go(found)
            board.call_after_refresh(board.reveal)
            self._show_side()
        return found is not None

    def _tree(self, width: int) -> list[TextLine]:
        hits = self.engine.event_log.coverage
        rules = hits.all()
        most = max([rule.hits for rule in rules] + [hits.identify.hits, 1])
        never = [rule for rule in rules if not rule.hits]
        unmatched = sum(hits.unmatched.values())
        without = (
            f"{compact(unmatched)} event{'s' * (unmatched != 1)} without a rule",
            "warn" if unmatched else "dim",
        )
        # Earlier events count as the saved mapping would have treated them, so that figures do not start at zero.
        again = f"{compact(hits.planned_again)} {plural(hits.planned_again, 'event')}"
        since = f"since the save, and {again} before" if hits.planned_again else ""
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
        if hits.identify.contact or hits.raw("identify", None) is not None:
            found += self._rule(hits.identify, most, width, "every event's contact")
        for rule in rules:
            found += self._rule(rule, most, width, ", ".join(rule.notes))
        if not found:
            found = [line((" no rule matches" if self.search else " no rules", "faint"))]
        for key, group in (("policy", hits.policy), ("defaultProperties", hits.defaults)):
            found += self._section(key, group, width)
        names = [pair for pair in hits.unmatched.most_common() if self.finds(pair[0])]
        if names:
            found.append(line(("events without a rule", "warn")))
        for name, number in names:
            said = f"  {compact(number):>6}  "
            found.append(
                line(
                    (said, "*text"),
                    (harmless(name, max(0, width - len(said))), "warn"),
                    key=MappingSelection("event", name),
                )
            )
        return lines + found

    def _section(self, key: str, group: dict[str, PropertyHits], width: int) -> list[TextLine]:
        """Return what is for every event: the policy, or the default properties."""
        every = list(group.values())
        title = _FOR_ALL[key]
        found = (
            every
            if self.finds(title)
            else [
                property_hits
                for property_hits in every
                if self.finds(property_hits.name, property_hits.source)
            ]
        )
        if not found:
            return []
        asked = any(property_hits.asked for property_hits in every)
        lines = [
            line(
                ("● " if asked else "○ ", "good" if asked else "faint"),
                (title, "*text"),
                key=MappingSelection("rule", key),
            )
        ]
        for number, property_hits in enumerate(found, 1):
            lines.append(self._property(key, None, "", property_hits, width, last=number == len(found)))
        return lines

    def _rule(self, rule: RuleHits, most: int, width: int, note: str) -> list[TextLine]:
        groups = (("", rule.properties), ("contact.", rule.contact))
        every = [(prefix, property_hits) for prefix, group in groups for property_hits in group.values()]
        found = [
            (prefix, property_hits)
            for prefix, property_hits in every
            if self.finds(prefix + property_hits.name, property_hits.source)
        ]
        if self.finds(rule.label, note):
            found = every  # a rule that the search names is shown completely
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
            key=MappingSelection("rule", rule.key, rule.index),
        )
        lines = [head]
        for number, (prefix, property_hits) in enumerate(found, 1):
            last = number == len(found)
            lines.append(self._property(rule.key, rule.index, prefix, property_hits, width, last=last))
        return lines

    def _property(
        self, key: str, index: int | None, prefix: str, property_hits: PropertyHits, width: int, *, last: bool
    ) -> TextLine:
        never = property_hits.never
        colour = "bad" if never else "text" if property_hits.present else "faint"
        some = f"{compact(property_hits.present)}" + (
            f" of {compact(property_hits.asked)}" if property_hits.missing else ""
        )
        said = "never resolved" if never else some if property_hits.asked else ""
        if property_hits.asked and property_hits.defaulted == property_hits.asked:
            said = "always default"
        wide = width >= 56
        said = said if wide else "never" if never else said.partition(" ")[0]
        return line(
            (f"  {'└' if last else '├'} ", "faint"),
            (fit(prefix + property_hits.name, 24 if wide else 18) + " ", colour),
            (f"{'✘ ' if never else ''}{said}".rjust(16 if wide else 8) + "  ", "bad" if never else "dim"),
            (fit(f"← {property_hits.source}", width - 48) if wide else "", "faint"),
            key=MappingSelection("rule", key, index, prefix + property_hits.name),
        )

    def _show_side(self) -> None:
        self.side.show(side_lines(self.engine, self.rules.key, self.side.room, self.palette))
