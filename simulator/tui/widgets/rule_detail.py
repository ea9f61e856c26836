"""The details of a line of the mapping: the rule as configured, its latest events, and similar event names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hubspot_dest.coverage.nearest_rule import nearest_rules
from hubspot_dest.coverage.rule_coverage import NO_RULE_SOUGHT
from hubspot_dest.mapping.rules import label_of, rules_of
from hubspot_dest.planning.plan import Plan
from simulator.engine.alternatives import alternatives, failing_rule
from simulator.engine.coverage_filters import filter_of_rule, filter_of_unmatched
from simulator.engine.engine import Engine
from simulator.engine.row_filter import exactly, parse_filter
from simulator.engine.rows import Row
from simulator.tui.theme import SYMBOLS, Palette
from simulator.tui.widgets.json_lines import json_lines
from simulator.tui.widgets.lines import TextLine, line
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["MappingSelection", "choice_lines", "near_lines", "side_lines"]

_ANSWERS = {
    "matched": ("✔", "good"),
    "false": ("✘", "warn"),
    "failed": ("!", "bad"),
    "never asked": ("·", "faint"),
}
_TITLES = {
    "policy": "the policy",
    "defaultProperties": "the default properties",
    "identify": "every event's contact",
}


@dataclass(frozen=True, slots=True)
class MappingSelection:
    """What a line of the mapping refers to.

    Attributes:
        kind: a rule or a section, or events that no rule matched.
        key: the rule's key, the section's, or the events' name.
        index: the rule's position in a list.
        name: one of its properties, or empty.

    """

    kind: Literal["rule", "event"]
    key: str
    index: int | None = None
    name: str = ""


def side_lines(
    engine: Engine, chosen: MappingSelection | None, width: int, palette: Palette
) -> list[TextLine]:
    """Return the details shown beside the mapping.

    Args:
        engine: whose mapping it is.
        chosen: the line that was chosen.
        width: cells.
        palette: the colours.

    """
    hits = engine.event_log.coverage
    if chosen is not None and chosen.kind == "event":
        lines = [line((harmless(chosen.key, 80), "*text")), line(("no rule matched it", "warn")), line("")]
        lines += near_lines(chosen.key, [rule.key for rule in hits.all()])
        lines += [line(("── its latest events ", "accent"))]
        return lines + _latest(engine, filter_of_unmatched(chosen.key), width, palette)
    lines = []
    if chosen is not None:
        key = chosen.key
        title = _TITLES.get(key, "the rule")
        lines += [
            line((f"── {title} ", "accent")),
            *json_lines(hits.raw(key, chosen.index), most=24),
            line(""),
        ]
        label = label_of(key, chosen.index)
        if key in ("policy", "defaultProperties"):
            said = "written into every event, before a rule is matched"
            if key == "defaultProperties":
                said = "in every event that is sent, unless its rule overrides it"
            lines.append(line((f" {said}", "dim")))
        else:
            lines += [line((f"── latest events of {label} ", "accent"))]
            wanted = filter_of_rule(hits.identify) if key == "identify" else exactly("rule", label)
            lines += _latest(engine, wanted, width, palette)
    return lines


def choice_lines(engine: Engine, row: Row, plan: Plan, width: int) -> list[TextLine]:
    """Return what each rule that could have matched an event answered, and the nearest rules if none matched."""
    if plan.reason == "mapping_error":
        label = failing_rule(
            engine.configs[row.generation],
            row.seen_event(),
            int(row.at * 1000),
            parity=engine.parity,
            walkeros=engine.walkeros,
        )
        return [line(("it failed at the rule ", "dim"), (harmless(label, 80), "bad"))] if label else []
    if plan.reason in NO_RULE_SOUGHT:
        return []
    mapping = engine.configs[row.generation].raw.get("mapping")
    # A policy may have given the event the name by which its rule was looked for; a rule that won, another since.
    looked_for = row.name if plan.rule_key else str(plan.event.get("name", row.name))
    found = alternatives(mapping, looked_for, plan)
    lines: list[TextLine] = []
    if found:
        title = "── which rule "
        lines += [line(""), line((title, "accent"), ("─" * max(0, width - len(title) - 1), "panel"))]
    for alternative in found:
        mark, colour = _ANSWERS[alternative.answer]
        asked = "" if alternative.answer == "never asked" else alternative.condition
        said = {
            "matched": "holds" if asked else "no condition",
            "false": "false",
            "failed": "failed",
            "never asked": "never asked",
        }
        lines.append(
            line(
                (f" {mark} ", f"*{colour}"),
                (
                    fit(alternative.label, min(28, max(12, width // 3))),
                    "text" if alternative.answer == "matched" else "dim",
                ),
                (f" {said[alternative.answer]}", colour),
                (f"  {harmless(asked, 300)}" if asked else "", "faint"),
            )
        )
    if not plan.rule_key and isinstance(mapping, dict):
        near = near_lines(looked_for, [entry.key for entry in rules_of(mapping)])
        lines += [line(""), *near[:-1]] if near else []
    return lines


def near_lines(name: str, keys: list[str]) -> list[TextLine]:
    """Return the rules that are written almost like an event's name, if there are any."""
    near = nearest_rules(name, keys)
    if not near:
        return []
    lines = [line(("── rules with the nearest names ", "accent"))]
    for current_near in near:
        apart = f"  only {current_near.apart} apart" if current_near.apart else ""
        lines.append(line((f" {harmless(current_near.key, 60)}", "info"), (apart, "warn")))
    return [*lines, line("")]


def _latest(engine: Engine, wanted: str, width: int, palette: Palette) -> list[TextLine]:
    """Return the latest events that match a filter: those that Enter shows."""
    lines, ring, takes = [], engine.ring, parse_filter(wanted)
    for number in range(ring.next - 1, max(ring.first, ring.next - 3000) - 1, -1):
        row = ring.get(number)
        if row is None or row.is_batch or takes is None or not takes(row):
            continue
        lines.append(
            line(
                (f" {SYMBOLS[row.state]} {row.state:<10} ", palette.outcome(row.state)),
                (fit(row.name, 18 if width >= 44 else max(0, width - 15)) + " ", "text"),
                (fit(row.person or "anonymous", max(0, width - 35)) if width >= 44 else "", "dim"),
            )
        )
        if len(lines) == 12:
            break
    return lines or [line((" none so far", "faint"))]
