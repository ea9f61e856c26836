"""`hubspot-dest follow ID TRAIL`: show what happened to one event."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.observability.trail import follow
from hubspot_dest.report.json_report import as_json
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.file_content import FileContent, content_of

__all__ = ["command"]

_NO_TRAIL: Final = frozenset(
    {
        FileContent.EVENTS,
        FileContent.CONFIGURATION,
        FileContent.FLOW,
        FileContent.ACCOUNT,
        FileContent.SQLITE,
    }
)


@click.command("follow")
@click.argument("event_id", metavar="ID")
@click.argument("trail", type=click.Path(path_type=Path), metavar="TRAIL")
@click.option("--json", "as_lines", is_flag=True, help="Print the lines of the trail unchanged.")
def command(event_id: str, trail: Path, as_lines: bool) -> None:
    """Show what happened to the event with this ID (or with this uuid in HubSpot), from a TRAIL written by `--trail`.

    Exit 0: the trail has records of the event. 1: it has none. 2: the trail could not be read.
    """
    content = content_of(trail)
    if content in _NO_TRAIL:
        stop(
            f"{safe_text(trail)} looks like {content.value}, not a trail",
            "the FILE that `send --trail FILE` wrote",
        )
    found = 0
    try:
        for record in follow(trail, event_id):
            found += 1
            if as_lines:
                print_data(as_json(record))
            else:
                for line in _lines(record):
                    print_data(line)
    except OSError as error:
        stop(f"{safe_text(trail)} cannot be read: {error.strerror or error}")
    if not found:
        say(f"{safe_text(trail)} has no record of {safe_text(event_id)}")
        raise SystemExit(int(ExitCode.CHECK_FAILED))


def _lines(record: dict[str, Any]) -> list[str]:
    """Return the lines of a record, as text for people."""
    place = f"  line {record['line']}" if "line" in record else ""
    what = record.get("event") or f"{amount(len(record.get('events') or []), 'event')} together"
    head = f"{record.get('time', '')}  {record.get('outcome', '')}{place}  {what}  {record.get('reason', '')}"
    lines = [safe_text(head)]
    if record.get("sentence"):
        lines.append(f"    {safe_text(record['sentence'], limit=300)}")
    if record.get("uuid"):
        lines.append(f"    uuid {safe_text(record['uuid'])}")
    for number, call in enumerate(record.get("calls") or []):
        answers = record.get("answers") or []
        said = f" → {_answer(answers[number])}" if number < len(answers) else ""
        lines.append(f"    {safe_text(call)}{said}")
    return lines


def _answer(answer: dict[str, Any]) -> str:
    status = answer.get("status") or answer.get("error")
    known = f", correlation {answer['correlationId']}" if "correlationId" in answer else ""
    return safe_text(f"{status} after {float(answer.get('seconds', 0)):.3f} s{known}")
