"""The result of `verify` as text, as JSON Lines, and as the cases of JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from hubspot_dest.checks.finding import Finding
from hubspot_dest.report.finding_text import finding_lines
from hubspot_dest.report.junit import Case
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter
from hubspot_dest.verify.catalogue import verify_finding
from hubspot_dest.verify.result import SectionResult, VerifyFinding, VerifyResult

__all__ = ["located_findings", "verify_cases", "verify_lines", "verify_records"]

_LOOKS: Final = {"passed": ("✓", 32), "failed": ("✗", 31), "unanswered": ("?", 33)}
_WORDS: Final = {"go": ("GO", 32), "no_go": ("NO-GO", 31)}


def verify_lines(result: VerifyResult, painter: Painter) -> Iterator[str]:
    """Yield the verdict, the obstacles with place and fix, the other findings, and every answer."""
    word, colour = _WORDS[result.verdict]
    yield f"{painter.paint(word, colour)}: {safe_text(result.config)}: {safe_text(result.reason)}"
    others = [finding for finding in result.findings if not finding.blocking]
    for title, findings in (("In the way:", result.obstacles), ("Also found:", others)):
        if findings:
            yield ""
            yield title
            yield from finding_lines(map(_counted, findings), painter)
    yield ""
    width = max(len(section_result.name) for section_result in result.sections)
    for section in result.sections:
        yield _answer_line(section, width, painter)
        for note in section.notes:
            yield painter.dim(f"  {'':<{width}}  {safe_text(note)}")


def verify_records(result: VerifyResult) -> Iterator[dict[str, Any]]:
    """Yield one object a finding, one a section, and the verdict last."""
    for finding in result.findings:
        yield finding.as_dict()
    for section in result.sections:
        yield section.as_dict()
    yield {
        "summary": True,
        "verdict": result.verdict,
        "reason": result.reason,
        "config": result.config,
        "events": result.events or None,
        "account": result.account or None,
        "findings": len(result.findings),
        "blocking": len(result.obstacles),
        "unanswered": [section_result.name for section_result in result.unanswered],
        "outcomes": dict(result.outcomes),
        "examples": [
            {"name": example.name, "passed": example.passed, "differences": list(example.differences)}
            for example in result.examples
        ],
        "inputs": [
            {
                "role": contact_input.role,
                "name": contact_input.name,
                "sha256": contact_input.sha256,
                "size": contact_input.size,
            }
            for contact_input in result.inputs
        ],
        "version": result.version,
    }


def verify_cases(result: VerifyResult) -> list[Case]:
    """Return JUnit cases: a failure for each finding that blocks, a skipped case for each unanswered question."""
    cases: list[Case] = []
    for section in result.sections:
        failures = [current_finding for current_finding in section.findings if current_finding.blocking]
        for current_failure in failures:
            finding = _counted(current_failure)
            place = f"{finding.file or result.config}:{finding.line or 0}"
            text = f"{finding.sentence}\n{finding.config_path}\nfix: {finding.fix}"
            cases.append(Case(f"{finding.code} {place}", section.name, text))
        if section.status == "unanswered":
            cases.append(Case(section.question, section.name, skipped=section.answer))
        elif not failures:
            failure = section.answer if section.status == "failed" else None
            cases.append(Case(section.question, section.name, failure))
    if result.verdict == "no_go" and not any(case.failure is not None for case in cases):
        cases.append(Case("GO", "verify", result.reason))
    return cases


def located_findings(result: VerifyResult) -> Sequence[Finding]:
    """Return every finding, its sentence with how many events have it, for SARIF and annotations.

    A NO-GO without a finding in the way becomes one, so that the file does not look like a GO.
    """
    found = [_counted(finding) for finding in result.findings]
    if result.verdict == "no_go" and not result.obstacles:
        found.insert(
            0,
            verify_finding(
                "not_proved", result.reason, file=result.config.rpartition("#")[0] or result.config
            ),
        )
    return found


def _counted(current_verify_finding: VerifyFinding) -> Finding:
    finding = current_verify_finding.finding
    if current_verify_finding.event_line is None or (
        current_verify_finding.count == 1 and finding.line == current_verify_finding.event_line
    ):
        return finding
    events = f"{current_verify_finding.count:,} event{'' if current_verify_finding.count == 1 else 's'}"
    where = "line" if current_verify_finding.count == 1 else "first in line"
    return replace(
        finding,
        sentence=f"{finding.sentence} ({events}, {where} {current_verify_finding.event_line} of the events)",
    )


def _answer_line(section: SectionResult, width: int, painter: Painter) -> str:
    symbol, colour = _LOOKS[section.status]
    word = "" if section.status != "unanswered" else "not answered: "
    return f"{painter.paint(symbol, colour)} {section.name:<{width}}  {word}{safe_text(section.answer, limit=400)}"
