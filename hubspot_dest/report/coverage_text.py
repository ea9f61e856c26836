"""Format coverage as text: rules with their properties, events without a rule, calls and limits."""

from __future__ import annotations

from collections.abc import Iterator

from hubspot_dest.amounts import plural, verb
from hubspot_dest.config.model import SourceMap
from hubspot_dest.coverage.coverage import CoverageSummary
from hubspot_dest.coverage.rule_coverage import PropertyHits, RuleHits
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter

__all__ = ["coverage_lines", "coverage_sentence"]

_GREEN, _RED, _YELLOW = 32, 31, 33


def coverage_sentence(summary: CoverageSummary) -> str:
    """Summarise coverage: `coverage 87.5 %: 12 events exercise 14 of 16 rules and properties`."""
    reached, total = summary.targets
    events = f"{summary.events:,} {plural(summary.events, 'event')}"
    if summary.percent is None:
        return f"no coverage: {events}, but the configuration has neither rules nor properties"
    exercise = verb(summary.events, "exercise")
    return f"coverage {summary.percent:g} %: {events} {exercise} {reached} of {total} rules and properties"


def coverage_lines(
    summary: CoverageSummary, painter: Painter, source: SourceMap | None = None
) -> Iterator[str]:
    """Yield the lines of a coverage report.

    Args:
        summary: the coverage.
        painter: colours the text.
        source: the lines of the configuration in its file.

    """
    yield coverage_sentence(summary)
    parts = [f"{summary.matched_events:,} with a rule", f"{summary.unmatched_events:,} without a rule"]
    if summary.not_mapped:
        parts.append(f"{summary.not_mapped:,} not mapped (waiting for consent, or failed before)")
    yield f"events: {', '.join(parts)}"
    for rule in (summary.identify, *summary.rules):
        if rule is summary.identify and not (rule.contact or rule.hits):
            continue
        yield from _rule_lines(rule, painter, source)
    for title, group in (("default properties", summary.defaults), ("policy", summary.policy)):
        if group:
            yield title
            yield from (_property_line("", property_hits, painter) for property_hits in group)
    if summary.unmatched:
        yield "events without a rule"
        for unmatched in summary.unmatched:
            near = f"  nearest rule: {safe_text(unmatched.nearest, limit=60)}" if unmatched.nearest else ""
            apart = f" (differs only in {unmatched.apart})" if unmatched.apart else ""
            text = f"  {unmatched.count:>8,}  {safe_text(unmatched.name, limit=60)}{near}{apart}"
            yield painter.paint(text, _YELLOW)
    if summary.not_sent:
        yield "not sent"
        for not_sent in summary.not_sent:
            first = f", first in line {not_sent.line}" if not_sent.line is not None else ""
            why = f"{safe_text(not_sent.reason)}: {safe_text(not_sent.sentence, limit=120)}"
            yield f"  {not_sent.count:>8,}  {not_sent.kind} {why}{first}"
    if summary.contacts is not None:
        about = "about " if summary.contacts_estimated else ""
        note = " (estimated, standard error 0.8 %)" if summary.contacts_estimated else ""
        yield f"contacts: {about}{summary.contacts:,}{note}"
    contacts, events = (
        plural(summary.contact_calls, "contact call"),
        plural(summary.event_calls, "event call"),
    )
    yield f"calls: {summary.contact_calls:,} {contacts}, {summary.event_calls:,} {events}"
    yield "HubSpot's limits, at the rate of the events' timestamps"
    for limit in summary.limits:
        over = limit.used > limit.allowed
        when = f", busiest: {limit.period}" if limit.period else ""
        basis = "" if limit.basis == "documented" else f" ({limit.basis})"
        text = f"  {limit.share:>8.2f} %  {limit.used:,} of {limit.allowed:,} {limit.limit}{when}{basis}"
        yield painter.paint(text, _RED) if over else text


def _rule_lines(rule: RuleHits, painter: Painter, source: SourceMap | None) -> Iterator[str]:
    label = "every event's contact" if rule.key == "identify" else safe_text(rule.label)
    notes = f"  {safe_text(', '.join(rule.notes), limit=100)}" if rule.notes else ""
    if rule.hits:
        yield painter.paint(f"✓ {label}", _GREEN) + f"  {rule.hits:,}{notes}"
    else:
        line = source.line(rule.place) if source is not None else None
        where = f" ({safe_text(source.file)}, line {line})" if source is not None and line is not None else ""
        yield painter.paint(f"✗ {label}  never matched{where}{notes}", _RED)
    for prefix, group in (("", rule.properties), ("contact.", rule.contact)):
        for property_hits in group.values():
            yield _property_line(prefix, property_hits, painter)


def _property_line(prefix: str, property_hits: PropertyHits, painter: Painter) -> str:
    if not property_hits.asked:
        counts = "never evaluated"
    elif property_hits.never:
        counts = f"missing in all {property_hits.asked:,}"
    else:
        counts = f"resolved {property_hits.resolved:,} of {property_hits.asked:,}"
        counts += f", default {property_hits.defaulted:,}" if property_hits.defaulted else ""
        counts += f", missing {property_hits.missing:,}" if property_hits.missing else ""
    if property_hits.missing and property_hits.missing_line is not None:
        counts += f" (first in line {property_hits.missing_line})"
    examples = (
        "  " + ", ".join(f'"{safe_text(text, limit=30)}"' for text in property_hits.examples)
        if property_hits.examples
        else ""
    )
    name, source = safe_text(prefix + property_hits.name, limit=40), safe_text(property_hits.source, limit=60)
    text = f"    {name} ← {source}: {counts}"
    return (painter.paint(text, _RED) if property_hits.never else text) + painter.dim(examples)
