"""The question which rules and properties the events exercise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.coverage.coverage import Coverage, CoverageSummary
from hubspot_dest.coverage.rule_coverage import RuleHits
from hubspot_dest.events.collector import Collector
from hubspot_dest.mapping.dialect import WALKEROS_4_7, dialect_of
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.coverage_text import coverage_sentence
from hubspot_dest.verify.catalogue import verify_finding
from hubspot_dest.verify.result import SectionResult, VerifyFinding
from hubspot_dest.verify.section import VerifySubject

__all__ = ["CoverageSection"]

_QUESTION: Final = "Do the events exercise enough of the mapping?"
_MOST_NAMES: Final = 20


class CoverageSection:
    """Count what the events exercise; this fails only below the percentage of `--fail-under`.

    Args:
        subject: the input of `verify`.
        config: the configuration.
        collector: the collector's state, which values may depend on.
        events: the name of the source of the events; empty without events.

    Attributes:
        summary: what the events exercised; None before `close`, and without events.

    """

    def __init__(self, subject: VerifySubject, config: Config, collector: Collector, events: str) -> None:
        self._subject = subject
        self._events = events
        self._coverage = Coverage(
            config.raw,
            collector=collector.view,
            limits=subject.account.limits,
            dialect=dialect_of(subject.walkeros) if subject.parity else WALKEROS_4_7,
        )
        self.summary: CoverageSummary | None = None

    def add_event(self, event: Any, line: int) -> None:
        """Ignore events; what they exercise follows from their plans."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Count what an event exercises."""
        self._coverage.count(outcome, line)

    def close(self) -> SectionResult:
        """Return the answer; unanswered without events."""
        if not self._events:
            answer = "there are no events: pass EVENTS to hubspot-dest verify"
            return SectionResult("coverage", _QUESTION, "unanswered", answer)
        self.summary = summary = self._coverage.summary()
        reached, every = summary.targets
        answer, findings = coverage_sentence(summary), self._shortfall(summary)
        if findings:
            answer += f", below --fail-under {self._subject.fail_under:g}"
        return SectionResult(
            "coverage",
            _QUESTION,
            "failed" if findings else "passed" if reached or not every else "unanswered",
            answer,
            findings,
            tuple(_notes(summary)),
            {"covered": reached, "targets": every, "withoutRule": summary.unmatched_events},
            _why_unexercised(summary),
        )

    def _shortfall(self, summary: CoverageSummary) -> tuple[VerifyFinding, ...]:
        minimum = self._subject.fail_under
        if minimum is None or (summary.percent or 0.0) >= minimum:
            return ()
        sentence = f"{coverage_sentence(summary)}; --fail-under requires {minimum:g} %"
        finding = verify_finding("coverage_low", sentence, file=self._subject.file)
        return (VerifyFinding("coverage", finding, blocking=True),)


def _why_unexercised(summary: CoverageSummary) -> str:
    """Return why the mapping was not exercised at all; empty if a rule was, or if there are no rules."""
    if not summary.rules or any(rule.hits for rule in summary.rules):
        return ""
    return "no event matched a rule of the mapping"


def _notes(summary: CoverageSummary) -> Iterator[str]:
    unmet = [rule.label for rule in summary.rules if not rule.hits]
    if unmet:
        yield f"rules that no event matched: {_some(unmet)}"
    empty = [text for rule in (*summary.rules, summary.identify) if rule.hits for text in _unresolved(rule)]
    if empty:
        yield f"properties without a value in any event: {_some(empty)}"
    if summary.unmatched:
        yield f"events without a rule: {_some([event.name for event in summary.unmatched])}"


def _unresolved(rule: RuleHits) -> Iterator[str]:
    if rule.ignores:
        return
    for name, property_hits in (*rule.properties.items(), *rule.contact.items()):
        if not property_hits.resolved:
            yield f"{rule.label}: {name}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
