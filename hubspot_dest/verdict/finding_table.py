"""Count findings, and show each reason once: how often, where first, what to do."""

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
    """One reason: a check and the place in the configuration that it found something at.

    Attributes:
        finding: the first one.
        count: how many events have it.
        line: the line of the first event; None where it is of no event.

    """

    finding: Finding
    count: int
    line: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the reason as `--json` shows it in the summary."""
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
    """The findings of one run, grouped; its size does not grow with the number of events."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], FindingReason] = {}
        self.severities: Counter[Severity] = Counter()

    def add(self, findings: Iterable[Finding], line: int | None) -> None:
        """Count the findings of one event.

        Args:
            findings: the findings of the checks.
            line: its line; None for what is of no event.

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
        """Every reason, the worst severity first, then the most frequent."""
        order = {severity: number for number, severity in enumerate(SEVERITIES)}
        return sorted(
            self._reasons.values(),
            key=lambda reason: (order[reason.finding.severity], -reason.count, reason.finding.code),
        )

    def fails(self, fail_on: FailOn) -> bool:
        """Tell whether anything was found that is as severe as `fail_on`, or worse."""
        if fail_on == "never":
            return False
        severe = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return any(self.severities[text] for text in severe)
