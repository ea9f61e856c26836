"""Make the page of a preview: its verdict, what is refused, what to create, samples and coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hubspot_dest._version import __version__
from hubspot_dest.cli.report_file import local_time
from hubspot_dest.coverage.coverage import CoverageSummary
from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedEvent, PlannedProperty
from hubspot_dest.report.html.page import (
    ReportDefinition,
    ReportInput,
    ReportPage,
    ReportProblem,
    ReportSample,
    ReportTone,
)
from hubspot_dest.verdict.finding_table import FindingReason

__all__ = ["definition_rows", "preview_page"]


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
    """Return the page of a preview.

    Args:
        config: the configuration's name.
        events: the name of the source of events.
        account: the name of what stands for the account; empty if it is not known.
        outcomes: how many events had each outcome.
        bad_lines: how many lines are no events.
        reasons: what the checks say.
        samples: one event of each name and outcome.
        definitions: what must exist in HubSpot.
        coverage: what the events exercise.
        options: what the preview was asked for: name and value.
        inputs: the files that it rests on.
        notes: what is true of the run.

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


def definition_rows(plan: DefinitionsPlan) -> Iterator[ReportDefinition]:
    """Yield what must exist in HubSpot, one row an event or a contact property: what is lacking first."""
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
        wrong.append(f"{bad_lines:,} lines are no events")
    if wrong:
        return "bad", f"Of {events:,} events, {', '.join(wrong)}."
    if any(problem.blocking for problem in problems):
        return "bad", f"Something of the {events:,} events would be refused or lost: see below."
    unknown = (
        "" if account else " What the account has is not known, so that its definitions are not compared."
    )
    doubts = " Some of it is doubtful: see below." if problems else ""
    tone: ReportTone = "good" if account and not problems else "open"
    return tone, f"HubSpot refuses none of {events:,} events by its documented rules.{doubts}{unknown}"
