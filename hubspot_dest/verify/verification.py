"""Ask every question in one pass over the events, and give the verdict."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from hubspot_dest._version import __version__
from hubspot_dest.amounts import amount, verb
from hubspot_dest.checks.finding import Finding
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.events.collector import Collector
from hubspot_dest.intake.reader import BadLine, Line
from hubspot_dest.outcome import Outcome
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.prediction import predict
from hubspot_dest.verify.result import GoVerdict, InputFile, SectionResult, VerifyResult
from hubspot_dest.verify.section import VerifySection, VerifySubject
from hubspot_dest.verify.sections.configuration import ConfigurationSection
from hubspot_dest.verify.sections.contracts import ContractsSection
from hubspot_dest.verify.sections.coverage import CoverageSection
from hubspot_dest.verify.sections.definitions import DefinitionsSection
from hubspot_dest.verify.sections.events import EVENTS_QUESTION, EventsSection
from hubspot_dest.verify.sections.examples import ExamplesSection
from hubspot_dest.verify.sections.quotas import QuotasSection

__all__ = ["NoUsableEventError", "verify"]


_NO_ANSWER: Final = SectionResult("", "", "unanswered", "")
_OPTIONAL: Final = ("quotas",)
"""A few events prove that a mapping works; that they tell no pace is no NO-GO."""


class NoUsableEventError(ValueError):
    """The source of the events has no usable event: there is nothing to check."""


def verify(
    subject: VerifySubject,
    events: Iterable[Line | BadLine] | None,
    *,
    events_name: str = "",
    now_ms: Callable[[], int],
    inputs: tuple[InputFile, ...] = (),
    strict: bool = False,
) -> VerifyResult:
    """Return GO or NO-GO with everything that was found.

    Args:
        subject: what is verified.
        events: the events as they are read; None where none were given.
        events_name: the name of their source.
        now_ms: the clock, in ms since 1970.
        inputs: the files that it rests on, for the record.
        strict: an unanswered question is a NO-GO.

    Raises:
        NoUsableEventError: `events` holds none.
        IntakeError: as reading `events` does.

    """
    sections = _Sections.of(subject, events_name if events is not None else "", now_ms)
    if events is not None and subject.config is not None:
        _play(subject, subject.config, events, sections, now_ms)
    answers = sections.close()
    verdict, reason = _verdict(answers, strict=strict)
    return VerifyResult(
        verdict,
        reason,
        subject.name,
        events_name if events is not None else "",
        subject.account_name,
        answers,
        outcomes={} if sections.events is None else dict(sections.events.kinds),
        samples=() if sections.events is None else sections.events.samples,
        definitions=None if sections.definitions is None else sections.definitions.plan,
        coverage=None if sections.coverage is None else sections.coverage.summary,
        examples=() if sections.examples is None else sections.examples.results,
        inputs=inputs,
        version=__version__,
        checked_at_ms=now_ms(),
    )


@dataclass(slots=True)
class _Sections:
    """The sections of one run; those that need a configuration are None without one."""

    every: tuple[VerifySection, ...]
    judge: Judge | None = None
    events: EventsSection | None = None
    coverage: CoverageSection | None = None
    definitions: DefinitionsSection | None = None
    examples: ExamplesSection | None = None

    @classmethod
    def of(cls, subject: VerifySubject, events: str, now_ms: Callable[[], int]) -> _Sections:
        """Return the sections for a subject, in the order in which they are asked."""
        configuration = ConfigurationSection(subject)
        config = subject.config
        if config is None:
            return cls((configuration, _Unloaded(events)))
        judge = Judge(config.raw, source=config.source, account=subject.account)
        of_events = EventsSection(subject, config, judge, events)
        definitions = DefinitionsSection(subject, config)
        collector = _collector(config, subject, now_ms)
        coverage = CoverageSection(subject, config, collector, events)
        every: list[VerifySection] = [configuration, of_events, coverage]
        if subject.contracts is not None and subject.contracts.contracts:
            every.append(ContractsSection(subject, subject.contracts, collector, events))
        every += [definitions, QuotasSection(subject, judge, events)]
        examples = ExamplesSection(subject, config) if subject.examples else None
        if examples is not None:
            every.append(examples)
        return cls(tuple(every), judge, of_events, coverage, definitions, examples)

    def close(self) -> tuple[SectionResult, ...]:
        """Return every answer; a cause that two sections found is left to the one that says more of it."""
        answers = {
            section_result.name: section_result
            for section_result in (section.close() for section in self.every)
        }
        seen = answers["events"].findings
        by_code = {
            (verify_finding.finding.code, verify_finding.finding.file, verify_finding.finding.line)
            for verify_finding in seen
        }
        by_place = {
            (verify_finding.finding.file, verify_finding.finding.line)
            for verify_finding in (*seen, *answers["configuration"].findings)
            if verify_finding.finding.severity == "refused"
        }
        valued = {
            (verify_finding.finding.file, verify_finding.finding.line)
            for verify_finding in seen
            if "_value_" in verify_finding.finding.code
        }
        sentences = {verify_finding.finding.sentence for verify_finding in seen}
        lacking = {
            (finding.finding.file, finding.finding.line)
            for finding in answers.get("definitions", _NO_ANSWER).findings
            if finding.finding.code == "definition_property_missing"
        }
        # The section about events says how many events have it; a definition cannot be made for the same reason.
        kept: dict[str, Callable[[Finding], bool]] = {
            "configuration": lambda current_finding: (
                (current_finding.code, current_finding.file, current_finding.line) not in by_code
            ),
            "definitions": lambda current_finding: (
                current_finding.sentence not in sentences
                and (current_finding.file, current_finding.line)
                not in (valued if current_finding.code == "definition_property_conflict" else by_place)
            ),
            "events": lambda current_finding: (
                current_finding.code != "property_undefined"
                or (current_finding.file, current_finding.line) not in lacking
            ),
        }
        return tuple(
            replace(
                answer,
                findings=tuple(finding for finding in answer.findings if kept[answer.name](finding.finding)),
            )
            if answer.name in kept
            else answer
            for answer in answers.values()
        )


class _Unloaded:
    """Stands for the questions that cannot be asked, since the configuration cannot be loaded."""

    def __init__(self, events: str) -> None:
        self._events = events

    def add_event(self, event: object, line: int) -> None:
        """Ignore events."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore outcomes."""

    def close(self) -> SectionResult:
        """Return that the question has no answer."""
        said = "not asked: the configuration cannot be loaded"
        return SectionResult("events", EVENTS_QUESTION, "unanswered", said)


def _play(
    subject: VerifySubject,
    config: Config,
    events: Iterable[Line | BadLine],
    sections: _Sections,
    now_ms: Callable[[], int],
) -> None:
    """Take every event through the real destination, with a client that sends nothing."""
    assert sections.events is not None
    ids = itertools.count(1)
    destination = HubSpotDestination(
        config.for_planning(),
        parity=subject.parity,
        walkeros=subject.walkeros,
        client_factory=lambda token: NullClient(),  # noqa: ARG005 - the factory's shape
        consent=dict(subject.consent),
        traced=True,
        now_ms=now_ms,
        new_id=lambda: f"{next(ids):016x}",  # the same input gives the same output
        judge=sections.judge,
    )
    lines: dict[str, int] = {}
    usable, first_bad = 0, ""
    for read in events:
        if isinstance(read, BadLine):
            sections.events.add_bad_line(read.message, read.hint, read.number)
            first_bad = first_bad or f"; line {read.number}: {read.message}"
            continue
        usable += 1
        for section in sections.every:
            section.add_event(read.event, read.number)
        outcome = destination.push(read.event)
        lines[outcome.event_id] = read.number
        for current_outcome in _in_order(outcome):
            _tell(current_outcome, lines.get(current_outcome.event_id), sections, parity=subject.parity)
        if outcome.kind != "denied":
            del lines[outcome.event_id]
    for current_outcome in destination.close():
        _tell(current_outcome, lines.get(current_outcome.event_id), sections, parity=subject.parity)
    sections.events.granted = tuple(destination.state.view.consent)
    if not usable:
        msg = f"there is no usable event in it{first_bad}"
        raise NoUsableEventError(msg)


def _in_order(outcome: Outcome) -> Iterator[Outcome]:
    """Yield what one push led to: waiting events that it released, its own event, batches."""
    yield from (current_outcome for current_outcome in outcome.also if not current_outcome.events)
    yield outcome
    yield from (current_outcome for current_outcome in outcome.also if current_outcome.events)


def _tell(outcome: Outcome, line: int | None, sections: _Sections, *, parity: bool) -> None:
    predicted = predict(outcome, parity=parity)
    for section in sections.every:
        section.add_outcome(predicted, line)


def _collector(config: Config, subject: VerifySubject, now_ms: Callable[[], int]) -> Collector:
    return Collector.begun(
        config.collector, now_ms=now_ms, new_id=lambda: "0" * 16, consent=dict(subject.consent)
    )


def _verdict(answers: tuple[SectionResult, ...], *, strict: bool) -> tuple[GoVerdict, str]:
    """Return the verdict and its reason: never GO where nothing was proved."""
    failed = [answer.name for answer in answers if answer.status == "failed"]
    if failed:
        return "no_go", _obstacles(answers, failed)
    silent = [
        answer.name for answer in answers if answer.status == "unanswered" and answer.name != "coverage"
    ]
    unanswered = [name for name in silent if name not in _OPTIONAL]
    proved = [
        answer.name
        for answer in answers
        if answer.status == "passed"
        and (answer.name == "events" or (answer.name == "examples" and answer.counts["sending"]))
    ]
    if not proved:
        cause = next((answer.cause for answer in answers if answer.cause), "")
        cause = cause or "no event was held against HubSpot's rules; give EVENTS"
        return "no_go", f"nothing was proved: {cause}"
    if "contracts" in unanswered and "events" in proved:
        return "no_go", "the contract of the flow was not held against the events"
    if unanswered and strict:
        return "no_go", f"--strict, and not answered: {', '.join(unanswered)}"
    if silent:
        return "go", f"nothing blocks in what was checked; not answered: {', '.join(silent)}"
    return "go", "every question has a good answer"


def _obstacles(answers: tuple[SectionResult, ...], failed: list[str]) -> str:
    """Return how many findings are in the way, and in which sections, so that the numbers add up."""
    counts = {
        answer.name: sum(found.blocking for found in answer.findings)
        for answer in answers
        if any(found.blocking for found in answer.findings)
    }
    blocking = sum(counts.values())
    if not blocking:
        return f"not good enough: {', '.join(failed)}"
    where = next(iter(counts))
    if len(counts) > 1:
        where = ", ".join(f"{count} in {name}" for name, count in counts.items())
    said = f"{amount(blocking, 'thing')} {verb(blocking, 'are')} in the way: {where}"
    others = [name for name in failed if name not in counts]
    return f"{said}; for the same reason {', '.join(others)} failed" if others else said
