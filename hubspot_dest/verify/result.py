"""The result of `verify`: what was asked, what was found, and GO or NO-GO. Text, JSON and the report render it."""

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
SectionStatus = Literal["passed", "failed", "unanswered"]


@dataclass(frozen=True, slots=True)
class VerifyFinding:
    """A finding of one section, with how often it came.

    Attributes:
        section: the section's name.
        finding: what was found, with its file and line.
        count: how many events have it; 1 for a finding of the configuration.
        event_line: the first of those events, as its line in EVENTS; None for a finding of the configuration.
        blocking: it makes the result a NO-GO.

    """

    section: str
    finding: Finding
    count: int = 1
    event_line: int | None = None
    blocking: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as `--json` shows it."""
        return {
            "section": self.section,
            "blocking": self.blocking,
            "count": self.count,
            "firstEventLine": self.event_line,
            **self.finding.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class SectionResult:
    """The answer to one question.

    Attributes:
        name: `configuration`, `events`, `coverage`, `contracts`, `definitions`, `quotas` or `examples`.
        question: what was asked, in one sentence.
        status: `passed`; `failed`: something blocks; `unanswered`: nothing was proved, see `answer`.
        answer: the answer in one sentence; of an unanswered question, why, and what would answer it.
        findings: what was found, blocking ones first.
        notes: what is true of this run and no finding.
        counts: figures of this section, for `--json`: events, rules, examples …
        cause: why nothing was proved although there is something to look at; empty where that is not so.

    """

    name: str
    question: str
    status: SectionStatus
    answer: str
    findings: tuple[VerifyFinding, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    cause: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the section as `--json` shows it, without its findings."""
        return {
            "section": self.name,
            "question": self.question,
            "status": self.status,
            "answer": self.answer,
            "counts": dict(self.counts),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class PayloadSample:
    """What HubSpot receives of one event: the first one of its name and outcome.

    Attributes:
        event: the event's name in walkerOS: `order complete`.
        outcome: what becomes of it: `sent`, `identified`, `skipped`, `refused` …
        sentence: why, where that is not plain.
        line: the event's line in EVENTS.
        rule: the rule that handled it; empty without one.
        calls: the SDK calls in the documented notation.
        count: how many events have this name and outcome.

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
    """One step example of the flow.

    Attributes:
        name: its key.
        title: its title.
        passed: the calls are those that it expects; None where it expects nothing, so that nothing is proved.
        differences: what differs, one sentence each.

    """

    name: str
    title: str
    passed: bool | None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the result rests on.

    Attributes:
        role: `configuration`, `events` or `account`.
        name: its name as given; `-` for standard input.
        sha256: the digest of its bytes, hexadecimal.
        size: in bytes.

    """

    role: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What `verify` found out.

    Attributes:
        verdict: `go` or `no_go`.
        reason: the verdict in one sentence.
        config: the configuration's file as given, with `#flow.destination`.
        events: the file of the events; empty where none was given.
        account: the source of the account's schema: a file, or a portal; empty if the account is not known.
        sections: the questions in the order in which they are asked.
        outcomes: how many events had each outcome.
        samples: one event of each name and outcome, as HubSpot receives it.
        definitions: what the account must have; None where that could not be planned.
        coverage: what the events exercise; None without events.
        examples: the flow's own step examples.
        inputs: the files that this rests on, with their digests.
        version: of this program.
        checked_at_ms: when, in ms since 1970.

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
        """Every finding, blocking ones first, in the order of the sections."""
        every = [finding for section in self.sections for finding in section.findings]
        return tuple(sorted(every, key=lambda verify_finding: not verify_finding.blocking))

    @property
    def obstacles(self) -> tuple[VerifyFinding, ...]:
        """The findings that make it a NO-GO."""
        return tuple(finding for finding in self.findings if finding.blocking)

    @property
    def unanswered(self) -> tuple[SectionResult, ...]:
        """The questions that nothing answers."""
        return tuple(section for section in self.sections if section.status == "unanswered")
