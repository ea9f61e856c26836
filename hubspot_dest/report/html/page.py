"""The content of a report as plain values for the template."""

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
    """A problem: something that HubSpot refuses, that is lost, or that is doubtful.

    Attributes:
        severity: `refused`, `lost` or `doubtful`.
        code: the code of the check.
        sentence: what is wrong.
        fix: what to do about it.
        count: the number of events that have it; 1 for a problem of the configuration.
        where: the file and line: `flow.json, line 12`.
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
    """A question and its answer.

    Attributes:
        question: the question.
        tone: `good` if nothing blocks, `bad` if something blocks, `open` if it is unanswered or the yes is not certain.
        answer: the answer in one sentence.
        notes: further remarks.
        reservation: why the answer is yes, but not certainly; empty otherwise.

    """

    question: str
    tone: ReportTone
    answer: str
    notes: tuple[str, ...] = ()
    reservation: str = ""


@dataclass(frozen=True, slots=True)
class ReportSample:
    """A sample of what HubSpot receives for an event.

    Attributes:
        event: the name of the event.
        outcome: the outcome of the event.
        calls: the calls in the documented notation.
        sentence: the reason for the outcome; may be empty.
        rule: the rule that matched; empty if none did.
        line: the line of the event.
        count: the number of such events.

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
    """A definition or property that must exist in HubSpot.

    Attributes:
        kind: `event`, `property` of an event, or `contact property`.
        name: the name.
        state: `present`, `missing`, `conflict` or `impossible`; `needed` if the account is unknown.
        type: the type of its values; empty for an event.
        note: the reason why it cannot be created.
        properties: the properties of an event.

    """

    kind: str
    name: str
    state: str
    type: str = ""
    note: str = ""
    properties: tuple[ReportDefinition, ...] = ()

    @property
    def to_create(self) -> bool:
        """Whether it must be created or changed."""
        return self.state != "present"

    @property
    def lacking(self) -> int:
        """The number of definitions and properties, including itself, that must be created or changed."""
        return self.to_create + sum(prop.lacking for prop in self.properties)

    @property
    def size(self) -> int:
        """The number of definitions and properties, including itself."""
        return 1 + sum(prop.size for prop in self.properties)


@dataclass(frozen=True, slots=True)
class ReportExample:
    """A step example of the flow; `passed` is None if it has no expected calls."""

    name: str
    title: str
    passed: bool | None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportInput:
    """An input file of the report, with the SHA-256 digest of its bytes and its size in bytes."""

    role: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """An event of a run, as listed in the report's log."""

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
        title: the subject of the report.
        tone: `good` if nothing blocks, `bad` if something blocks, `open` if nothing was proved.
        verdict: one or two words: `GO`, `NO-GO`, `PREVIEW`.
        reason: the verdict in one sentence.
        created: the time of creation, for people.
        problems: the problems, worst first.
        questions: the questions and answers.
        outcomes: (outcome, number of events).
        samples: one event of each name and outcome.
        definitions: what must exist in HubSpot; None if it was not determined.
        coverage: what the events exercise; None if it was not measured.
        examples: the step examples of the flow.
        events: the log of a run, latest event last.
        events_note: a note on which events the log lists.
        provenance: (name, value) for versions, seed and options.
        inputs: the input files.
        notes: general remarks.

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
