"""The page of a run: what became of its events, what the checks say, samples, coverage, and the events themselves."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from hubspot_dest._version import __version__
from hubspot_dest.amounts import plural, verb
from hubspot_dest.coverage.coverage import CoverageSummary
from hubspot_dest.report.html.page import (
    ReportEvent,
    ReportInput,
    ReportPage,
    ReportProblem,
    ReportQuestion,
    ReportSample,
    ReportTone,
)
from hubspot_dest.verdict.finding_table import FindingReason
from simulator.engine.engine import Engine
from simulator.engine.reconciliation import Reconciliation
from simulator.engine.rows import Row

__all__ = ["page_of_run"]

_MOST_EVENTS = 5_000
_MOST_SAMPLES = 60


def page_of_run(
    engine: Engine,
    rows: Iterable[Row],
    title: str,
    *,
    chosen: str = "",
    inputs: Iterable[ReportInput] = (),
) -> ReportPage:
    """Return the page of a run, or of what a filter shows of it.

    Args:
        engine: the run.
        rows: the events to list; the figures are of the whole run.
        title: the page's title.
        chosen: the filter that chose the rows; empty for all.
        inputs: the run's input files.

    Raises:
        TimeoutError: the engine is stuck in a call to HubSpot.
        RuntimeError: the engine does not run.

    """
    every = [row for row in rows if not row.is_batch]
    shown = every[-_MOST_EVENTS:]
    books = engine.reconcile()
    problems = tuple(_problem(reason) for reason in engine.event_log.findings.reasons)
    tone, reason = _verdict(engine, books)
    which = f"those of the filter {chosen}" if chosen else "as they came"
    count = f"the latest {len(shown):,} of {len(every):,}" if len(shown) < len(every) else f"{len(shown):,}"
    return ReportPage(
        title=title,
        tone=tone,
        verdict="RUN",
        reason=reason,
        created=time.strftime("%Y-%m-%d %H:%M:%S %z"),
        problems=problems,
        questions=(_books(books),),
        outcomes=tuple((kind, number) for kind, number in sorted(engine.counts.kinds.items()) if number),
        samples=tuple(_samples(engine, every)),
        coverage=_coverage(engine),
        events=tuple(_event(row) for row in shown),
        events_note=f"{count}, {which}.",
        provenance=(
            ("hubspot-dest", __version__),
            ("HubSpot", "the one on this machine; nothing was sent to the real one"),
            ("profile", f"walkerOS {engine.walkeros}" if engine.parity else "hubspot-dest"),
            ("seed", str(engine.seed)),
        ),
        inputs=tuple(inputs),
        notes=tuple(_notes(engine)),
    )


def _coverage(engine: Engine) -> CoverageSummary:
    """Return the coverage of the mapping in force, as the Mapping view counts it."""
    counts = engine.counts
    return CoverageSummary.of_rules(
        engine.event_log.coverage,
        outcomes={kind: number for kind, number in counts.kinds.items() if number},
        contact_calls=sum(number for call, number in counts.calls.items() if call.startswith("crm.")),
        event_calls=sum(number for call, number in counts.calls.items() if call.startswith("events.")),
    )


def _samples(engine: Engine, rows: list[Row]) -> Iterator[ReportSample]:
    """Yield one event of each name and outcome."""
    first: dict[tuple[str, str], Row] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.name, row.kind)
        first.setdefault(key, row)
        counts[key] = counts.get(key, 0) + 1
    for sample, row in list(first.items())[:_MOST_SAMPLES]:
        calls = engine.dry_runs.calls(engine.configs[row.generation], row)
        yield ReportSample(row.name, row.kind, tuple(calls), row.sentence, row.rule, None, counts[sample])


def _event(row: Row) -> ReportEvent:
    clock = time.strftime("%H:%M:%S", time.localtime(row.at))
    return ReportEvent(clock, row.name, row.person, row.kind, row.why, row.upstream)


def _problem(reason: FindingReason) -> ReportProblem:
    finding = reason.finding
    return ReportProblem(
        finding.severity, finding.code, finding.sentence, finding.fix, reason.count, finding.config_path
    )


def _books(books: Reconciliation) -> ReportQuestion:
    return ReportQuestion(
        "Do the sender's numbers and HubSpot's agree?",
        "good" if books.agree else "bad",
        "They are the same." if books.agree else "; ".join(books.problems),
    )


def _verdict(engine: Engine, books: Reconciliation) -> tuple[ReportTone, str]:
    counts = engine.counts
    failed = counts.kinds.get("failed", 0)
    events, calls = plural(counts.taken, "event"), plural(counts.requests, "call")
    said = f"{counts.taken:,} {events}, {failed:,} of them failed; {counts.requests:,} {calls}."
    if not books.agree:
        return "bad", f"{said} The sender's numbers and HubSpot's differ."
    return ("bad" if failed else "open"), f"{said} HubSpot was the one on this machine."


def _notes(engine: Engine) -> Iterator[str]:
    counts = engine.counts
    saved, lost = plural(counts.saved, "contact call"), plural(counts.lost_upstream, "event")
    yield f"{counts.saved:,} {saved} {verb(counts.saved, 'were')} saved, since nothing about the contact was new."
    yield f"walkerOS itself would have lost {counts.lost_upstream:,} {lost}."
