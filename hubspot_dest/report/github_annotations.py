"""Format findings as GitHub Actions annotations, which are workflow commands on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from hubspot_dest.checks.finding import Finding
from hubspot_dest.report.safe_text import safe_text

__all__ = ["annotation_lines"]

_LEVELS: Final = {"refused": "error", "lost": "error", "doubtful": "warning"}


def annotation_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one workflow command per finding: `::error file=…,line=…,title=…::sentence`."""
    for finding in findings:
        properties = [f"file={_property(finding.file)}"] if finding.file else []
        if finding.line is not None:
            properties.append(f"line={finding.line}")
        properties.append(f"title={_property(finding.code)}")
        text = f"{finding.sentence}. Fix: {finding.fix}" if finding.fix else finding.sentence
        yield f"::{_LEVELS[finding.severity]} {','.join(properties)}::{_data(safe_text(text))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(safe_text(text)).replace(":", "%3A").replace(",", "%2C")
