"""Format findings as SARIF 2.1.0, which GitHub, GitLab and editors can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hubspot_dest._version import __version__
from hubspot_dest.checks.catalogue import Check
from hubspot_dest.checks.finding import Finding
from hubspot_dest.report.safe_text import safe_text

__all__ = ["sarif_log"]

_LEVELS: Final = {"refused": "error", "lost": "error", "doubtful": "warning"}
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(
    findings: Iterable[Finding], checks: Mapping[str, Check], *, tool: str = "hubspot-dest"
) -> dict[str, Any]:
    """Return the SARIF log of a run.

    Args:
        findings: the findings, in any order.
        checks: code to check, for every code that occurs; titles and fixes become the rules.
        tool: the name of the tool.

    """
    reported = list(findings)
    codes = sorted({finding.code for finding in reported})
    index = {code: number for number, code in enumerate(codes)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": tool,
                        "version": __version__,
                        "rules": [_rule(checks[code]) for code in codes],
                    }
                },
                "results": [_result(finding, index[finding.code]) for finding in reported],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.code,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.about},
        "help": {"text": check.fix},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"severity": check.severity, "evidence": check.evidence},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    text = safe_text(f"{finding.sentence}. Fix: {finding.fix}" if finding.fix else finding.sentence)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    place: dict[str, Any] = {}
    if finding.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.file)}}
        if finding.line is not None:
            physical["region"] = {"startLine": finding.line}
        place["physicalLocation"] = physical
    where = finding.config_path or finding.path
    if where:
        place["logicalLocations"] = [{"fullyQualifiedName": safe_text(where)}]
    if place:
        result["locations"] = [place]
    return result


def _uri(file: str) -> str:
    """Return a file's URI reference; relative paths stay relative, as code scanning requires."""
    from urllib.parse import quote

    return quote(file.replace("\\", "/").removeprefix("./"))
