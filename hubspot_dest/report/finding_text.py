"""Format findings as text: file and line, severity, code, sentence, fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from hubspot_dest.amounts import amount
from hubspot_dest.checks.finding import SEVERITIES, Finding
from hubspot_dest.report.junit import Case
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter

__all__ = ["count_sentence", "finding_cases", "finding_lines"]

_RED, _YELLOW = 31, 33
_COLOURS: Final = {"refused": _RED, "lost": _RED, "doubtful": _YELLOW}


def finding_lines(findings: Iterable[Finding], painter: Painter) -> Iterator[str]:
    """Yield `shop.yaml:12: lost unknown_key: …`, followed by the path and the fix, indented."""
    for finding in findings:
        line = "" if finding.line is None else f":{finding.line}"
        place = f"{safe_text(finding.file)}{line}: " if finding.file else ""
        severity = painter.paint(finding.severity, _COLOURS[finding.severity])
        yield f"{place}{severity} {finding.code}: {safe_text(finding.sentence)}"
        if finding.config_path:
            yield painter.dim(f"    at {safe_text(finding.config_path)}")
        if finding.fix:
            yield f"    fix: {safe_text(finding.fix)}"


def count_sentence(findings: Sequence[Finding]) -> str:
    """Count findings by severity: `3 findings: 1 refused, 2 doubtful`."""
    if not findings:
        return "no findings"
    counts = Counter(finding.severity for finding in findings)
    parts = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity])
    return f"{amount(len(findings), 'finding')}: {parts}"


def finding_cases(findings: Sequence[Finding], file: str) -> list[Case]:
    """Return the JUnit cases: a failure for each finding that is an error, or a passed case if there are none."""
    failing = [finding for finding in findings if finding.severity != "doubtful"]
    cases = [
        Case(
            f"{finding.code} {finding.file or file}:{finding.line or 0}",
            finding.file or file,
            f"{finding.sentence}\n{finding.config_path}\nfix: {finding.fix}",
        )
        for finding in failing
    ]
    return cases or [Case("no errors", file)]
