"""Group the findings of many events by cause, with the count and the first line of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from hubspot_dest.checks.finding import SEVERITIES, Finding, Severity
from hubspot_dest.verify.result import VerifyFinding

__all__ = ["FindingGroups"]

_MOST: Final = 1_000


class FindingGroups:
    """Group findings by code and cause, in at most 1,000 groups, so that memory does not grow with the events.

    Args:
        section: the section's name.
        blocking: the severities that block.

    """

    def __init__(self, section: str, blocking: Collection[Severity]) -> None:
        self._section = section
        self._blocking = blocking
        self._groups: dict[tuple[str, ...], VerifyFinding] = {}
        self._counts: dict[tuple[str, ...], int] = {}
        self.dropped = 0

    def add(self, finding: Finding, event_line: int | None = None, *cause: str) -> None:
        """Add a finding.

        Args:
            finding: the finding.
            event_line: the line of the event; None for a finding about the configuration.
            cause: distinguishes findings that have the same code and path in the configuration.

        """
        key = (finding.code, finding.config_path, *cause)
        if event_line is None:
            key = (*key, finding.file, str(finding.line), finding.sentence)
        if key in self._groups:
            self._counts[key] += 1
        elif len(self._groups) < _MOST:
            blocks = finding.severity in self._blocking
            self._groups[key] = VerifyFinding(self._section, finding, 1, event_line, blocks)
            self._counts[key] = 1
        else:
            self.dropped += 1

    @property
    def findings(self) -> tuple[VerifyFinding, ...]:
        """The findings, worst severity first, then most frequent first."""
        found = [replace(group, count=self._counts[key]) for key, group in self._groups.items()]
        return tuple(
            sorted(
                found,
                key=lambda verify_finding: (
                    SEVERITIES.index(verify_finding.finding.severity),
                    -verify_finding.count,
                ),
            )
        )

    @property
    def blocked(self) -> bool:
        """Whether any of the findings blocks."""
        return any(group.blocking for group in self._groups.values())
