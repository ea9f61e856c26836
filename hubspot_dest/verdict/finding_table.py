"""Group findings by reason: each with its count, its first line and its fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from hubspot_dest.checks.finding import SEVERITIES, Finding, Severity

__all__ = ["FailOn", "FindingTable", "FindingReason"]

FailOn = Literal["refused", "lost", "doubtful", "never"]
_MOST_REASONS: Final = 1_000


@dataclass(slots=True)
class FindingReason:
    """The findings of one check at one path of the configuration.

    Attributes:
        finding: the first finding.
        count: the number of findings.
        line: the input line of the first event; None for a finding that is not about an event.

    """

    finding: Finding
    count: int
    line: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the reason as written in the summary of `--json`."""
        return {
            "code": self.finding.code,
            "severity": self.finding.severity,
            "count": self.count,
            "firstLine": self.line,
            "sentence": self.finding.sentence,
            "fix": self.finding.fix,
            "configPath": self.finding.config_path or None,
        }


class FindingTable:
    """The findings of a run, grouped by reason; its size does not grow with the number of events."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], FindingReason] = {}
        self.severities: Counter[Severity] = Counter()

    def add(self, findings: Iterable[Finding], line: int | None) -> None:
        """Count the findings of one event.

        Args:
            findings: the findings of the checks.
            line: the input line of the event; None for findings that are not about an event.

        """
        for finding in findings:
            self.severities[finding.severity] += 1
            key = (finding.code, finding.config_path)
            reason = self._reasons.get(key)
            if reason is not None:
                reason.count += 1
            elif len(self._reasons) < _MOST_REASONS:
                self._reasons[key] = FindingReason(finding, 1, line)

    @property
    def reasons(self) -> list[FindingReason]:
        """The reasons, worst severity first, then most frequent first."""
        order = {severity: number for number, severity in enumerate(SEVERITIES)}
        return sorted(
            self._reasons.values(),
            key=lambda reason: (order[reason.finding.severity], -reason.count, reason.finding.code),
        )

    def fails(self, fail_on: FailOn) -> bool:
        """Return whether there is a finding at least as severe as `fail_on`."""
        if fail_on == "never":
            return False
        failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return any(self.severities[severity] for severity in failing)
