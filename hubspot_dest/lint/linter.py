"""Lint a configuration file: parse it leniently, run every check, and add the line to each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from hubspot_dest.checks.finding import Finding, Severity, worst
from hubspot_dest.config.loading import DocumentError
from hubspot_dest.config.validation import find_problems
from hubspot_dest.contracts.checker import MissingLibraryError
from hubspot_dest.contracts.flow_contracts import read_contracts
from hubspot_dest.flow.document import is_entry, is_flow, references_of, select_destination
from hubspot_dest.flow.references import FlowError, References
from hubspot_dest.flow.step_examples import step_examples, unknown_calls
from hubspot_dest.flow.upgrade import upgrade_flow
from hubspot_dest.lint.catalogue import check_of
from hubspot_dest.lint.destination import check_destination
from hubspot_dest.lint.flow_keys import check_flow_keys
from hubspot_dest.lint.functions import check_functions
from hubspot_dest.lint.rules import check_rules
from hubspot_dest.lint.source_file import SourceFile, parse_source
from hubspot_dest.lint.subject import LintReport, Subject
from hubspot_dest.lint.values import check_values
from hubspot_dest.mapping.jsvalues import UNDEFINED

__all__ = ["DEFAULT_NODE", "LintResult", "LocatedFinding", "lint_text"]

DEFAULT_NODE: Final = 22
"""The default major version of Node.js for a walkerOS server."""

Path = tuple[str | int, ...]
Check = Callable[[Subject], Iterator[LintReport]]

_CHECKS: Final[tuple[Check, ...]] = (check_destination, check_rules, check_values, check_functions)


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding and its path in the file, with references followed to their definition."""

    finding: Finding
    path: Path


@dataclass(frozen=True, slots=True)
class LintResult:
    """The findings of one file, in the order of its lines.

    Attributes:
        file: the file's name.
        located: the findings, each with its path in the file.
        source: the parsed file; None if it cannot be parsed.
        notes: what was not checked and why, as sentences.

    """

    file: str
    located: tuple[LocatedFinding, ...]
    source: SourceFile | None = None
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings without their paths in the file."""
        return tuple(located.finding for located in self.located)

    @property
    def worst(self) -> Severity | None:
        """The worst severity; None without findings."""
        return worst(self.findings)


def lint_text(
    name: str,
    text: str,
    *,
    destination: str = "",
    environment: Mapping[str, str] | None = None,
    node: int = DEFAULT_NODE,
) -> LintResult:
    """Lint the text of a configuration or a flow file, without network, token or events.

    Args:
        name: the file's name, for messages and to distinguish JSON from YAML.
        text: the file's text.
        destination: `flow`, `flow.destination` or `destination` to select one of several.
        environment: the variables for `$env` and `$secret`.
        node: the major version of Node.js that will run the functions.

    """
    try:
        source = parse_source(FilePath(name).name, text)
    except DocumentError as problem:
        check = check_of("syntax")
        column = "" if problem.column is None else f"column {problem.column}: "
        sentence = f"{column}{problem}"  # the line is the finding's
        finding = Finding(
            "syntax",
            check.severity,
            sentence,
            check.fix,
            check.evidence,
            file=name,
            line=problem.line,
            by=check.by,
        )
        return LintResult(name, (LocatedFinding(finding, ()),))
    reports = list(_file_reports(source))
    subject: Subject | None = None
    if is_flow(source.value):
        reports += check_flow_keys(source.value)
        subject = _flow_subject(source, destination, environment or {}, node, reports)
    elif destination:
        sentence = f"this is not a flow file, so it has no destination {destination!r}"
        fix = "use the file name without #"
        reports.append(LintReport("flow_destination", (), sentence, fix, in_file=True))
    elif isinstance(source.value, dict):
        subject = _plain_subject(source, node, reports)
    else:
        reports.append(
            LintReport("invalid_value", (), "a configuration must be a map: {settings: {…}}", in_file=True)
        )
    if subject is not None:
        reports += _configuration_reports(subject)
    own = _findings(name, source, subject, reports)
    of_contracts, notes = _contract_findings(source, name, destination, environment or {})
    return LintResult(name, tuple(sorted((*own, *of_contracts), key=_line_of)), source, notes)


def _contract_findings(
    source: SourceFile, name: str, destination: str, environment: Mapping[str, str]
) -> tuple[list[LocatedFinding], tuple[str, ...]]:
    """Return the problems of the contracts themselves, and notes about what was not checked."""
    contracts = read_contracts(source, name, destination=destination, environment=environment)
    found = list(contracts.findings)
    notes: tuple[str, ...] = ()
    if contracts.contracts:
        try:
            found += [contracts.located(finding) for finding in contracts.checker().schema_findings()]
        except MissingLibraryError as error:
            notes = (f"the schemas of the contracts are not checked: {error}",)
    return [LocatedFinding(finding, ()) for finding in dict.fromkeys(found)], notes


def _line_of(located: LocatedFinding) -> int:
    return located.finding.line or 0


def _file_reports(source: SourceFile) -> Iterator[LintReport]:
    for path, first, second in source.duplicates:
        yield LintReport(
            "duplicate_key",
            path,
            f"the key {path[-1]!r} occurs twice in the same map, first in line {first}",
            in_file=True,
            line=second,
        )


def _plain_subject(source: SourceFile, node: int, reports: list[LintReport]) -> Subject:
    entry = source.value
    if is_entry(entry):
        reports += _example_reports(entry, ())
        return Subject(source, entry["config"], ("config",), node=node)
    return Subject(source, entry, node=node)


def _flow_subject(
    source: SourceFile, wanted: str, environment: Mapping[str, str], node: int, reports: list[LintReport]
) -> Subject | None:
    document, _ = upgrade_flow(source.value)  # keys of an earlier version are reported by `check_flow_keys`
    try:
        flow, name = select_destination(document, wanted)
    except FlowError as error:
        problem = error.problem
        reports.append(
            LintReport("flow_destination", problem.path, problem.message, problem.hint, in_file=True)
        )
        return None
    body = document["flows"][flow]
    place: Path = ("flows", flow, "destinations", name)
    entry = body["destinations"][name]
    references = references_of(document, flow, name, environment)
    resolver = _LenientResolver(references, reports)
    unresolved = len(reports)
    config = resolver.resolve(entry.get("config", {}), (*place, "config"))
    if not isinstance(config, dict):
        if len(reports) == unresolved:
            sentence = "a destination's config must be a map: {settings: {…}, mapping: {…}}"
            reports.append(LintReport("invalid_value", (*place, "config"), sentence, in_file=True))
        return None
    resolver.resolve(body.get("collector", {}), ("flows", flow, "collector"))
    for warning in references.warnings:
        if warning.path[-1:] == ("accessToken",) and "is not set" in warning.message:
            continue  # lint needs no token
        code = "reference_unset" if "is not set" in warning.message else "reference_as_text"
        reports.append(
            LintReport(code, warning.path, warning.message, warning.hint, in_file=True, on_value=True)
        )
    reports += _chain_reports(entry, place)
    reports += _chain_reports(body.get("collector"), ("flows", flow, "collector"))
    reports += _example_reports(entry, place)
    scopes = ((*place, "variables"), ("flows", flow, "variables"), ("variables",))
    return Subject(source, {"id": name, **config}, (*place, "config"), scopes, node)


@dataclass(slots=True)
class _LenientResolver:
    """Resolve the references that can be resolved, and report all others, not only the first."""

    references: References
    reports: list[LintReport]

    def resolve(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            resolved = {key: self.resolve(item, (*path, key)) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not UNDEFINED}
        if isinstance(value, list):
            return [self.resolve(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or "$" not in value:
            return value
        try:
            return self.references.resolve(value, path)
        except FlowError as error:
            problem = error.problem
            self.reports.append(
                LintReport(
                    "reference_unresolved",
                    problem.path,
                    problem.message,
                    problem.hint,
                    in_file=True,
                    on_value=True,
                )
            )
            return value


def _chain_reports(owner: Any, path: Path) -> Iterator[LintReport]:
    for key in ("before", "next", "cache"):
        if isinstance(owner, dict) and owner.get(key) not in (None, [], {}):
            yield LintReport(
                "step_not_run",
                (*path, key),
                f"{key} can change or drop events in walkerOS, but is not run here",
                in_file=True,
            )


def _example_reports(entry: Any, place: Path) -> Iterator[LintReport]:
    for example in step_examples(entry):
        path = (*place, "examples", example.name)
        for problem in (*example.problems, *unknown_calls(example)):
            yield LintReport("example_invalid", path, f"example {example.name!r}: {problem}", in_file=True)
        if not example.problems and example.calls is None:
            yield LintReport(
                "example_without_out",
                path,
                f"example {example.name!r} has no out, so it proves nothing",
                in_file=True,
            )


def _configuration_reports(subject: Subject) -> Iterator[LintReport]:
    for problem in find_problems(dict(subject.config)):
        yield LintReport(problem.code, problem.path, problem.message, problem.hint)
    for check in _CHECKS:
        yield from check(subject)


def _findings(
    name: str, source: SourceFile, subject: Subject | None, reports: list[LintReport]
) -> tuple[LocatedFinding, ...]:
    found: dict[tuple[Any, ...], tuple[tuple[int, int], LocatedFinding]] = {}
    for report in reports:
        full = report.path if report.in_file or subject is None else (*subject.prefix, *report.path)
        origin = source.origin(full, subject.scopes if subject is not None else (), of_value=report.on_value)
        position = source.position(origin)
        line = report.line or (None if position is None else position.line)
        check = check_of(report.code)
        finding = Finding(
            report.code,
            check.severity,
            report.sentence,
            report.fix or check.fix,
            check.evidence,
            config_path=_text(full),
            file=name,
            line=line,
            by=check.by,
        )
        order = (line or 0, 0 if position is None or report.line is not None else position.column)
        key = (report.code, full, report.sentence, report.line)
        found.setdefault(key, (order, LocatedFinding(finding, origin)))
    ordered = [located for _, located in sorted(found.values(), key=lambda item: item[0])]
    return tuple(_without_duplicates(ordered))


def _without_duplicates(ordered: list[LocatedFinding]) -> Iterator[LocatedFinding]:
    """Drop the findings at paths for which there is a more specific finding."""
    exact = {
        located.finding.config_path
        for located in ordered
        if located.finding.code in ("producer_dead", "default_property_type", "contact_property_read_only")
    }
    for located in ordered:
        if located.finding.code in ("no_effect", "invalid_value") and located.finding.config_path in exact:
            continue
        yield located


def _text(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
