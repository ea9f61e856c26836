"""The result of `verify`: questions, findings, and GO or NO-GO. It is rendered as text, as JSON and as a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from hubspot_dest.checks.finding import Finding
from hubspot_dest.coverage.coverage import CoverageSummary
from hubspot_dest.definitions.plan import DefinitionsPlan

__all__ = [
    "ExampleResult",
    "InputFile",
    "PayloadSample",
    "SectionResult",
    "SectionStatus",
    "GoVerdict",
    "VerifyFinding",
    "VerifyResult",
]

GoVerdict = Literal["go", "no_go"]
SectionStatus = Literal["passed", "doubtful", "failed", "unanswered"]
"""`doubtful`: answered with no, by findings that do not block."""


@dataclass(frozen=True, slots=True)
class VerifyFinding:
    """A finding of a section, with its count.

    Attributes:
        section: the section's name.
        finding: the finding, with its file and line.
        count: the number of events that have it; 1 for a finding about the configuration.
        event_line: the line of the first such event in EVENTS; None for a finding about the configuration.
        blocking: whether it makes the result a NO-GO.

    """

    section: str
    finding: Finding
    count: int = 1
    event_line: int | None = None
    blocking: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as written by `--json`."""
        return {
            "section": self.section,
            "blocking": self.blocking,
            "count": self.count,
            "firstEventLine": self.event_line,
            **self.finding.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class SectionResult:
    """The answer to a question.

    Attributes:
        name: `configuration`, `events`, `coverage`, `contracts`, `definitions`, `quotas` or `examples`.
        question: the question, in one sentence.
        status: `passed`, `failed` if something blocks, or `unanswered` if nothing was proved.
        answer: the answer in one sentence; for an unanswered question, the reason and what would answer it.
        findings: the findings, blocking ones first.
        notes: remarks about this run that are not findings.
        counts: the figures of the section for `--json`: events, rules, examples …
        cause: why nothing was proved although there was something to check; empty otherwise.
        reservation: why a passed answer is not a certain yes; empty if it is.

    """

    name: str
    question: str
    status: SectionStatus
    answer: str
    findings: tuple[VerifyFinding, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    cause: str = ""
    reservation: str = ""

    @property
    def reserved(self) -> bool:
        """Whether nothing blocks, but the answer is not a certain yes."""
        return self.status == "passed" and bool(self.reservation)

    def as_dict(self) -> dict[str, Any]:
        """Return the section as written by `--json`, without its findings."""
        return {
            "section": self.name,
            "question": self.question,
            "status": self.status,
            "answer": self.answer,
            "reservation": self.reservation or None,
            "counts": dict(self.counts),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class PayloadSample:
    """A sample of what HubSpot receives: the first event of each name, outcome and rule.

    Attributes:
        event: the event's name in walkerOS: `order complete`.
        outcome: the outcome of the event: `sent`, `identified`, `skipped`, `refused` …
        sentence: the reason for the outcome; may be empty.
        line: the line of the event in EVENTS.
        rule: the rule that matched; empty if none did.
        calls: the SDK calls in the documented notation.
        count: the number of events with this name, outcome and rule.

    """

    event: str
    outcome: str
    sentence: str = ""
    line: int | None = None
    rule: str = ""
    calls: tuple[Any, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """The result of a step example of the flow.

    Attributes:
        name: the key of the example.
        title: the title of the example.
        passed: whether the calls are as expected; None if the example has no `out`, so that nothing is proved.
        differences: the differences from the expected calls, as sentences.

    """

    name: str
    title: str
    passed: bool | None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file of a run.

    Attributes:
        role: `configuration`, `events` or `account`.
        name: the name as given; `-` for standard input.
        sha256: the SHA-256 digest of its bytes, hexadecimal.
        size: the size in bytes.

    """

    role: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The result of `verify`.

    Attributes:
        verdict: `go` or `no_go`.
        reason: the verdict in one sentence.
        config: the configuration's file as given, with `#flow.destination`.
        events: the file of the events; empty if none was given.
        account: the source of the account's schema, a file or a portal; empty if the account is unknown.
        sections: the answers, in the order of the questions.
        outcomes: outcome to number of events.
        samples: one event of each name, outcome and rule, as HubSpot receives it.
        definitions: what the account must have; None if it could not be planned.
        coverage: what the events exercise; None without events.
        examples: the results of the flow's step examples.
        inputs: the input files with their digests.
        version: the version of this program.
        checked_at_ms: the time of the run, in ms since 1970.

    """

    verdict: GoVerdict
    reason: str
    config: str
    events: str = ""
    account: str = ""
    sections: tuple[SectionResult, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    samples: tuple[PayloadSample, ...] = ()
    definitions: DefinitionsPlan | None = None
    coverage: CoverageSummary | None = None
    examples: tuple[ExampleResult, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    version: str = ""
    checked_at_ms: int = 0

    @property
    def findings(self) -> tuple[VerifyFinding, ...]:
        """All findings, blocking ones first, in the order of the sections."""
        findings = [finding for section in self.sections for finding in section.findings]
        return tuple(sorted(findings, key=lambda finding: not finding.blocking))

    @property
    def obstacles(self) -> tuple[VerifyFinding, ...]:
        """The findings that make the result a NO-GO."""
        return tuple(finding for finding in self.findings if finding.blocking)

    @property
    def unanswered(self) -> tuple[SectionResult, ...]:
        """The sections whose question is unanswered."""
        return tuple(section for section in self.sections if section.status == "unanswered")
