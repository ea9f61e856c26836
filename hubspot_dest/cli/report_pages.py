"""Build the pages of a preview and of a verification: verdict, problems, what to create, samples."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from hubspot_dest._version import __version__
from hubspot_dest.amounts import amount
from hubspot_dest.cli.report_file import local_time
from hubspot_dest.coverage.coverage import CoverageSummary
from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedEvent, PlannedProperty
from hubspot_dest.report.html.page import (
    ReportDefinition,
    ReportExample,
    ReportInput,
    ReportPage,
    ReportProblem,
    ReportQuestion,
    ReportSample,
    ReportTone,
)
from hubspot_dest.verdict.finding_table import FindingReason
from hubspot_dest.verify.result import SectionStatus, VerifyFinding, VerifyResult

__all__ = ["definition_rows", "preview_page", "verify_page"]

_SENDING: Final = ("sent", "queued", "flushed", "identified")


def preview_page(
    *,
    config: str,
    events: str,
    account: str,
    outcomes: Mapping[str, int],
    bad_lines: int,
    reasons: Iterable[FindingReason],
    samples: tuple[ReportSample, ...],
    definitions: DefinitionsPlan,
    coverage: CoverageSummary,
    options: Iterable[tuple[str, str]],
    inputs: Iterable[ReportInput],
    notes: Iterable[str],
) -> ReportPage:
    """Build the page of a preview.

    Args:
        config: the configuration's name.
        events: the name of the source of events.
        account: the name of the account's source; empty if it is unknown.
        outcomes: outcome to number of events.
        bad_lines: the number of lines that are not events.
        reasons: what the checks say.
        samples: one event for each name and outcome.
        definitions: what must exist in HubSpot.
        coverage: what the events exercise.
        options: the options of the preview: name and value.
        inputs: the input files.
        notes: remarks about the run.

    """
    problems = tuple(_problem(reason) for reason in reasons)
    tone, reason = _verdict(outcomes, bad_lines, problems, account=account)
    return ReportPage(
        title=f"What HubSpot would receive: {config}",
        tone=tone,
        verdict="PREVIEW",
        reason=reason,
        created=local_time(),
        problems=problems,
        outcomes=tuple(outcomes.items()),
        samples=samples,
        definitions=tuple(definition_rows(definitions)),
        coverage=coverage,
        provenance=(
            ("hubspot-dest", __version__),
            ("configuration", config),
            ("events", events),
            ("account", account or "not known"),
            *options,
        ),
        inputs=tuple(inputs),
        notes=tuple(notes),
    )


def verify_page(result: VerifyResult, options: Iterable[tuple[str, str]] = ()) -> ReportPage:
    """Build the page of a verification, the record of a decision to go live.

    Args:
        result: the result of the verification.
        options: the options of the verification: name and value.

    """
    tones: dict[SectionStatus, ReportTone] = {
        "passed": "good",
        "doubtful": "open",
        "failed": "bad",
        "unanswered": "open",
    }
    return ReportPage(
        title=f"Is {result.config} ready to go live?",
        tone="good" if result.verdict == "go" else "bad",
        verdict="GO" if result.verdict == "go" else "NO-GO",
        reason=result.reason,
        created=f"checked {_time_of(result.checked_at_ms)}",
        problems=tuple(_verify_problem(found) for found in result.findings),
        questions=tuple(
            ReportQuestion(
                section.question,
                "open" if section.reserved else tones[section.status],
                section.answer,
                section.notes,
                section.reservation if section.reserved else "",
            )
            for section in result.sections
        ),
        outcomes=tuple(result.outcomes.items()),
        samples=tuple(
            ReportSample(
                sample.event,
                sample.outcome,
                sample.calls,
                sample.sentence,
                sample.rule,
                sample.line,
                sample.count,
            )
            for sample in result.samples
        ),
        definitions=None if result.definitions is None else tuple(definition_rows(result.definitions)),
        coverage=result.coverage,
        examples=tuple(
            ReportExample(example.name, example.title, example.passed, example.differences)
            for example in result.examples
        ),
        provenance=(
            ("hubspot-dest", result.version),
            ("configuration", result.config),
            ("events", result.events or "none"),
            ("account", result.account or "not known"),
            *options,
        ),
        inputs=tuple(ReportInput(file.role, file.name, file.sha256, file.size) for file in result.inputs),
    )


def _verify_problem(found: VerifyFinding) -> ReportProblem:
    finding = found.finding
    place = (
        f"{finding.file}, line {finding.line}" if finding.file and finding.line is not None else finding.file
    )
    if found.event_line is not None:
        place = "; ".join(filter(None, (place, f"first in line {found.event_line} of the events")))
    where = ": ".join(filter(None, (place, finding.config_path)))
    return ReportProblem(
        finding.severity, finding.code, finding.sentence, finding.fix, found.count, where, found.blocking
    )


def _time_of(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(milliseconds / 1000))


def definition_rows(plan: DefinitionsPlan) -> Iterator[ReportDefinition]:
    """Yield what must exist in HubSpot, one row per event or contact property, missing ones first."""
    rows = [
        *(_event_row(event) for event in plan.events),
        *(_property_row(prop, "contact property") for prop in plan.contact_properties),
    ]
    return iter(sorted(rows, key=lambda row: not row.lacking))


def _event_row(event: PlannedEvent) -> ReportDefinition:
    properties = tuple(_property_row(prop, "property") for prop in event.properties)
    note = _note(event.sentence, event.fix)
    return ReportDefinition("event", event.full_name, event.state, "", note, properties)


def _property_row(prop: PlannedProperty, kind: str) -> ReportDefinition:
    return ReportDefinition(kind, prop.name, prop.state, prop.type, _note(prop.sentence, prop.fix))


def _note(sentence: str, fix: str) -> str:
    return f"{sentence}; {fix}" if sentence and fix else sentence


def _problem(reason: FindingReason) -> ReportProblem:
    finding = reason.finding
    parts = [finding.config_path]
    if finding.file and finding.line is not None:
        parts.insert(0, f"{finding.file}, line {finding.line}")
    elif reason.line is not None:
        parts.insert(0, f"first in line {reason.line} of the events")
    return ReportProblem(
        finding.severity,
        finding.code,
        finding.sentence,
        finding.fix,
        reason.count,
        ": ".join(filter(None, parts)),
        blocking=finding.severity != "doubtful",
    )


def _verdict(
    outcomes: Mapping[str, int], bad_lines: int, problems: tuple[ReportProblem, ...], *, account: str
) -> tuple[ReportTone, str]:
    events = sum(outcomes.values())
    wrong = [
        f"{outcomes[kind]:,} {words}"
        for kind, words in (("refused", "would be refused by HubSpot"), ("failed", "fail"))
        if outcomes.get(kind)
    ]
    if bad_lines:
        wrong.append(f"{amount(bad_lines, 'line')} cannot be read as events")
    if wrong:
        return "bad", f"Of {events:,} events, {', '.join(wrong)}."
    if any(problem.blocking for problem in problems):
        return "bad", f"Part of the {events:,} events would be refused or lost: see below."
    if not any(outcomes.get(kind) for kind in _SENDING):
        return "open", f"None of {amount(events, 'event')} is sent, so nothing is proved."
    unknown = "" if account else " The account is unknown, so its definitions were not compared."
    doubts = " Some of it is doubtful: see below." if problems else ""
    tone: ReportTone = "good" if account and not problems else "open"
    return tone, f"By its documented rules, HubSpot refuses none of {events:,} events.{doubts}{unknown}"
