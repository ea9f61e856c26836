"""Run `hubspot-dest verify`."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountSchema
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.findings_output import FindingsFormat, FindingsOutput
from hubspot_dest.cli.options import (
    ConnectionOptions,
    connected,
    consent_states,
    open_account,
    open_config,
    use_colour,
)
from hubspot_dest.cli.read_progress import ReadProgress
from hubspot_dest.cli.report_file import input_files, require_report_library, write_report
from hubspot_dest.cli.report_pages import verify_page
from hubspot_dest.cli.runs.definitions import pulled_account
from hubspot_dest.cli.runs.lint import lint_file
from hubspot_dest.config.loading import ConfigFileError, load_config, split_name
from hubspot_dest.config.model import Config
from hubspot_dest.contracts.flow_contracts import FlowContracts, read_contracts
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.flow.document import is_flow, select_destination
from hubspot_dest.flow.references import FlowError
from hubspot_dest.flow.step_examples import step_examples
from hubspot_dest.flow.upgrade import upgrade_flow
from hubspot_dest.intake.reader import BadLine, IntakeError, Line, read_events, source_name
from hubspot_dest.lint.linter import LintResult
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter
from hubspot_dest.verdict.finding_table import FailOn
from hubspot_dest.verdict.quota_forecast import Pace
from hubspot_dest.verify.catalogue import EVERY_CHECK
from hubspot_dest.verify.result import InputFile, VerifyResult
from hubspot_dest.verify.section import VerifySubject
from hubspot_dest.verify.verdict_text import located_findings, verify_cases, verify_lines, verify_records
from hubspot_dest.verify.verification import NoUsableEventError
from hubspot_dest.verify.verification import verify as run_verification

__all__ = ["verify"]

_PROGRESS: Final = 256  # events between two checks of the clock


def verify(
    config: Path,
    events: str | None,
    account: Path | None,
    live: bool,
    reach: ConnectionOptions,
    consent: tuple[str, ...],
    parity: bool,
    walkeros: str,
    fail_on: FailOn,
    fail_under: float | None,
    strict: bool,
    node: int,
    output: FindingsOutput,
    report: Path | None,
    max_line_bytes: int,
    no_color: bool,
    source: str | None = None,
    source_options: tuple[str, ...] = (),
) -> None:
    """Run `verify`; the options are those of `commands/verify.py`."""
    logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())
    logging.getLogger("hubspot_dest").propagate = False  # the result contains everything
    if report is not None:
        require_report_library()
    if live and account is not None:
        stop("--live and --account exclude each other: both describe the account", "use only one of them")
    if reach.base_url is not None and not live:
        stop("--base-url has no effect without --live: HubSpot is not contacted", "add --live")
    file, wanted = split_name(config)
    linted = lint_file(file, wanted, node)
    _require_destination(linted)
    schema, account_name = _account(config, account, live=live, reach=reach)
    loaded, problems = _load(config)
    states = consent_states(consent) if loaded is None else consent_states(consent, loaded.raw)
    place, entry = _entry(linted, wanted)
    subject = VerifySubject(
        str(config),
        str(file),
        linted,
        loaded,
        problems,
        _contracts(linted, str(file), wanted),
        tuple(step_examples(entry)),
        place,
        schema,
        account_name,
        states,
        parity,
        walkeros,
        fail_on,
        fail_under,
        None if source is None or loaded is None else _pace(loaded, source, source_options, states),
    )
    name = "" if events is None else source_name(events)
    try:
        result = run_verification(
            subject,
            None if events is None else _read(events, max_line_bytes),
            events_name=name,
            now_ms=lambda: time.time_ns() // 1_000_000,
            inputs=tuple(
                InputFile(read.role, read.name, read.sha256, read.size)
                for read in input_files(("configuration", file), ("events", events), ("account", account))
            ),
            strict=strict,
        )
    except NoUsableEventError as error:
        stop(f"{safe_text(name)}: {safe_text(error)}")
    except IntakeError as error:
        stop(safe_text(error))
    findings = ("hubspot-dest verify", located_findings(result), EVERY_CHECK, verify_cases(result))
    output.write_files(*findings)
    if report is not None:
        profile = f"walkerOS {walkeros}" if parity else "hubspot-dest"
        options = (("profile", profile), ("consent", ", ".join(consent)), ("fail on", fail_on))
        write_report(report, verify_page(result, [(name, value) for name, value in options if value]))
    _show(result, output.form, Painter(colour=use_colour(refused=no_color)))
    output.print_form(*findings)
    raise SystemExit(int(ExitCode.OK if result.verdict == "go" else ExitCode.CHECK_FAILED))


def _pace(config: Config, source: str, options: tuple[str, ...], states: dict[str, bool]) -> Pace:
    """Return the rate of a stream; exit with code 2 if its broker does not answer."""
    from hubspot_dest.cli.stream_address import address_of, end_with
    from hubspot_dest.cli.stream_sample import plan_sample
    from hubspot_dest.streams.errors import StreamError
    from hubspot_dest.streams.survey import survey_of

    address = address_of(source, options)
    try:
        survey = survey_of(address)
    except StreamError as error:
        end_with(error)
    return plan_sample(config.for_planning(), survey, states).pace


def _read(events: str, max_line_bytes: int) -> Iterator[Line | BadLine]:
    """Yield the events, and show the progress of reading them on a terminal."""
    progress = ReadProgress(events)
    for number, read in enumerate(read_events(events, max_line_bytes=max_line_bytes), 1):
        if not number % _PROGRESS:
            progress.show(number, read.end)
        yield read
    progress.clear()


def _require_destination(linted: LintResult) -> None:
    """Exit with code 2 if the file is a flow in which no single HubSpot destination can be selected."""
    for finding in linted.findings:
        if finding.code == "flow_destination":
            stop(f"{safe_text(linted.file)}: {safe_text(finding.sentence)}", safe_text(finding.fix))


def _account(
    config: Path, account: Path | None, *, live: bool, reach: ConnectionOptions
) -> tuple[AccountSchema, str]:
    """Return the known schema of the account, and the account's name for messages."""
    if live:
        loaded = connected(open_config(config), reach)
        client = HubSpotClient(
            loaded.token, timeout_seconds=loaded.timeout_ms / 1000, connection=loaded.connection
        )
        schema = pulled_account(client)
        return schema, f"portal {schema.portal_id}"
    return (UNKNOWN_ACCOUNT, "") if account is None else (open_account(account), str(account))


def _load(config: Path) -> tuple[Config | None, tuple[str, ...]]:
    try:
        return load_config(config, needs_token=False)[0], ()  # lint reports its warnings as findings
    except ConfigFileError as error:
        return None, tuple(error.lines)


def _entry(linted: LintResult, wanted: str) -> tuple[tuple[str | int, ...], Any]:
    """Return the path of the destination in the file, and its entry."""
    document: Any = None if linted.source is None else linted.source.value
    if not is_flow(document):
        return (), document
    document, _ = upgrade_flow(document)
    try:
        flow, name = select_destination(document, wanted)
    except FlowError:
        return (), None
    return ("flows", flow, "destinations", name), document["flows"][flow]["destinations"][name]


def _contracts(linted: LintResult, file: str, wanted: str) -> FlowContracts | None:
    if linted.source is None:
        return None
    return read_contracts(linted.source, file, destination=wanted, environment=os.environ)


def _show(result: VerifyResult, form: FindingsFormat, painter: Painter) -> None:
    if form == "text":
        for line in verify_lines(result, painter):
            print_data(line)
    elif form == "json":
        for record in verify_records(result):
            print_data(as_json(record))
    else:
        word = "GO" if result.verdict == "go" else "NO-GO"
        say(f"{word}: {safe_text(result.config)}: {safe_text(result.reason)}")
