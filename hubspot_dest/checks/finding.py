"""Findings: what a check reports about a plan or a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["SEVERITIES", "By", "Evidence", "Finding", "Severity", "Violation", "worst"]

Severity = Literal["refused", "lost", "doubtful"]
By = Literal["walkeros", "both"]
Evidence = Literal["SPEC", "DOC", "CAP", "2ND", "INFER", "GAP", "WALKEROS"]

SEVERITIES: Final[tuple[Severity, ...]] = ("refused", "lost", "doubtful")
"""All severities, the worst first."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A value that breaks one of HubSpot's rules, before its request is known.

    Attributes:
        code: the check's code.
        sentence: what is wrong.
        fix: what to do about it.
        path: where in the checked object: `properties.note`; empty for the object itself.
        hubspot_code: HubSpot's own code where it has one: `INVALID_OPTION`.
        hubspot_message: HubSpot's own sentence, or ours if none was recorded.

    """

    code: str
    sentence: str
    fix: str = ""
    path: str = ""
    hubspot_code: str = ""
    hubspot_message: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check reports about a plan or a configuration.

    Attributes:
        code: the check's stable code; `hubspot-dest explain CODE` shows its page.
        severity: `refused`: HubSpot answers an error or drops it; `lost`: nothing of it will ever arrive, which is
            certain from event and configuration alone; `doubtful`: taken, but hardly what was meant, or unknown.
        sentence: what is wrong.
        fix: what to do about it.
        evidence: how HubSpot's behaviour is known.
        path: where in the event, the occurrence or the contact: `occurrence.properties.note`.
        config_path: where in the configuration it comes from: `mapping.order.complete.settings.eventName`.
        file: the file of the configuration path, or of the event.
        line: its line there, counted from 1.
        by: who loses it, of what is `lost`: walkerOS alone, or this sender as well.

    """

    code: str
    severity: Severity
    sentence: str
    fix: str = ""
    evidence: Evidence = "DOC"
    path: str = ""
    config_path: str = ""
    file: str = ""
    line: int | None = None
    by: By | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as `--json` shows it."""
        record: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "fix": self.fix,
            "evidence": self.evidence,
            "path": self.path or None,
            "configPath": self.config_path or None,
            "file": self.file or None,
            "line": self.line,
        }
        if self.by is not None:
            record["by"] = self.by
        return record


def worst(findings: tuple[Finding, ...]) -> Severity | None:
    """Return the worst severity among findings; None without findings."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in found), None)
