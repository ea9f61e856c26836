"""Whether the events exercise every rule: of a rule that no event met, nothing is proved."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.coverage.coverage import Coverage, CoverageSummary
from hubspot_dest.events.collector import Collector
from hubspot_dest.mapping.dialect import WALKEROS_4_7, dialect_of
from hubspot_dest.outcome import Outcome
from hubspot_dest.verify.result import SectionResult
from hubspot_dest.verify.section import VerifySubject

__all__ = ["CoverageSection"]

_QUESTION: Final = "Do the events exercise every rule?"
_NAMED: Final = 10


class CoverageSection:
    """Counts what the events exercise.

    Args:
        subject: what is verified.
        config: its configuration.
        events: the name of their source.

    Attributes:
        summary: what they exercised, after the end.

    """

    def __init__(self, subject: VerifySubject, config: Config, events: str) -> None:
        collector = Collector.begun(config.collector, now_ms=lambda: 0, consent=dict(subject.consent))
        self._coverage = Coverage(
            config.raw,
            collector=collector.view,
            limits=subject.account.limits,
            dialect=dialect_of(subject.walkeros) if subject.parity else WALKEROS_4_7,
        )
        self._events = events
        self.summary: CoverageSummary | None = None

    def add_event(self, event: Any, line: int) -> None:
        """Ignore events as they come: their outcomes count."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Count an outcome."""
        self._coverage.count(outcome, line)

    def close(self) -> SectionResult:
        """Return the answer; unanswered where a rule met no event."""
        self.summary = summary = self._coverage.summary()
        reached, every = summary.targets
        counts = {"covered": reached, "targets": every, "withoutRule": summary.unmatched_events}
        unmet = [rule.label for rule in summary.rules if not rule.hits]
        notes = []
        if summary.unmatched:
            names = ", ".join(event.name for event in summary.unmatched[:_NAMED])
            notes.append(f"events without a rule: {summary.unmatched_events:,} ({names})")
        if not summary.rules:
            said = "the configuration has no rules: events go out by their own names"
            return SectionResult("coverage", _QUESTION, "passed", said, notes=tuple(notes), counts=counts)
        share = f"{reached} of {every} rules and properties are exercised"
        if not unmet:
            said = f"every rule met an event; {share}"
            return SectionResult("coverage", _QUESTION, "passed", said, notes=tuple(notes), counts=counts)
        more = f" and {len(unmet) - _NAMED} more" if len(unmet) > _NAMED else ""
        said = f"no event of {self._events} met {', '.join(unmet[:_NAMED])}{more}; {share}"
        return SectionResult("coverage", _QUESTION, "unanswered", said, notes=tuple(notes), counts=counts)
