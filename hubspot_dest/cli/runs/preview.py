"""Run `hubspot-dest preview`."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountSchema
from hubspot_dest.amounts import amount, plural, verb
from hubspot_dest.checks.finding import Finding
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.counters import RunCounters
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import consent_hint, consent_states, open_account, open_config, use_colour
from hubspot_dest.cli.read_progress import ReadProgress
from hubspot_dest.config.loading import DocumentError, split_name
from hubspot_dest.config.model import Config, SourceMap
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.events.collector import Collector
from hubspot_dest.intake.reader import ACCEPTED_TOGETHER, BadLine, EventSource, IntakeError, Line, source_name
from hubspot_dest.mapping.dialect import WALKEROS_4_7, Dialect, dialect_of
from hubspot_dest.mapping.rules import rule_keys
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.json_report import as_json, outcome_record
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter, finding_lines, outcome_lines, reason_lines
from hubspot_dest.verdict.finding_table import FailOn, FindingTable
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.missing_emails import MissingEmails
from hubspot_dest.verdict.prediction import predict
from hubspot_dest.verdict.quotas import Quotas

if TYPE_CHECKING:
    from hubspot_dest.cli.runs.preview_report import PreviewReport
    from hubspot_dest.contracts.event_contracts import EventContracts
    from hubspot_dest.coverage.coverage import CoverageSummary
    from hubspot_dest.delivery.dispatch.call_grouping import CallGrouping

__all__ = ["preview"]

_PROGRESS: Final = 256  # events between two checks of the clock
_LINES: Final = 20  # maximum number of lines shown for a shared call
_LATER_CALL: Final = ("denied", "queued")  # the later outcome of such an event has its line
_WEIGHT: Final = 100  # one of this many events is counted for the quotas


def preview(
    config: Path,
    events: str | None,
    consent: tuple[str, ...],
    parity: bool,
    no_outbox: bool,
    walkeros: str,
    as_json: bool,
    no_color: bool,
    explain: bool,
    only: str | None,
    account: Path | None,
    fail_on: FailOn,
    no_findings: bool,
    max_line_bytes: int,
    coverage: bool,
    fail_under: float | None,
    report: Path | None,
    save_example: str | None,
    example_line: int | None,
) -> None:
    """Run `preview`; the options are those of `commands/preview.py`."""
    logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())
    logging.getLogger("hubspot_dest").propagate = False  # issues are shown with their events
    loaded = open_config(config, needs_token=False).for_planning()
    if not (parity or no_outbox):
        loaded = loaded.for_outbox()
    states = consent_states(consent, loaded.raw)
    known = UNKNOWN_ACCOUNT if account is None else open_account(account)
    if events is None:
        painter = Painter(colour=use_colour(refused=no_color))
        judge = None if no_findings else Judge(loaded.raw, source=loaded.source, account=known)
        raise SystemExit(int(_show_rules(loaded, config, judge, fail_on, None if as_json else painter)))
    verdict = None if no_findings else _PreviewVerdict(loaded, known, fail_on)
    counted = None
    if coverage or fail_under is not None or report is not None:
        counted = _PreviewCoverage(
            loaded, known, states, fail_under, dialect_of(walkeros) if parity else None
        )
    contracts = None if no_findings else _contracts(config, loaded, states, source_name(events))
    grouping = None if parity or no_outbox else _grouping(loaded)
    run = _Preview(
        loaded,
        parity=parity,
        walkeros=walkeros,
        states=states,
        explain=explain,
        verdict=verdict,
        coverage=counted,
        traced=report is not None,  # the types of the definitions follow from the values
        grouping=grouping,
        contracts=contracts,
    )
    if report is not None:
        if no_findings:
            stop("--report shows the findings, and --no-findings leaves them out", "use only one of them")
        given = {
            "consent": ", ".join(consent),
            "profile": f"walkerOS {walkeros}" if parity else "hubspot-dest",
        }
        from hubspot_dest.cli.runs.preview_report import PreviewReport  # loads the report's parts

        run.report = PreviewReport(report, config, account, loaded, known, given)
    run.show = (
        _JsonShow() if as_json else _TextShow(Painter(colour=use_colour(refused=no_color)), explain=explain)
    )
    run.only = only
    # Coverage of a million events needs no output per event.
    run.shows_events = not (coverage or fail_under is not None) or explain or only is not None
    run.shows_coverage = coverage or fail_under is not None
    if save_example is None and example_line is not None:
        stop("--example-line has no effect without --save-example", "add --save-example NAME")
    run.example_line = example_line
    code = run.play(events, max_line_bytes)
    if save_example is not None:
        if run.example is None:
            stop(
                f"there is no usable event on line {example_line}"
                if example_line
                else "there is no usable event"
            )
        from hubspot_dest.cli.runs.save_example import (
            save_example as save,  # here, so that previews start fast
        )

        save(config, loaded, save_example, run.example, known)
    raise SystemExit(int(code))


def _grouping(config: Config) -> CallGrouping:
    from hubspot_dest.delivery.dispatch.call_grouping import CallGrouping  # loads the parts of the outbox

    return CallGrouping(config.batch_size if config.batch else 1)


def _contracts(path: Path, config: Config, states: dict[str, bool], source: str) -> EventContracts | None:
    """Return the checker of the flow's contracts; None if the flow has none."""
    file, wanted = split_name(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
        if "contract" not in text:
            return None
        from hubspot_dest.lint.source_file import parse_source  # for flows with a contract, as what follows

        document = parse_source(file.name, text)
    except (OSError, UnicodeDecodeError, DocumentError):
        return None  # loading the configuration has read it already
    from hubspot_dest.contracts.checker import MissingLibraryError
    from hubspot_dest.contracts.event_contracts import EventContracts
    from hubspot_dest.contracts.flow_contracts import read_contracts

    contracts = read_contracts(document, str(file), destination=wanted, environment=os.environ)
    for finding in contracts.findings:
        say(f"warning: {safe_text(finding.sentence)} ({safe_text(finding.file)}, line {finding.line})")
    if not contracts.contracts:
        return None
    collector = Collector.begun(config.collector, now_ms=_now_ms, new_id=lambda: "0" * 16, consent=states)
    try:
        return EventContracts(contracts, collector, source)
    except MissingLibraryError as error:
        say(f"warning: the contract {safe_text(contracts.names)} is not checked: {error}")
        return None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class _PreviewVerdict:
    """The findings of a preview, and whether they make it fail."""

    def __init__(self, config: Config, account: AccountSchema, fail_on: FailOn) -> None:
        self.judge = Judge(config.raw, source=config.source, account=account)
        self.table = FindingTable()
        self.account = account
        self._quotas = Quotas(account.limits)
        self._fail_on = fail_on

    def add(self, outcome: Outcome, line: int | None, source: str, *, parity: bool) -> Outcome:
        """Count the findings of an outcome, and return the outcome that HubSpot would cause."""
        plan = outcome.plan
        if plan is None or not plan.findings:
            return outcome
        findings = tuple(
            finding if finding.config_path else replace(finding, file=source, line=line)
            for finding in plan.findings
        )
        self.table.add(findings, line)
        return predict(replace(outcome, plan=replace(plan, findings=findings)), parity=parity)

    def count_calls(self, outcome: Outcome, calls: int) -> None:
        """Count contact calls by the day of an outcome's event."""
        self._quotas.add_calls(outcome, calls)

    def sample(self, outcome: Outcome) -> None:
        """Count an outcome, as a sample for all outcomes since the last sampled one."""
        self._quotas.add(outcome, _WEIGHT)

    def close(self, granted: Collection[str]) -> tuple[Finding, ...]:
        """Count and return the findings that need all events.

        Args:
            granted: the names of consents that the collector grants.

        """
        found = (*self.judge.summary(granted), *self._quotas.findings(self.judge.event_names))
        self.table.add(found, None)
        return found

    @property
    def failed(self) -> bool:
        """Whether a finding is severe enough for exit code 1."""
        return self.table.fails(self._fail_on)


class _PreviewCoverage:
    """The coverage of a preview, and whether it is sufficient."""

    def __init__(
        self,
        config: Config,
        account: AccountSchema,
        states: dict[str, bool],
        fail_under: float | None,
        dialect: Dialect | None,
    ) -> None:
        from hubspot_dest.coverage.coverage import Coverage  # for those who ask for it

        collector = Collector.begun(config.collector, now_ms=lambda: 0, consent=states)
        self.counter = Coverage(
            config.raw,
            collector=collector.view,
            limits=account.limits,
            dialect=dialect or WALKEROS_4_7,
        )
        self.source = config.source
        self._fail_under = fail_under

    def shortfall(self, summary: CoverageSummary) -> str:
        """Return why the coverage is insufficient; empty if it is sufficient, or if no minimum is set."""
        if self._fail_under is None or (summary.percent or 0.0) >= self._fail_under:
            return ""
        if summary.percent is None:
            return "the configuration has neither rules nor properties to cover"
        return f"coverage is {summary.percent:g} %, below --fail-under {self._fail_under:g}"


class _Preview:
    """A preview: pushes every event through the real destination, with a client that sends nothing.

    What `send` accepts together is shown together, with the calls that its outbox makes of it (`grouping`).
    """

    show: _TextShow | _JsonShow
    only: str | None = None
    shows_events = True
    shows_coverage = False
    report: PreviewReport | None = None
    example: dict[str, Any] | None = None
    example_line: int | None = None

    def __init__(
        self,
        config: Config,
        *,
        parity: bool,
        walkeros: str,
        states: dict[str, bool],
        explain: bool,
        verdict: _PreviewVerdict | None,
        coverage: _PreviewCoverage | None,
        grouping: CallGrouping | None,
        traced: bool = False,
        contracts: EventContracts | None = None,
    ) -> None:
        ids = itertools.count(1)
        self._parity = parity
        self._verdict = verdict
        self._coverage = coverage
        self._contracts = contracts
        self._destination = HubSpotDestination(
            config,
            parity=parity,
            walkeros=walkeros,
            client_factory=lambda token: NullClient(),  # noqa: ARG005 - the factory's shape
            consent=states,
            traced=explain or traced,
            new_id=lambda: f"{next(ids):016x}",  # the same input gives the same output
            judge=None if verdict is None else verdict.judge,
        )
        self._source = ""
        self._lines: dict[str, int] = {}
        self._grouping = grouping
        self._gathered: list[Outcome] = []
        self._counters = RunCounters(MissingEmails(config.raw))

    def play(self, source: str, max_line_bytes: int) -> ExitCode:
        """Push every event, and report the outcomes."""
        self._source = source_name(source)
        progress = ReadProgress(source)
        events = EventSource(source, max_line_bytes=max_line_bytes)
        together = 0
        try:
            for read in events:
                if isinstance(read, BadLine):
                    self._counters.bad_line(read, source)
                else:
                    self._push(read)
                    if not self.shows_events and not self._counters.events % _PROGRESS:
                        progress.show(self._counters.events, read.end)
                together += 1
                if together >= ACCEPTED_TOGETHER or not events.line_available:
                    self._tell_gathered()
                    together = 0
        except IntakeError as error:
            stop(safe_text(error))
        progress.clear()
        self._gathered += self._destination.close()
        self._tell_gathered(last=True)
        self._counters.settle(self._destination.waiting)
        last = () if self._verdict is None else self._verdict.close(self._destination.state.view.consent)
        covered = None if self._coverage is None else self._coverage.counter.summary()
        if covered is not None and self._coverage is not None and self.shows_coverage:
            self.show.coverage(covered, self._coverage.source)
        self.show.summary(self._counters, self._destination, self._verdict, last)
        if self._counters.events == 0:
            say(f"error: {safe_text(source_name(source))} has no usable event")
            return ExitCode.USAGE_ERROR
        if self.report is not None and covered is not None and self._verdict is not None:
            notes = _once(self._counters, self._destination, self._verdict)
            self.report.write(source, self._counters, self._verdict.table, covered, notes)
        if covered is not None and self._coverage is not None and (why := self._coverage.shortfall(covered)):
            say(why)
            return ExitCode.CHECK_FAILED
        # Refused events count by --fail-on.
        if self._counters.bad_lines or self._counters.wrong > self._counters.kinds["refused"]:
            return ExitCode.CHECK_FAILED
        failed = self._verdict is not None and self._verdict.failed
        return ExitCode.CHECK_FAILED if failed else ExitCode.OK

    def _push(self, read: Line) -> None:
        """Push an event; its outcome is reported with those of events accepted together with it."""
        self._counters.events += 1
        if self.example is None and self.example_line in (None, read.number):
            self.example = read.event
        broken = () if self._contracts is None else self._contracts.check(read.event, read.number)
        outcome = self._destination.push(read.event)
        if broken and outcome.plan is not None:
            findings = (*outcome.plan.findings, *broken)
            outcome = replace(outcome, plan=replace(outcome.plan, findings=findings))
        self._lines[outcome.event_id] = read.number
        self._gathered += [other for other in outcome.also if not other.events]
        self._gathered.append(outcome)
        self._gathered += [other for other in outcome.also if other.events]
        if self._verdict is not None and not self._counters.events % _WEIGHT:
            self._verdict.sample(outcome)

    def _tell_gathered(self, *, last: bool = False) -> None:
        gathered, self._gathered = self._gathered, []
        grouped = gathered if self._grouping is None else self._grouping.group(gathered, last=last)
        # A call shared by several events has their ids, and counts for the first of them.
        shares = any(outcome.events and outcome.calls for outcome in grouped)
        own = {outcome.event_id: outcome for outcome in grouped if not outcome.events} if shares else {}
        for outcome in grouped:
            if outcome.calls and self._verdict is not None:
                contact_calls = sum(str(call[0]).startswith("crm.") for call in outcome.calls)
                if contact_calls:
                    whose = own.get(outcome.events[0], outcome) if outcome.events else outcome
                    self._verdict.count_calls(whose, contact_calls)
            self._tell(outcome)
        lines = self._lines
        for outcome in grouped:
            if outcome.events:
                for done in outcome.events:
                    lines.pop(done, None)
            elif outcome.kind not in _LATER_CALL and not outcome.batched:
                lines.pop(outcome.event_id, None)

    def _tell(self, outcome: Outcome) -> None:
        line = self._lines.get(outcome.event_id)
        plan, verdict = outcome.plan, self._verdict
        # An event without findings needs no more work.
        if plan is not None and verdict is not None and plan.findings:
            outcome = verdict.add(outcome, line, self._source, parity=self._parity)
        self._counters.count(outcome)
        if self._coverage is not None:
            self._coverage.counter.count(outcome, line)
        if self.report is not None:
            self.report.add(outcome, line)
        if not self.shows_events:
            return
        if self.only is None or outcome.kind == self.only:
            shared = [self._lines.get(text) for text in outcome.events] if outcome.events else []
            self.show.outcome(outcome, line, shared)


class _TextShow:
    def __init__(self, painter: Painter, *, explain: bool) -> None:
        self._painter = painter
        self._explain = explain

    def coverage(self, summary: CoverageSummary, source: SourceMap | None) -> None:
        """Show what the events exercised."""
        from hubspot_dest.report.coverage_text import coverage_lines

        for text in coverage_lines(summary, self._painter, source):
            print_data(text)

    def outcome(self, outcome: Outcome, line: int | None, lines: Sequence[int | None]) -> None:
        """Show an outcome; for a call shared by several events, with their lines."""
        where = f"line {line}" if line is not None else ""
        for text in outcome_lines(outcome, where, self._painter, explain=self._explain):
            print_data(text)
        known = sorted({number for number in lines if number is not None})
        if known:
            shown = ", ".join(map(str, known[:_LINES])) + (" …" if len(known) > _LINES else "")
            print_data(f"             of {plural(len(known), 'line')} {shown}")

    def summary(
        self,
        counters: RunCounters,
        destination: HubSpotDestination,
        verdict: _PreviewVerdict | None,
        last: tuple[Finding, ...],
    ) -> None:
        """Show the counts, the rules that no event matched, and every reason once."""
        for finding in last:
            for text in finding_lines(finding, self._painter):
                print_data(text)
        say(counters.sentence())
        if destination.waiting:
            wait = f"{amount(destination.waiting, 'event')} still {verb(destination.waiting, 'wait')}"
            say(f"{wait} for consent; {consent_hint(destination.config.raw)} grants it")
        unmet = [key for key in rule_keys(destination.config.raw.get("mapping")) if key not in counters.rules]
        if unmet and counters.events:
            say(f"rules that no event matched: {', '.join(safe_text(key) for key in unmet)}")
        if verdict is None:
            return
        for sentence in _once(counters, destination, verdict):
            say(safe_text(sentence))
        for text in reason_lines(verdict.table.reasons):
            say(text)


class _JsonShow:
    def __init__(self) -> None:
        self._coverage: CoverageSummary | None = None

    def coverage(self, summary: CoverageSummary, source: SourceMap | None) -> None:  # noqa: ARG002 - one signature
        """Keep the coverage, which is part of the summary."""
        self._coverage = summary

    def outcome(self, outcome: Outcome, line: int | None, lines: Sequence[int | None]) -> None:
        """Print an outcome as JSON; for a call shared by several events, with their lines."""
        record = outcome_record(outcome, line)
        if lines:
            record["lines"] = list(lines)
        print_data(as_json(record))

    def summary(
        self,
        counters: RunCounters,
        destination: HubSpotDestination,
        verdict: _PreviewVerdict | None,
        last: tuple[Finding, ...],
    ) -> None:
        """Print the counts as JSON."""
        unmet = [key for key in rule_keys(destination.config.raw.get("mapping")) if key not in counters.rules]
        more: dict[str, Any] = {"waiting": destination.waiting, "rulesNeverMet": unmet}
        if verdict is not None:
            more["findings"] = [finding.as_dict() for finding in last]
            more["reasons"] = [reason.as_dict() for reason in verdict.table.reasons]
            more["notes"] = list(_once(counters, destination, verdict))
        if self._coverage is not None:
            more["coverage"] = self._coverage.as_dict()
        print_data(as_json(counters.record(**more)))


def _once(counters: RunCounters, destination: HubSpotDestination, verdict: _PreviewVerdict) -> Iterator[str]:
    """Yield remarks about the run that are not findings: what depends on the account's contacts, or is unknown."""
    if counters.emails is not None:
        yield from counters.emails.sentences()
    if counters.contact_calls and destination.parity:
        yield "for contacts that HubSpot does not have yet, it answers 404, and walkerOS loses the event"
    elif counters.contact_calls:
        yield "contacts that HubSpot does not have yet are created; walkerOS would lose their events (404)"
    if destination.config.batch and counters.kinds["refused"]:
        yield "events are sent in batches: HubSpot may refuse a whole batch because of one event"
    if verdict.account is UNKNOWN_ACCOUNT:
        yield (
            "unknown without --account FILE: which events, properties and options the account has "
            "(hubspot-dest account pull CONFIG -o account.json)"
        )


def _show_rules(
    config: Config, path: Path, judge: Judge | None, fail_on: FailOn, painter: Painter | None
) -> ExitCode:
    """Show the rules, and the findings that need no event; as JSON without a painter."""
    keys = rule_keys(config.raw.get("mapping"))
    found = () if judge is None else judge.configuration()
    table = FindingTable()
    table.add(found, None)
    failed = table.fails(fail_on)
    if painter is None:
        findings = [finding.as_dict() for finding in found]
        print_data(as_json({"summary": True, "events": 0, "rules": list(keys), "findings": findings}))
        return ExitCode.CHECK_FAILED if failed else ExitCode.OK
    mode = f"batches of {config.batch_size}" if config.batch else "one request per event"
    word = "fine" if not found else amount(len(found), "finding")
    print_data(f"{safe_text(path)}: {word}; {amount(len(keys), 'rule')}, {mode}")
    for key in keys:
        print_data(f"  {safe_text(key)}")
    for finding in found:
        for text in finding_lines(finding, painter):
            print_data(text)
    say(f"next, with events: hubspot-dest preview {safe_text(path)} events.jsonl --explain")
    return ExitCode.CHECK_FAILED if failed else ExitCode.OK
