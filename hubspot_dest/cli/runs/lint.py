"""What `hubspot-dest lint` does."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.amounts import amount
from hubspot_dest.checks.catalogue import CATALOGUE, Check
from hubspot_dest.checks.finding import SEVERITIES, Finding
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.findings_output import FindingsOutput
from hubspot_dest.cli.options import open_account, refuse, refuse_other_file, use_colour
from hubspot_dest.config.loading import ConfigFileError, load_config, read_text, split_name
from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.lint.catalogue import LINT_CHECKS
from hubspot_dest.lint.fixes import apply_edits, edits_of
from hubspot_dest.lint.linter import LintResult, LocatedFinding, lint_text
from hubspot_dest.report.finding_text import count_sentence, finding_cases, finding_lines
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter
from hubspot_dest.storage.whole_file import write_whole_file
from hubspot_dest.verdict.judge import Judge

__all__ = ["fails", "lint", "lint_file"]


def lint(
    config: Path | None,
    fail_on: str,
    output: FindingsOutput,
    fix: bool,
    account: Path | None,
    explain: str | None,
    node: int,
    no_color: bool,
) -> None:
    """Carry `lint` out; the options are those of `commands/lint.py`."""
    checks = {**CATALOGUE, **LINT_CHECKS, **CONTRACT_CHECKS}
    if explain is not None:
        _explain(explain, checks)
        return
    if config is None:
        stop("no CONFIG is given", "hubspot-dest lint shop.yaml")
    file, wanted = split_name(config)
    result = lint_file(file, wanted, node)
    if fix:
        result = _fix(file, wanted, node, result)
    if account is not None:
        result = _judged(result, config, open_account(account))
    _print(result, output, checks, Painter(colour=use_colour(refused=no_color)))
    raise SystemExit(int(ExitCode.CHECK_FAILED if fails(result.findings, fail_on) else ExitCode.OK))


def _judged(result: LintResult, config: Path, account: AccountSchema) -> LintResult:
    """Add what the account does not have or does not accept, as far as it can be known without events."""
    try:
        loaded, _ = load_config(config, needs_token=False)
    except ConfigFileError:
        note = "not compared with the account: the configuration cannot be loaded"
        return replace(result, notes=(*result.notes, note))
    known = {(finding.code, finding.line) for finding in result.findings}
    found = Judge(loaded.raw, source=loaded.source, account=account).configuration()
    added = [LocatedFinding(finding, ()) for finding in found if (finding.code, finding.line) not in known]
    located = sorted((*result.located, *added), key=lambda located: located.finding.line or 0)
    return replace(result, located=tuple(located))


def fails(findings: tuple[Finding, ...], fail_on: str) -> bool:
    """Return whether a finding is at least as severe as `fail_on`: refused, lost, doubtful or never."""
    if fail_on == "never":
        return False
    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(finding.severity in counted for finding in findings)


def lint_file(file: Path, wanted: str, node: int) -> LintResult:
    """Lint a file; exit with code 2 if it cannot be read, or is another kind of file."""
    refuse_other_file(file)
    try:
        text = read_text(file)
    except ConfigFileError as error:
        refuse(error)
    return lint_text(str(file), text, destination=wanted, environment=os.environ, node=node)


def _fix(file: Path, wanted: str, node: int, result: LintResult) -> LintResult:
    edits = edits_of(result)
    if not edits or result.source is None:
        say("nothing can be fixed mechanically")
        return result
    raw = file.read_bytes()
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    try:
        write_whole_file(file, mark + apply_edits(result.source.text, edits).encode())
    except OSError as error:
        stop(f"{safe_text(file)} cannot be written: {error.strerror or error}")
    say(f"fixed {len(edits)} of {amount(len(result.findings), 'finding')} in {safe_text(file)}")
    return lint_file(file, wanted, node)


def _print(result: LintResult, output: FindingsOutput, checks: dict[str, Check], painter: Painter) -> None:
    findings = result.findings
    forms = ("hubspot-dest lint", findings, checks, finding_cases(findings, result.file))
    output.write_files(*forms)
    if output.form == "json":
        for finding in findings:
            print_data(as_json(finding.as_dict()))
        summary: dict[str, Any] = {"file": result.file, "findings": len(findings)}
        for severity in SEVERITIES:
            summary[severity] = sum(finding.severity == severity for finding in findings)
        if result.notes:
            summary["notes"] = list(result.notes)
        print_data(as_json(summary))
    elif output.form == "text":
        for line in finding_lines(findings, painter):
            print_data(line)
        print_data(f"{safe_text(result.file)}: {count_sentence(findings)}")
    output.print_form(*forms)
    if output.form == "github":
        say(f"{safe_text(result.file)}: {count_sentence(findings)}")
    for note in result.notes:
        say(f"note: {safe_text(note)}")


def _explain(code: str, checks: dict[str, Check]) -> None:
    import difflib

    check = checks.get(code)
    if check is None:
        near = difflib.get_close_matches(code, checks, n=1)
        stop(
            f"unknown code {safe_text(code)!r}",
            f"--explain {near[0]}" if near else "use a code that lint has printed",
        )
    print_data(f"{check.code} ({check.severity}): {check.title}")
    print_data("")
    print_data(check.about)
    print_data(f"Fix: {check.fix}")
    if check.wording:
        print_data(f"HubSpot answers: {check.wording}")
    print_data(f"Evidence: {check.evidence}; {check.source}")
