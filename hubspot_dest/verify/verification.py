"""Answer all questions in one pass over the events, and return the verdict."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from hubspot_dest._version import __version__
from hubspot_dest.amounts import amount, verb
from hubspot_dest.checks.finding import Finding
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.delivery.dispatch.call_grouping import CallGrouping
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.events.collector import Collector
from hubspot_dest.intake.reader import ACCEPTED_TOGETHER, BadLine, Line
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
    """Raised if the source of the events has no usable event."""


def verify(
    subject: VerifySubject,
    events: Iterable[Line | BadLine] | None,
    *,
    events_name: str = "",
    now_ms: Callable[[], int],
    inputs: tuple[InputFile, ...] = (),
    strict: bool = False,
) -> VerifyResult:
    """Verify a configuration, and return GO or NO-GO with all findings.

    Args:
        subject: the configuration, its account and the options.
        events: the events as they are read; None if none were given.
        events_name: the name of the source of the events.
        now_ms: returns the current time, in ms since 1970.
        inputs: the input files, for the record.
        strict: whether an unanswered question makes the result a NO-GO.

    Raises:
        NoUsableEventError: `events` has no usable event.
        IntakeError: reading `events` failed.

    """
    sections = _Sections.of(subject, events_name if events is not None else "", now_ms)
    if events is not None and subject.config is not None:
        _push_events(subject, subject.config, events, sections, now_ms)
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
    """The sections of a run; those that need a configuration are None without one."""

    every: tuple[VerifySection, ...]
    judge: Judge | None = None
    events: EventsSection | None = None
    coverage: CoverageSection | None = None
    definitions: DefinitionsSection | None = None
    examples: ExamplesSection | None = None

    @classmethod
    def of(cls, subject: VerifySubject, events: str, now_ms: Callable[[], int]) -> _Sections:
        """Return the sections for a subject, in the order of the questions."""
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
        every += [definitions, QuotasSection(subject, judge, events, now_ms())]
        examples = ExamplesSection(subject, config) if subject.examples else None
        if examples is not None:
            every.append(examples)
        return cls(tuple(every), judge, of_events, coverage, definitions, examples)

    def close(self) -> tuple[SectionResult, ...]:
        """Return all answers; a cause found by two sections is reported only by the more specific one."""
        answers = {
            section_result.name: section_result
            for section_result in (section.close() for section in self.every)
        }
        event_findings = answers["events"].findings
        by_code = {
            (verify_finding.finding.code, verify_finding.finding.file, verify_finding.finding.line)
            for verify_finding in event_findings
        }
        by_place = {
            (verify_finding.finding.file, verify_finding.finding.line)
            for verify_finding in (*event_findings, *answers["configuration"].findings)
            if verify_finding.finding.severity == "refused"
        }
        valued = {
            (verify_finding.finding.file, verify_finding.finding.line)
            for verify_finding in event_findings
            if "_value_" in verify_finding.finding.code
        }
        sentences = {verify_finding.finding.sentence for verify_finding in event_findings}
        missing_properties = {
            (finding.finding.file, finding.finding.line)
            for finding in answers.get("definitions", _NO_ANSWER).findings
            if finding.finding.code == "definition_property_missing"
        }
        # The events section reports the number of events; a definition is impossible for the same reason.
        filters: dict[str, Callable[[Finding], bool]] = {
            "configuration": lambda finding: (finding.code, finding.file, finding.line) not in by_code,
            "definitions": lambda finding: (
                finding.sentence not in sentences
                and (finding.file, finding.line)
                not in (valued if finding.code == "definition_property_conflict" else by_place)
            ),
            "events": lambda finding: (
                finding.code != "property_undefined" or (finding.file, finding.line) not in missing_properties
            ),
        }
        return tuple(
            replace(
                answer,
                findings=tuple(
                    finding for finding in answer.findings if filters[answer.name](finding.finding)
                ),
            )
            if answer.name in filters
            else answer
            for answer in answers.values()
        )


class _Unloaded:
    """A placeholder for the questions that need a configuration, which cannot be loaded."""

    def __init__(self, events: str) -> None:
        self._events = events

    def add_event(self, event: object, line: int) -> None:
        """Ignore events."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore outcomes."""

    def close(self) -> SectionResult:
        """Return an unanswered question."""
        answer = "the configuration cannot be loaded"
        return SectionResult("events", EVENTS_QUESTION, "unanswered", answer)


def _push_events(
    subject: VerifySubject,
    config: Config,
    events: Iterable[Line | BadLine],
    sections: _Sections,
    now_ms: Callable[[], int],
) -> None:
    """Push every event to the real destination, with a client that sends nothing."""
    assert sections.events is not None
    ids = itertools.count(1)
    planned = config.for_planning()
    destination = HubSpotDestination(
        planned if subject.parity else planned.for_outbox(),
        parity=subject.parity,
        walkeros=subject.walkeros,
        client_factory=lambda token: NullClient(),  # noqa: ARG005 - the factory's signature
        consent=dict(subject.consent),
        traced=True,
        now_ms=now_ms,
        new_id=lambda: f"{next(ids):016x}",  # the same input gives the same output
        judge=sections.judge,
    )
    # Contacts share calls as in the outbox, so that the calls are those of `preview` and `send`.
    grouping = None if subject.parity else CallGrouping(config.batch_size if config.batch else 1)
    lines: dict[str, int] = {}
    waiting = _WaitingEvents(lines)
    gathered: list[Outcome] = []
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
        gathered += waiting.of_push(outcome, read.number)
        if not usable % ACCEPTED_TOGETHER:
            _add_outcomes(gathered, lines, sections, grouping, parity=subject.parity)
            gathered = []
    gathered += map(waiting.later, destination.close())
    gathered += waiting.close()
    _add_outcomes(gathered, lines, sections, grouping, parity=subject.parity, last=True)
    sections.events.granted = tuple(destination.state.view.consent)
    if not usable:
        msg = f"it has no usable event{first_bad}"
        raise NoUsableEventError(msg)


class _WaitingEvents:
    """Withholds the outcomes of events that wait for consent, so that each event has one: what came of it.

    Args:
        lines: id to line of the events whose outcome is not known yet.

    """

    def __init__(self, lines: dict[str, int]) -> None:
        self._lines = lines
        self._waiting: dict[str, deque[tuple[Outcome, int]]] = {}

    def of_push(self, outcome: Outcome, line: int) -> Iterator[Outcome]:
        """Yield the outcomes of a push in order: waiting events that it released, its own event, batches."""
        waits = outcome.kind == "denied" and outcome.reason == "consent_missing"
        if waits:
            self._waiting.setdefault(outcome.event_id, deque()).append((outcome, line))
        yield from (self.later(other) for other in outcome.also if not other.events)
        if not waits:
            self._lines[outcome.event_id] = line
            yield outcome
        yield from (other for other in outcome.also if other.events)

    def later(self, outcome: Outcome) -> Outcome:
        """Return the outcome of an event that waited until now, with its line and the findings it had before."""
        waiting = None if outcome.events else self._waiting.get(outcome.event_id)
        if not waiting:
            return outcome
        first, self._lines[outcome.event_id] = waiting.popleft()
        if not waiting:
            del self._waiting[outcome.event_id]
        plan = outcome.plan or first.plan
        if plan is not None and first.plan is not None and plan is not first.plan:
            plan = replace(plan, findings=first.plan.findings + plan.findings)
        return replace(outcome, plan=plan)

    def close(self) -> Iterator[Outcome]:
        """Yield the outcomes of the events that still wait, in the order in which they came."""
        still = [entry for waiting in self._waiting.values() for entry in waiting]
        for outcome, line in sorted(still, key=lambda entry: entry[1]):
            self._lines[outcome.event_id] = line
            yield outcome


def _add_outcomes(
    gathered: list[Outcome],
    lines: dict[str, int],
    sections: _Sections,
    grouping: CallGrouping | None,
    *,
    parity: bool,
    last: bool = False,
) -> None:
    """Give the sections the outcomes of events that are accepted together, with the calls that they share."""
    for outcome in gathered if grouping is None else grouping.group(gathered, last=last):
        predicted = predict(outcome, parity=parity)
        line = lines.get(outcome.event_id)
        for section in sections.every:
            section.add_outcome(predicted, line)
    for outcome in gathered:
        if outcome.kind != "denied":
            lines.pop(outcome.event_id, None)


def _collector(config: Config, subject: VerifySubject, now_ms: Callable[[], int]) -> Collector:
    return Collector.begun(
        config.collector, now_ms=now_ms, new_id=lambda: "0" * 16, consent=dict(subject.consent)
    )


def _verdict(answers: tuple[SectionResult, ...], *, strict: bool) -> tuple[GoVerdict, str]:
    """Return the verdict and its reason; without proof, the verdict is never GO."""
    failed = [answer.name for answer in answers if answer.status == "failed"]
    if failed:
        return "no_go", _obstacles(answers, failed)
    open_sections = [answer.name for answer in answers if answer.status == "unanswered"]
    doubtful = [answer.name for answer in answers if answer.status == "doubtful"]
    unanswered = [name for name in open_sections if name not in _OPTIONAL]
    proved = [
        answer.name
        for answer in answers
        if answer.status == "passed"
        and (answer.name == "events" or (answer.name == "examples" and answer.counts["sending"]))
    ]
    if not proved:
        cause = next((answer.cause for answer in answers if answer.name != "coverage" and answer.cause), "")
        cause = cause or "no event was checked against HubSpot's rules; pass EVENTS"
        return "no_go", f"nothing was proved: {cause}"
    unexercised = next((answer.cause for answer in answers if answer.name == "coverage" and answer.cause), "")
    if unexercised:
        return "no_go", f"the mapping was not proved: {unexercised}"
    if "contracts" in unanswered and "events" in proved:
        return "no_go", "the events were not checked against the contract of the flow"
    reserved = "; ".join(f"{answer.name}: {answer.reservation}" for answer in answers if answer.reserved)
    if strict and (unanswered or doubtful or reserved):
        reasons = [f"unanswered with --strict: {', '.join(unanswered)}"] if unanswered else []
        reasons += [f"doubtful with --strict: {', '.join(doubtful)}"] if doubtful else []
        reasons += [f"not a certain yes with --strict: {reserved}"] if reserved and not reasons else []
        return "no_go", "; ".join(reasons)
    losing = [
        answer.reservation.partition(";")[0]
        for answer in answers
        if any(found.finding.code == "contact_unknown" for found in answer.findings)
    ]
    but = f", but {losing[0]}" if losing else ""
    remarks = [f"unanswered: {', '.join(open_sections)}"] if open_sections else []
    remarks += [f"doubtful: {', '.join(doubtful)}"] if doubtful else []
    if remarks:
        return "go", f"nothing that was checked blocks{but}; {'; '.join(remarks)}"
    if reserved:
        return "go", f"nothing that was checked blocks, but {reserved}"
    return "go", "every question was answered, and nothing blocks"


def _obstacles(answers: tuple[SectionResult, ...], failed: list[str]) -> str:
    """Count the blocking findings, and list the sections that have them, so that the numbers add up."""
    counts = {
        answer.name: sum(found.blocking for found in answer.findings)
        for answer in answers
        if any(found.blocking for found in answer.findings)
    }
    blocking = sum(counts.values())
    if not blocking:
        return f"failed: {', '.join(failed)}"
    where = next(iter(counts))
    if len(counts) > 1:
        where = ", ".join(f"{count} in {name}" for name, count in counts.items())
    sentence = f"{amount(blocking, 'finding')} {verb(blocking, 'block')}: {where}"
    others = [name for name in failed if name not in counts]
    return f"{sentence}; also failed: {', '.join(others)}" if others else sentence
