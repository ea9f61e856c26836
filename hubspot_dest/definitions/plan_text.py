"""Format a definitions plan as a table: event, property, type, sample, configuration line, state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.amounts import verb
from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedEvent, PlannedProperty, State
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter

__all__ = ["plan_lines", "plan_records", "plan_sentence", "size_text"]

_HEAD: Final = ("event", "property", "type", "sample", "from", "state")
_WIDEST: Final = (46, 40, 9, 32, 60, 12)
_RED, _GREEN, _YELLOW = 31, 32, 33
_COLOURS: Final[dict[State, int]] = {
    "needed": _YELLOW,
    "missing": _YELLOW,
    "present": _GREEN,
    "conflict": _RED,
    "impossible": _RED,
}
_STATES: Final[dict[State, str]] = {
    "needed": "needed",
    "missing": "missing",
    "present": "there",
    "conflict": "conflict",
    "impossible": "impossible",
}


def plan_lines(plan: DefinitionsPlan, painter: Painter) -> Iterator[str]:
    """Yield the lines of the table, then conflicts and impossible names, then what cannot be determined."""
    rows = [_cells(name, item) for name, item in _rows(plan)]
    if rows:
        widths = [
            min(max(len(row[column]) for row in (_HEAD, *rows)), _WIDEST[column])
            for column in range(len(_HEAD))
        ]
        yield painter.dim(_line(_HEAD, widths).rstrip())
        for (_, planned), row in zip(_rows(plan), rows, strict=True):
            cells = _line(row[:-1], widths)
            yield f"{cells}  {painter.paint(row[-1], _COLOURS[planned.state])}"
    causes: dict[tuple[str, str, str], list[str]] = {}
    for name, current_row in _rows(plan):
        if current_row.sentence and current_row.state in ("conflict", "impossible"):
            subject = name if isinstance(current_row, PlannedEvent) else f"{name}.{current_row.name}"
            cause = (current_row.state, current_row.sentence, current_row.fix)
            causes.setdefault(cause, []).append(subject)
    for (state, sentence, fix), subjects in causes.items():
        others = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
        yield f"{state}: {safe_text(subjects[0])}{others}: {safe_text(sentence)}"
        if fix:
            yield f"    fix: {safe_text(fix)}"
    for sentence in plan.unknown:
        yield f"unknown: {safe_text(sentence)}"


def plan_size(plan: DefinitionsPlan) -> str:
    """Say how much a plan has: `5 events with 11 properties, and 2 contact properties`."""
    of_events = sum(len(event.properties) for event in plan.events)
    return size_text(len(plan.events), of_events, 0, len(plan.contact_properties))


def size_text(events: int, of_events: int, added: int, of_contacts: int) -> str:
    """Say how many definitions and properties there are.

    Args:
        events: the number of event definitions.
        of_events: the number of their properties.
        added: the number of properties of other event definitions.
        of_contacts: the number of contact properties.

    """
    parts = []
    if events:
        properties = f" with {_count(of_events, 'property')}" if of_events else ""
        parts.append(f"{_count(events, 'event')}{properties}")
    if added:
        parts.append(_count(added, "event property"))
    if of_contacts:
        parts.append(_count(of_contacts, "contact property"))
    return (", and " if of_events else " and ").join(parts) or "0 events and 0 properties"


def plan_sentence(plan: DefinitionsPlan) -> str:
    """Summarise the plan in one sentence."""
    every = len(plan.events) + sum(1 for _ in plan.properties())
    total = plan_size(plan)
    missing = plan.count("missing")
    counts = ((plan.count("conflict"), "in conflict"), (plan.count("impossible"), "impossible"))
    wrong = ", ".join(f"{number} of them {verb(number, 'are')} {name}" for number, name in counts if number)
    if not plan.account:
        sentence = f"{total} must exist before the first event is sent"
    elif missing == every:
        sentence = f"{total}: {plan.account} has none of them"
    elif missing:
        sentence = f"{total}: {plan.account} lacks {missing} of them"
    elif plan.count("needed"):
        sentence = f"{total} are needed; it is unknown whether {plan.account} has all of them"
    elif wrong:
        sentence = f"{total} in {plan.account}: nothing can be created"
    else:
        sentence = f"{total}: {plan.account} has all of them"
    return f"{sentence}; {wrong}" if wrong else sentence


def plan_records(plan: DefinitionsPlan) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table for `--json`; an event is a row without a property."""
    for event in plan.events:
        row = event.as_dict()
        properties = row.pop("properties")
        yield {**row, "property": None}
        for item in properties:
            yield {"event": event.full_name, **item}
    for prop in plan.contact_properties:
        yield {"event": None, "object": "contact", **prop.as_dict()}


def _rows(plan: DefinitionsPlan) -> Iterator[tuple[str, PlannedEvent | PlannedProperty]]:
    for event in plan.events:
        yield event.full_name, event
        for prop in event.properties:
            yield event.full_name, prop
    for prop in plan.contact_properties:
        yield "(contact)", prop


def _cells(name: str, row: PlannedEvent | PlannedProperty) -> tuple[str, ...]:
    place = row.config_path if not row.file else row.file if row.line is None else f"{row.file}:{row.line}"
    if isinstance(row, PlannedEvent):
        events = f"{row.events:,} event{'' if row.events == 1 else 's'}" if row.events else ""
        cells = (name, "", "", events, place)
    else:
        kind = row.declared_type or (row.type if row.certain else f"{row.type}?")
        cells = (name, row.name, kind, row.sample or "", place)
    return (*(safe_text(cell) for cell in cells), _STATES[row.state])


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    shown = (
        (cell if len(cell) <= width else f"{cell[: width - 1]}…").ljust(width)
        for cell, width in zip(cells, widths, strict=False)
    )
    return "  ".join(shown)


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
