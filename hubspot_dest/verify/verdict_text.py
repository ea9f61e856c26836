"""Format the result of `verify` as text, as JSON Lines, and as JUnit cases."""

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

_LOOKS: Final = {"passed": ("✓", 32), "doubtful": ("!", 33), "failed": ("✗", 31), "unanswered": ("?", 33)}
_RESERVED: Final = ("~", 33)
_WORDS: Final = {"go": ("GO", 32), "no_go": ("NO-GO", 31)}


def verify_lines(result: VerifyResult, painter: Painter) -> Iterator[str]:
    """Yield the lines of the verdict, the obstacles with places and fixes, the other findings, and the answers."""
    word, colour = _WORDS[result.verdict]
    yield f"{painter.paint(word, colour)}: {safe_text(result.config)}: {safe_text(result.reason)}"
    others = [finding for finding in result.findings if not finding.blocking]
    for title, findings in (("Blocking:", result.obstacles), ("Other findings:", others)):
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
    """Yield an object for each finding, one for each section, and the verdict last."""
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
                "role": input_file.role,
                "name": input_file.name,
                "sha256": input_file.sha256,
                "size": input_file.size,
            }
            for input_file in result.inputs
        ],
        "version": result.version,
    }


def verify_cases(result: VerifyResult) -> list[Case]:
    """Return the JUnit cases: a failure for each blocking finding, a skipped case for each unanswered question."""
    cases: list[Case] = []
    for section in result.sections:
        failures = [finding for finding in section.findings if finding.blocking]
        for blocking in failures:
            finding = _counted(blocking)
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
    """Return all findings for SARIF and annotations, with the number of events in their sentences.

    A NO-GO without a blocking finding is added as a finding, so that the file does not look like a GO.
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


def _counted(counted: VerifyFinding) -> Finding:
    finding = counted.finding
    if counted.event_line is None or (counted.count == 1 and finding.line == counted.event_line):
        return finding
    events = f"{counted.count:,} event{'' if counted.count == 1 else 's'}"
    where = "line" if counted.count == 1 else "first in line"
    return replace(
        finding,
        sentence=f"{finding.sentence} ({events}, {where} {counted.event_line} of the events)",
    )


def _answer_line(section: SectionResult, width: int, painter: Painter) -> str:
    symbol, colour = _RESERVED if section.reserved else _LOOKS[section.status]
    word = "" if section.status != "unanswered" else "not answered: "
    answer = safe_text(section.answer, limit=400)
    if section.reserved:
        answer += f"; {safe_text(section.reservation, limit=400)}"
    return f"{painter.paint(symbol, colour)} {section.name:<{width}}  {word}{answer}"
