"""The outputs of findings: text or JSON, a SARIF file, a JUnit file, annotations of a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import click

from hubspot_dest.cli.console import print_data, print_document
from hubspot_dest.cli.options import OutputFile, writing
from hubspot_dest.storage.whole_file import write_whole_file

if TYPE_CHECKING:
    from hubspot_dest.checks.catalogue import Check
    from hubspot_dest.checks.finding import Finding
    from hubspot_dest.report.junit import Case

__all__ = ["FindingsFormat", "FindingsOutput", "findings_options"]

F = TypeVar("F", bound=Callable[..., Any])
FindingsFormat = Literal["text", "json", "sarif", "github", "junit", "none"]


@dataclass(frozen=True, slots=True)
class FindingsOutput:
    """The values of the options of `findings_options`.

    Attributes:
        form: the form on standard output; `none` for no output.
        sarif: the SARIF file to write, if any.
        junit: the JUnit file to write, if any.
        github: whether to print annotations to standard output as well.

    """

    form: FindingsFormat
    sarif: Path | None
    junit: Path | None
    github: bool

    def write_files(
        self, suite: str, findings: Sequence[Finding], checks: Mapping[str, Check], cases: list[Case]
    ) -> None:
        """Write the requested files, before anything is printed, since a reader of the text may stop early.

        Exits with code 2 if a file cannot be written.
        """
        from hubspot_dest.report.json_report import as_json
        from hubspot_dest.report.junit import junit_xml
        from hubspot_dest.report.sarif import sarif_log

        if self.sarif is not None:
            _write(self.sarif, as_json(sarif_log(findings, checks)) + "\n")
        if self.junit is not None:
            _write(self.junit, junit_xml(suite, cases))

    def print_form(
        self, suite: str, findings: Sequence[Finding], checks: Mapping[str, Check], cases: list[Case]
    ) -> None:
        """Print the annotations, SARIF or JUnit, as requested; callers print text and JSON themselves."""
        from hubspot_dest.report.github_annotations import annotation_lines
        from hubspot_dest.report.json_report import as_json
        from hubspot_dest.report.junit import junit_xml
        from hubspot_dest.report.sarif import sarif_log

        if self.github or self.form == "github":
            for line in annotation_lines(findings):
                print_document(line)
        elif self.form == "sarif":
            print_data(as_json(sarif_log(findings, checks)))
        elif self.form == "junit":
            print_document(junit_xml(suite, cases).rstrip())


def findings_options(function: F) -> F:
    """Add --format, --json, --sarif, --junit and --github; the command receives `output`."""

    @wraps(function)
    def grouped(**given: Any) -> Any:
        as_json, form = given.pop("as_json"), given.pop("form")
        if given["github"] and (as_json or form not in ("text", "github")):
            raise click.UsageError("--github requires the text form; annotations would break the other forms")
        output = FindingsOutput(
            "json" if as_json else form, given.pop("sarif"), given.pop("junit"), given.pop("github")
        )
        return function(**given, output=output)

    file = OutputFile()
    decorators = [
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json", "sarif", "github", "junit"]),
            default="text",
            show_default=True,
            help="Form of the result on standard output.",
        ),
        click.option(
            "--json", "as_json", is_flag=True, help="Same as --format json: JSON Lines, a summary last."
        ),
        click.option("--sarif", type=file, metavar="FILE", help="Also write SARIF 2.1.0."),
        click.option("--junit", type=file, metavar="FILE", help="Also write JUnit XML."),
        click.option("--github", is_flag=True, help="Also print annotations for GitHub Actions."),
    ]
    command: Any = grouped
    for decorator in reversed(decorators):
        command = decorator(command)
    return cast("F", command)


def _write(path: Path, text: str) -> None:
    with writing(path):
        write_whole_file(path, text.encode())
