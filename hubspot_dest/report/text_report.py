"""Format results as text: a symbol, a kind and a colour for each outcome, and the origin of every value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.checks.finding import Finding
from hubspot_dest.mapping.evaluation import Trace
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, to_string
from hubspot_dest.outcome import Outcome, person_of
from hubspot_dest.report.json_report import as_json, plain
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.verdict.finding_table import FindingReason

__all__ = ["Painter", "finding_lines", "outcome_lines", "reason_lines", "trace_lines"]

# Symbol and ANSI colour; the word for the outcome is always printed, too.
_LOOKS: Final = {
    "sent": ("✓", 32),
    "identified": ("◆", 36),
    "queued": ("…", 34),
    "flushed": ("⇒", 32),
    "skipped": ("-", 33),
    "ignored": ("·", 90),
    "denied": ("◌", 33),
    "failed": ("✗", 31),
    "refused": ("✗", 31),
}
_WIDTH: Final = 140
_BATCH_CALLS: Final = ("events.send.batchApi.send", "crm.contacts.batchApi.upsert")
_SEVERITY_COLOURS: Final = {"refused": 31, "lost": 31, "doubtful": 33}
_WITHOUT_CONTACT: Final = frozenset({"email_invalid", "email_reserved", "object_id_not_number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Painter:
    """Add ANSI colours to text, or leave it plain.

    Attributes:
        colour: whether to add colours; meaning never depends on colour alone.

    """

    colour: bool

    def paint(self, text: str, code: int) -> str:
        """Return `text` in an ANSI colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """Return `text` dimmed."""
        return self.paint(text, 2)


def outcome_lines(outcome: Outcome, where: str, painter: Painter, *, explain: bool = False) -> Iterator[str]:
    """Yield the lines of an outcome: kind and reason, calls, walkerOS' behaviour, trace."""
    symbol, colour = _LOOKS[outcome.kind]
    if symbol == "✓" and any(item.code in _WITHOUT_CONTACT for item in outcome.findings):
        symbol, colour = "?", 33  # HubSpot may accept it, but without a contact
    head = painter.paint(f"{symbol} {outcome.kind:<10}", colour)
    person = safe_text(person_of(outcome), limit=40)
    rule = f"  rule '{safe_text(outcome.rule_key)}'" if outcome.rule_key else ""
    name = safe_text(outcome.name or _unnamed(outcome), limit=40)
    yield f"{head} {where:>8}  {name}{'  ' + person if person else ''}{painter.dim(rule)}"
    if outcome.kind not in ("sent", "flushed") or not outcome.ok:
        yield f"             {safe_text(outcome.reason)}: {safe_text(outcome.sentence, limit=300)}"
    for part in outcome.batched:
        yield f"             in {safe_text(part[0])} with others: {_arguments(part)}"
    for call in outcome.calls if outcome.kind != "queued" else _queued_call(outcome):
        yield f"             {safe_text(call[0])} {_arguments(call)}".rstrip()
    for issue in outcome.issues:
        if issue.message != outcome.sentence:
            yield painter.paint(f"             {issue.level.lower()}: {safe_text(issue.text, limit=300)}", 33)
    for finding in outcome.findings:
        yield from finding_lines(finding, painter)
    for note in outcome.walkeros_notes:
        yield painter.paint(f"             {safe_text(note, limit=300)}", 35)
    if explain and outcome.plan is not None:
        for trace in outcome.plan.trace or ():
            yield from trace_lines(trace, "             ", painter)


def finding_lines(finding: Finding, painter: Painter) -> Iterator[str]:
    """Yield the lines of a finding: severity, code and sentence, then fix and place."""
    by = " by walkerOS" if finding.by == "walkeros" else ""
    head = painter.paint(f"{finding.severity}{by}", _SEVERITY_COLOURS[finding.severity])
    yield f"             {head} {finding.code}: {safe_text(finding.sentence, limit=300)}"
    where = safe_text(finding.config_path) if finding.config_path else ""
    if finding.line is not None and finding.config_path:
        where = f"{safe_text(finding.file)}, line {finding.line}: {where}"
    fix = safe_text(finding.fix, limit=200)
    yield painter.dim(f"               → {fix}{f' ({where})' if where else ''}")


def reason_lines(reasons: Sequence[FindingReason]) -> Iterator[str]:
    """Yield the lines of a table of reasons: severity, code, count, first line, fix."""
    if not reasons:
        return
    rows = [
        (
            reason.finding.severity,
            reason.finding.code,
            str(reason.count),
            "" if reason.line is None else str(reason.line),
            safe_text(reason.finding.fix, limit=120),
        )
        for reason in reasons
    ]
    head = ("severity", "reason", "count", "first line", "fix")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(4)]
    for row in (head, *rows):
        yield "  ".join(
            [*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[4]]
        ).rstrip()


def _queued_call(outcome: Outcome) -> tuple[list[Any], ...]:
    occurrence = outcome.plan.occurrence if outcome.plan is not None else None
    return outcome.calls if occurrence is None else (*outcome.calls, ["in the batch", occurrence])


def _arguments(call: list[Any]) -> str:
    if call[0] in _BATCH_CALLS and len(call) > 1 and "inputs" in call[1]:
        return f"{{{amount(len(call[1]['inputs']), 'input')}}}"
    return " ".join(safe_text(as_json(plain(argument)), limit=600) for argument in call[1:])


def _unnamed(outcome: Outcome) -> str:
    """Return a name for an outcome that is not about a single event; only several events are called a batch."""
    if len(outcome.events) > 1:
        return f"batch of {len(outcome.events)}"
    if outcome.kind == "identified" or outcome.reason == "contact_failed":
        return "contact"
    return "event" if outcome.events or outcome.event_id else "delivery"


def trace_lines(trace: Trace, indent: str, painter: Painter, *, as_text: bool = False) -> Iterator[str]:
    """Yield `revenue ← key data.total ← 99.5 → "99.5"`, with nested steps indented.

    Args:
        trace: the origin of one value.
        indent: prefix of every line.
        painter: colours the text.
        as_text: whether to show the text that HubSpot receives.

    """
    name = safe_text(trace.name) if trace.name else "·"
    result = "nothing" if trace.result is UNDEFINED else safe_text(as_json(plain(trace.result)), limit=_WIDTH)
    notes = f"  ({'; '.join(safe_text(note, limit=80) for note in trace.notes)})" if trace.notes else ""
    text = _text(trace.result) if as_text else ""
    yield f"{indent}{name} ← {safe_text(trace.step, limit=80)} ← {result}{text}{painter.dim(notes)}"
    for step in trace.steps:
        yield from trace_lines(step, indent + "  ", painter, as_text=trace.name == "properties")


def _text(value: Any) -> str:
    if value is UNDEFINED or value is None or isinstance(value, str):
        return ""
    try:
        return f' → "{safe_text(to_string(value), limit=80)}"'
    except JsTypeError as error:
        return f" → fails: {error}"
