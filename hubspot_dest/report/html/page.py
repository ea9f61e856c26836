"""What a report shows: plain values, ready for the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hubspot_dest.coverage.coverage import CoverageSummary

__all__ = [
    "ReportDefinition",
    "ReportEvent",
    "ReportExample",
    "ReportInput",
    "ReportPage",
    "ReportProblem",
    "ReportQuestion",
    "ReportSample",
    "ReportTone",
]

ReportTone = Literal["good", "bad", "open"]


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """Something that HubSpot refuses, that is lost, or that is doubtful.

    Attributes:
        severity: `refused`, `lost` or `doubtful`.
        code: the check's code.
        sentence: what is wrong.
        fix: what to do about it.
        count: how many events have it; 1 for a problem of the configuration.
        where: where it comes from: `flow.json, line 12`.
        blocking: whether it blocks going live.

    """

    severity: str
    code: str
    sentence: str
    fix: str = ""
    count: int = 1
    where: str = ""
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class ReportQuestion:
    """A question that was asked, and its answer.

    Attributes:
        question: the question.
        tone: `good`: answered well; `bad`: something is in the way; `open`: nothing answers it.
        answer: the answer in one sentence.
        notes: what else is true of it.

    """

    question: str
    tone: ReportTone
    answer: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSample:
    """What HubSpot receives of one event.

    Attributes:
        event: the event's name.
        outcome: what becomes of it.
        calls: the calls in the documented notation.
        sentence: why, where that is not plain.
        rule: the rule that handled it; empty without one.
        line: its line in the events.
        count: how many events are like it.

    """

    event: str
    outcome: str
    calls: tuple[Any, ...] = ()
    sentence: str = ""
    rule: str = ""
    line: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """Something that must exist in HubSpot.

    Attributes:
        kind: `event`, `property` of an event, or `contact property`.
        name: its name.
        state: whether it exists there: `present`, `missing`, `conflict`, `impossible`; `needed` if the account is not
            known.
        type: the type of its values; empty for an event.
        note: what is in the way.
        properties: of an event: its properties.

    """

    kind: str
    name: str
    state: str
    type: str = ""
    note: str = ""
    properties: tuple[ReportDefinition, ...] = ()

    @property
    def to_create(self) -> bool:
        """Whether somebody has to create it, or change it."""
        return self.state != "present"

    @property
    def lacking(self) -> int:
        """How many of it and its properties somebody has to create or change."""
        return self.to_create + sum(prop.lacking for prop in self.properties)

    @property
    def size(self) -> int:
        """How many it and its properties are."""
        return 1 + sum(prop.size for prop in self.properties)


@dataclass(frozen=True, slots=True)
class ReportExample:
    """A step example of the flow: passed, failed, or None where it expects nothing."""

    name: str
    title: str
    passed: bool | None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportInput:
    """A file that the report rests on, with the digest of its bytes."""

    role: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """One event of a run, as the log of the report lists it."""

    time: str
    event: str
    person: str
    outcome: str
    why: str = ""
    walkeros: str = ""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report.

    Attributes:
        title: what was looked at.
        tone: `good`: nothing is in the way; `bad`: something is; `open`: not proved.
        verdict: one or two words: `GO`, `NO-GO`, `PREVIEW`.
        reason: the verdict in one sentence.
        created: when, for people.
        problems: what is wrong, the worst first.
        questions: what was asked and answered.
        outcomes: what became of the events, and of how many.
        samples: one event of each name and outcome.
        definitions: what must exist in HubSpot; None if that was not looked at.
        coverage: what the events exercise; None if that was not counted.
        examples: the step examples of the flow.
        events: the log of a run, the latest last.
        events_note: which events the log lists.
        provenance: versions, seed, options: name and value.
        inputs: the files that it rests on.
        notes: what is true of all of it.

    """

    title: str
    tone: ReportTone
    verdict: str
    reason: str
    created: str
    problems: tuple[ReportProblem, ...] = ()
    questions: tuple[ReportQuestion, ...] = ()
    outcomes: tuple[tuple[str, int], ...] = ()
    samples: tuple[ReportSample, ...] = ()
    definitions: tuple[ReportDefinition, ...] | None = None
    coverage: CoverageSummary | None = None
    examples: tuple[ReportExample, ...] = ()
    events: tuple[ReportEvent, ...] = ()
    events_note: str = ""
    provenance: tuple[tuple[str, str], ...] = ()
    inputs: tuple[ReportInput, ...] = ()
    notes: tuple[str, ...] = ()
