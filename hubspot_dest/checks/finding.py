"""Findings: the results of checks of a plan or a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["SEVERITIES", "By", "Evidence", "Finding", "Severity", "Violation", "worst"]

Severity = Literal["refused", "lost", "doubtful"]
By = Literal["walkeros", "both"]
Evidence = Literal["SPEC", "DOC", "CAP", "2ND", "INFER", "GAP", "WALKEROS"]

SEVERITIES: Final[tuple[Severity, ...]] = ("refused", "lost", "doubtful")
"""All severities, worst first."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A value that violates one of HubSpot's rules, independent of the request it is part of.

    Attributes:
        code: the code of the check.
        sentence: what is wrong.
        fix: what to do about it.
        path: the path in the checked object, such as `properties.note`; empty for the object itself.
        hubspot_code: HubSpot's error code, such as `INVALID_OPTION`; empty if it has none.
        hubspot_message: HubSpot's error message, or this project's wording if none was recorded.

    """

    code: str
    sentence: str
    fix: str = ""
    path: str = ""
    hubspot_code: str = ""
    hubspot_message: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check of a plan or a configuration.

    Attributes:
        code: the check's stable code; `hubspot-dest explain CODE` shows its page.
        severity: `refused` if HubSpot answers with an error or drops it; `lost` if it is certain from the event and the
            configuration that nothing arrives; `doubtful` if HubSpot accepts it, but the result is probably unintended,
            or if HubSpot's behaviour is unknown.
        sentence: what is wrong.
        fix: what to do about it.
        evidence: how HubSpot's behaviour is known.
        path: the path in the event, the occurrence or the contact, such as `occurrence.properties.note`.
        config_path: the path in the configuration that causes it: `mapping.order.complete.settings.eventName`.
        file: the file of the configuration path, or of the event.
        line: the line in that file, counted from 1.
        by: for `lost`, the senders that lose it: only walkerOS, or this sender as well.

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
        """Return the finding as written by `--json`."""
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
    """Return the worst severity of the findings; None if there are none."""
    present = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in present), None)
