"""Write JUnit XML: a suite of cases with failure texts, valid in every edition of Jenkins' schema."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from hubspot_dest.report.safe_text import safe_text

__all__ = ["Case", "junit_xml"]


@dataclass(frozen=True, slots=True)
class Case:
    """A test case.

    Attributes:
        name: the name of the case.
        group: the group of the case, as `classname`.
        failure: the text of the failure, or None.
        skipped: the reason for skipping, or None.
    """

    name: str
    group: str
    failure: str | None = None
    skipped: str | None = None


def junit_xml(suite: str, cases: list[Case]) -> str:
    """Return the XML of a suite; control characters are escaped."""
    failures = sum(case.failure is not None for case in cases)
    skipped = sum(case.skipped is not None for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites {counts}>",
        f'  <testsuite name={quoteattr(safe_text(suite))} {counts} skipped="{skipped}">',
    ]
    for case in cases:
        head = f"    <testcase classname={quoteattr(safe_text(case.group))} name={quoteattr(safe_text(case.name))}"
        inner = _inner(case)
        lines += [f"{head}>", inner, "    </testcase>"] if inner else [f"{head}/>"]
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def _inner(case: Case) -> str:
    if case.failure is not None:
        text = "\n".join(safe_text(line) for line in case.failure.splitlines())
        first = text.split("\n", 1)[0]
        return f"      <failure message={quoteattr(first)}>{escape(text)}</failure>"
    if case.skipped is not None:
        return f"      <skipped>{escape(safe_text(case.skipped))}</skipped>"
    return ""
