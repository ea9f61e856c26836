"""`hubspot-sim compare CASSETTE...`: compare the simulator's responses with recorded ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import FileCommand, OutputFile
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.whole_file import write_whole_file

if TYPE_CHECKING:
    from simulator.cassettes.comparison import ComparedAnswer

__all__ = ["command"]


class Age(click.ParamType[int]):
    """An age in days, written as `90`, `90d` or `12w`."""

    name = "age"
    _UNITS: ClassVar = {"": 1, "d": 1, "w": 7, "y": 365}

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse an age and return days. Invalid text is a usage error."""
        found = re.fullmatch(r"(\d{1,6})([dwy]?)", str(value).strip().lower())
        if found is None:
            self.fail(f"{safe_text(value)!r} is not an age such as 90d or 12w", param, ctx)
        return int(found[1]) * self._UNITS[found[2]]


@click.command("compare", cls=FileCommand)
@click.argument("cassettes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CASSETTE...")
@click.option(
    "--max-age",
    type=Age(),
    metavar="AGE",
    help="Fail if a recording is older, such as 90d or 12w.",
)
@click.option(
    "--write",
    "table",
    type=OutputFile(),
    metavar="FILE",
    help="Write the results to FILE as a Markdown table.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Write JSON Lines: one object per request, then a summary."
)
def command(cassettes: tuple[Path, ...], max_age: int | None, table: Path | None, as_json: bool) -> None:
    """Send the requests of each CASSETTE to a simulated HubSpot and compare its responses with the recorded ones.

    Compares status, error category, shape of the body, and relevant headers. Exit 0 if all agree, 1 if any differs or
    a recording is too old, 2 if the comparison could not run.
    """
    from simulator.cassettes.cassette import Cassette, CassetteError
    from simulator.cassettes.comparison import age_in_days, compare

    rows, total, wrong, old = [], 0, 0, 0
    for path in cassettes:
        try:
            cassette = Cassette.load(path)
            age = age_in_days(cassette) if max_age is not None else 0
            answers = compare(cassette)
        except (CassetteError, ValueError) as error:
            where = "" if str(path) in str(error) else f"{safe_text(path)}: "
            stop(f"{where}{safe_text(error)}")
        differing = sum(bool(compared_answer.differences) for compared_answer in answers)
        total, wrong = total + len(answers), wrong + differing
        if max_age is not None and age > max_age:
            old += 1
            say(
                f"{safe_text(path)} was recorded {age} days ago; at most {max_age} are allowed: record it again"
            )
        _show(path, answers, as_json=as_json)
        rows.append((path.stem, cassette.meta.against, len(answers), len(answers) - differing))
    if table is not None:
        _write(table, rows)
    if as_json:
        print_data(json.dumps({"summary": True, "requests": total, "different": wrong, "tooOld": old}))
    else:
        _print_table(rows)
        say(f"{total - wrong} of {amount(total, 'answer')} {verb(total - wrong, 'agree')}")
    raise SystemExit(int(ExitCode.CHECK_FAILED if wrong or old else ExitCode.OK))


def _show(path: Path, answers: list[ComparedAnswer], *, as_json: bool) -> None:
    for compared_answer in answers:
        if as_json:
            different = [
                [each.path, repr(each.expected), repr(each.actual)] for each in compared_answer.differences
            ]
            request = {
                "method": compared_answer.method,
                "target": compared_answer.target,
                "differences": different,
            }
            print_data(json.dumps({"cassette": str(path), "place": compared_answer.position, **request}))
        elif compared_answer.differences:
            print_data(
                f"≠ {safe_text(path)}  {safe_text(compared_answer.method)} {safe_text(compared_answer.target)}"
            )
            for each in compared_answer.differences:
                recorded, now = safe_text(repr(each.expected)), safe_text(repr(each.actual))
                print_data(f"    {safe_text(each.path)}: recorded {recorded}, now {now}")


def _print_table(rows: list[tuple[str, str, int, int]]) -> None:
    for name, against, total, agree in rows:
        print_data(f"{safe_text(name):40} {agree:5} of {total:5}  recorded from {safe_text(against)}")


def _write(path: Path, rows: list[tuple[str, str, int, int]]) -> None:
    lines = ["| cassette | recorded from | answers | agree |", "|---|---|---|---|"]
    for name, against, total, agree in rows:
        cells = [safe_text(each).replace("|", "\\|") for each in (name, against)]
        lines.append(f"| {cells[0]} | {cells[1]} | {total} | {agree} |")
    try:
        write_whole_file(path, ("\n".join(lines) + "\n").encode())
    except OSError as error:
        stop(f"{safe_text(path)} cannot be written: {error.strerror}")
