"""The question whether the configuration has mistakes, answered by lint."""

from __future__ import annotations

from typing import Any

from hubspot_dest.outcome import Outcome
from hubspot_dest.report.finding_text import count_sentence
from hubspot_dest.verify.catalogue import verify_finding
from hubspot_dest.verify.finding_groups import FindingGroups
from hubspot_dest.verify.result import SectionResult
from hubspot_dest.verify.section import VerifySubject, blocking_severities

__all__ = ["ConfigurationSection"]


class ConfigurationSection:
    """Report the findings of lint."""

    def __init__(self, subject: VerifySubject) -> None:
        self._subject = subject

    def add_event(self, event: Any, line: int) -> None:
        """Ignore events, which this question does not need."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore outcomes."""

    def close(self) -> SectionResult:
        """Return the findings of lint, or the reason why the configuration cannot be loaded."""
        subject = self._subject
        groups = FindingGroups("configuration", blocking_severities(subject.fail_on))
        for finding in subject.lint.findings:
            groups.add(finding)
        if not any(current_finding.severity != "doubtful" for current_finding in subject.lint.findings):
            for problem in subject.problems:
                groups.add(verify_finding("configuration_unusable", problem, file=subject.file))
        found = groups.findings
        return SectionResult(
            "configuration",
            "Is the configuration free of mistakes?",
            "failed" if groups.blocked or subject.problems else "passed",
            count_sentence([current_verify_finding.finding for current_verify_finding in found]),
            tuple(sorted(found, key=lambda candidate: (not candidate.blocking, candidate.finding.line or 0))),
            notes=subject.lint.notes,
            counts={"findings": len(found)},
        )
