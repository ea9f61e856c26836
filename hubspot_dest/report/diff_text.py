"""Format the result of a comparison as text, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.amounts import amount, plural, verb
from hubspot_dest.diff.comparison import ChangeGroup, PlanComparison
from hubspot_dest.diff.json_difference import MISSING
from hubspot_dest.diff.plan_change import ChangeKind, PlanChange
from hubspot_dest.report.json_report import as_json, plain
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter

__all__ = ["DiffTitle", "change_record", "diff_lines", "diff_markdown", "diff_record", "diff_sentence"]

_MARKS: Final[dict[ChangeKind, tuple[str, int, str]]] = {
    "gain": ("▲", 32, "gain a call"),
    "lose": ("▼", 31, "lose a call"),
    "change": ("≈", 36, "change"),
}
_SHOWN_GROUPS: Final = 50
_SHOWN_CAUSES: Final = 8
_SHOWN_FIELDS: Final = 8
_VALUE: Final = 80
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")


@dataclass(frozen=True, slots=True)
class DiffTitle:
    """The names of what is compared.

    Attributes:
        old: the name of the old side.
        new: the name of the new side.
        events: the name of the source of the events.
        places: path of a cause to its place, such as `flow.json, line 12`; unknown places are left out.
        explained: path of a cause to an explanation, if its name does not explain it.
        differing: the paths of all differences, including those without effect.

    """

    old: str
    new: str
    events: str
    places: Mapping[str, str]
    explained: Mapping[str, str]
    differing: Sequence[str]

    def without_effect(self, comparison: PlanComparison) -> list[str]:
        """Return the differences that do not change the calls of any event."""
        return [text for text in self.differing if text not in comparison.effective_causes]


def diff_sentence(comparison: PlanComparison) -> str:
    """Summarise the result: `115 of 263 events change: 3 gain a call, 12 lose a call, 100 change`."""
    bad = f", {amount(comparison.bad_lines, 'bad line')}" if comparison.bad_lines else ""
    if not comparison.changed:
        return f"none of {_events(comparison.events)} changes{bad}"
    counts = comparison.kinds
    sentence = f"{comparison.changed:,} of {_events(comparison.events)} {verb(comparison.changed, 'change')}"
    if counts["change"] == comparison.changed:
        return f"{sentence}{bad}"  # no event gains or loses a call
    kinds = [
        f"{counts[kind]:,} {_in_number(counts[kind], words)}"
        for kind, (_, _, words) in _MARKS.items()
        if counts[kind]
    ]
    return f"{sentence}: {', '.join(kinds)}{bad}"


def diff_lines(comparison: PlanComparison, title: DiffTitle, painter: Painter) -> Iterator[str]:
    """Yield the lines of a comparison: every group of changes with its causes and an example."""
    yield f"{safe_text(title.old)} → {safe_text(title.new)}: {diff_sentence(comparison)}"
    groups = comparison.groups
    for group in groups[:_SHOWN_GROUPS]:
        yield ""
        yield from _group_lines(group, title, painter)
    if len(groups) > _SHOWN_GROUPS:
        yield ""
        yield f"… and {len(groups) - _SHOWN_GROUPS} more kinds of change; --json shows every event"
    yield from _notes(comparison, title)


def _group_lines(group: ChangeGroup, title: DiffTitle, painter: Painter) -> Iterator[str]:
    mark, colour, words = _MARKS[group.kind]
    head = painter.paint(f"{mark} {safe_text(group.name, limit=60)}", colour)
    yield f"{head}  {_events(group.count)} {_in_number(group.count, words)}"
    for cause in group.causes[:_SHOWN_CAUSES]:
        yield f"    because of {safe_text(_cause_text(cause, title), limit=300)}"
    if len(group.causes) > _SHOWN_CAUSES:
        yield f"    and {len(group.causes) - _SHOWN_CAUSES} more causes"
    for example in group.examples[:1]:
        where = f"line {example.number}" if example.number else "an event"
        yield painter.dim(f"    example: {where}  {safe_text(example.person, limit=60)}")
        if example.before != example.after:
            yield f"      was  {safe_text(example.before, limit=120)}"
            yield f"      now  {safe_text(example.after, limit=120)}"
        for difference in example.differences[:_SHOWN_FIELDS]:
            path = safe_text(difference.path, limit=60)
            yield f"      {path}: {_value(difference.expected)} → {_value(difference.actual)}"
        if len(example.differences) > _SHOWN_FIELDS:
            yield f"      … and {len(example.differences) - _SHOWN_FIELDS} more fields"


def _notes(comparison: PlanComparison, title: DiffTitle) -> Iterator[str]:
    if comparison.other_reasons:
        yield f"{_events(comparison.other_reasons)} with another rule or reason, but the same calls"
    if comparison.unstable:
        yield f"{_events(comparison.unstable)} left out: a function returns a different result each time"
    if comparison.more_groups:
        yield f"{_events(comparison.more_groups)} more that change, in too many groups to list"
    if idle := title.without_effect(comparison):
        more = f" and {len(idle) - _SHOWN_CAUSES} more" if len(idle) > _SHOWN_CAUSES else ""
        named = ", ".join(safe_text(text, limit=120) for text in idle[:_SHOWN_CAUSES])
        yield f"differences without effect on the calls of these events: {named}{more}"


def change_record(change: PlanChange) -> dict[str, Any]:
    """Return the `--json` record of a changed event."""
    return {
        "line": change.number or None,
        "event": change.name,
        "person": change.person or None,
        "change": change.kind,
        "was": change.before,
        "now": change.after,
        "causes": list(change.causes),
        "differences": [
            {
                "field": difference.path,
                "was": _json_value(difference.expected),
                "now": _json_value(difference.actual),
            }
            for difference in change.differences
        ],
    }


def diff_record(comparison: PlanComparison, title: DiffTitle) -> dict[str, Any]:
    """Return the `--json` summary of a comparison."""
    kinds = comparison.kinds
    return {
        "summary": True,
        "old": title.old,
        "new": title.new,
        "events": comparison.events,
        "badLines": comparison.bad_lines,
        "changed": comparison.changed,
        "kinds": {"gain": kinds["gain"], "lose": kinds["lose"], "change": kinds["change"]},
        "groups": [
            {
                "causes": list(group.causes),
                "change": group.kind,
                "event": group.name,
                "count": group.count,
                "fields": dict(group.fields),
                "examples": [change_record(example) for example in group.examples],
            }
            for group in comparison.groups
        ],
        "otherReasons": comparison.other_reasons,
        "unstable": comparison.unstable,
        "differences": list(title.differing),
        "withoutEffect": title.without_effect(comparison),
    }


def diff_markdown(comparison: PlanComparison, title: DiffTitle) -> Iterator[str]:
    """Yield the lines of a comment on a pull request, without personal data."""
    yield f"### What HubSpot would receive: {_escaped(title.old)} → {_escaped(title.new)}"
    yield ""
    yield f"**{diff_sentence(comparison)}** ({_escaped(title.events)})"
    groups = comparison.groups
    if groups:
        yield ""
        yield "| | event | events | because of | field | was | now |"
        yield "|---|---|--:|---|---|---|---|"
    for group in groups[:_SHOWN_GROUPS]:
        yield from _table_rows(group, title)
    if len(groups) > _SHOWN_GROUPS:
        yield ""
        yield f"… and {len(groups) - _SHOWN_GROUPS} more kinds of change."
    for note in _notes(comparison, title):
        yield ""
        yield _escaped(f"{note[:1].upper()}{note[1:]}.")


def _table_rows(group: ChangeGroup, title: DiffTitle) -> Iterator[str]:
    mark, _, words = _MARKS[group.kind]
    causes = "<br>".join(_escaped(_cause_text(cause, title)) for cause in group.causes[:_SHOWN_CAUSES])
    example = group.examples[0]
    fields = example.differences[:_SHOWN_FIELDS]
    cells = [f"{mark} {words}", _escaped(group.name), f"{group.count:,}", causes]
    if any(field.path in ("event", "contact") for field in fields):
        yield f"| {' | '.join(cells)} | call | {_escaped(example.before)} | {_escaped(example.after)} |"
        return
    for field in fields:
        yield (
            f"| {' | '.join(cells)} | {_escaped(field.path)} | {_escaped(_value(field.expected))} | "
            f"{_escaped(_value(field.actual))} |"
        )
        cells = ["", "", "", ""]
    if len(example.differences) > _SHOWN_FIELDS:
        yield f"| | | | | … {len(example.differences) - _SHOWN_FIELDS} more fields | | |"


def _cause_text(cause: str, title: DiffTitle) -> str:
    place, note = title.places.get(cause, ""), title.explained.get(cause, "")
    return f"{cause}{f' ({place})' if place else ''}{f': {note}' if note else ''}"


def _escaped(text: str) -> str:
    """Escape text for a cell of a Markdown table."""
    return _MARKDOWN.sub(r"\\\1", safe_text(text, limit=200)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _value(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = as_json(plain(value))
    if len(text) > _VALUE:
        return f"{safe_text(text, limit=_VALUE)} ({len(text):,} characters)"
    return safe_text(text)


def _json_value(value: Any) -> Any:
    return {"missing": True} if value is MISSING else {"value": plain(value)}


def _events(count: int) -> str:
    return f"{count:,} {plural(count, 'event')}"


def _in_number(count: int, words: str) -> str:
    """Return `gain a call`, or `gains a call` of one event."""
    first, _, rest = words.partition(" ")
    return f"{verb(count, first)} {rest}".rstrip()
