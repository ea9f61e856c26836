"""The results of `check` as text: 80 columns, identical on a terminal and in a pipe except for colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from hubspot_dest.diff.json_difference import Difference
from hubspot_dest.report.json_report import as_json, plain
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter, finding_lines
from simulator.examples.documented import PORTAL
from simulator.examples.json_report import difference_text
from simulator.examples.runner import ArrivedRequest, CheckedExample, ExampleRun
from simulator.examples.unknown_contact import UnknownContactResult

__all__ = [
    "comparison_lines",
    "example_lines",
    "flow_header_lines",
    "flow_total_lines",
    "header_lines",
    "total_lines",
]

_GREEN, _RED, _YELLOW, _BOLD = 32, 31, 33, 1
_WHAT, _SIDE, _WIDTH = 35, 36, 80


def header_lines(painter: Painter) -> Iterator[str]:
    """Yield the header: what is checked, and how."""
    yield painter.paint("The documented examples of walkerOS' HubSpot destination", _BOLD)
    yield "  walkerOS event > hubspot-dest > official client > HTTP > a HubSpot on this"
    yield f"  machine (portal {PORTAL}), emptied and seeded anew for each of them"
    yield ""
    yield painter.dim(f"    {'example':<22}what arrived")


def flow_header_lines(name: str, painter: Painter) -> Iterator[str]:
    """Yield the header of a flow's examples."""
    yield painter.paint(f"The step examples of {safe_text(name, limit=60)}", _BOLD)
    yield "  walkerOS event > hubspot-dest > official client > HTTP > a HubSpot on this"
    yield "  machine, emptied for each of them; it knows every name at first sight"
    yield ""
    yield painter.dim(f"    {'example':<22}what arrived")


def flow_total_lines(
    checked: Sequence[CheckedExample], silent: Sequence[str], painter: Painter
) -> Iterator[str]:
    """Yield the totals of a flow's examples, the examples without `out`, and what was compared."""
    passed = sum(checked_example.passes for checked_example in checked)
    yield ""
    noun = "step example passes" if len(checked) == 1 else "step examples pass"
    yield painter.paint(f"{passed} of {len(checked)} {noun}", _GREEN if passed == len(checked) else _RED)
    for name in silent:
        yield painter.paint(f"no expectation: {safe_text(name)} (it has no `out`)", _YELLOW)
    yield ""
    yield "Compared: every call with `out`; method, path and body of every request as it"
    yield "  arrived. The one addition is the `uuid` of an occurrence."


def example_lines(
    number: int, checked: CheckedExample, painter: Painter, *, verbose: bool = False
) -> Iterator[str]:
    """Yield one example: the requests, the verdict, and the differences side by side if it fails."""
    verdict = ("pass", _GREEN) if checked.passes else ("FAIL", _RED)
    rows = [*_rows(checked.run.arrivals), *_why_not(checked.run)]
    yield from _table(str(number), checked.example.name, rows, verdict, painter)
    if not checked.example.problems:  # the rows show them
        for found in checked.distinct_differences:
            yield from _side_by_side(found, painter)
    for finding in checked.run.findings:
        yield from finding_lines(finding, painter)
    if verbose:
        yield from _details(checked)


def comparison_lines(comparison: UnknownContactResult, number: int, painter: Painter) -> Iterator[str]:
    """Yield the result for an unknown contact: this sender beside walkerOS."""
    yield ""
    yield "Beyond the documentation: example 3, and HubSpot does not know the contact:"
    yield "  this sender, and its parity mode, which does what walkerOS 4.4 does."
    ours = [*_rows(comparison.sender.arrivals), *_why_not(comparison.sender)]
    theirs = [*_rows(comparison.walkeros.arrivals), ("event", "never sent: lost", "")]
    good, colour = ("sent", _GREEN) if comparison.sender.outcome.kind == "sent" else ("FAIL", _RED)
    yield from _table(str(number), "this sender", ours, (good, colour), painter)
    bad = "lost" if comparison.walkeros.outcome.kind == "failed" else "FAIL"
    yield from _table("", "as walkerOS (parity)", theirs, (bad, _YELLOW), painter)
    for found in comparison.differences:
        yield from _side_by_side(found, painter)


def total_lines(
    checked: Sequence[CheckedExample],
    comparison: UnknownContactResult | None,
    painter: Painter,
    *,
    next_command: str,
) -> Iterator[str]:
    """Yield the totals, what was compared, and a next command if everything passes."""
    passed = sum(checked_example.passes for checked_example in checked)
    wanting = passed < len(checked) or (comparison is not None and not comparison.passes)
    yield ""
    if checked:
        noun = "example passes" if len(checked) == 1 else "examples pass"
        total = f"{passed} of {len(checked)} documented {noun}"
        yield painter.paint(total, _GREEN if passed == len(checked) else _RED)
    if comparison is not None and not comparison.passes:
        yield painter.paint("the unknown contact was not handled as described in docs/check.md", _RED)
    yield ""
    yield "Compared: every call at the official client's boundary; method, path and body of"
    yield "  every request as it arrived; every warning. The one addition is the `uuid` of"
    yield "  an occurrence, made from the event's id, so that a retry counts once."
    yield "Not compared: the real HubSpot. This one runs on this machine and follows its"
    yield "  documentation; where that is silent it follows a stated guess."
    yield ""
    yield f"Next: {'hubspot-sim check --verbose' if wanting else next_command}"


def _rows(arrivals: Sequence[ArrivedRequest]) -> list[tuple[str, str, str]]:
    return [(*_what(arrival), str(arrival.status)) for arrival in arrivals]


def _what(request: ArrivedRequest) -> tuple[str, str]:
    """Describe a request: an occurrence with its identity, or a contact with the written properties."""
    body = request.body if isinstance(request.body, dict) else {}
    properties = body.get("properties")
    written = properties if isinstance(properties, dict) else {}
    values = ", ".join(f"{name}={value}" for name, value in written.items())
    if "eventName" in body:
        person = body.get("email") or body.get("objectId") or "nobody"
        return "event", f"{body['eventName']} of {person}{': ' if values else ''}{values}"
    if request.status == 404:
        return "contact", f"{_addressed(request)} is unknown, update refused"
    if request.method == "POST":
        return "contact", f"created: {values}"
    return "contact", f"{_addressed(request)}: {values}"


def _addressed(request: ArrivedRequest) -> str:
    return unquote(request.target.partition("?")[0].rsplit("/", 1)[-1])


def _why_not(run: ExampleRun) -> list[tuple[str, str, str]]:
    """Explain why no event arrived, with the sender's sentence."""
    outcome = run.outcome
    if outcome.kind in ("skipped", "ignored"):
        said = run.logs[0][1] if run.logs else outcome.sentence
        return [(outcome.kind, said, "")]
    if outcome.kind == "identified":
        return [("no event", outcome.sentence, "")]
    if outcome.kind == "failed":
        error = outcome.error
        return [("failed", outcome.sentence if error is None else error.message, "")]
    return []


def _table(
    number: str, name: str, rows: Sequence[tuple[str, str, str]], verdict: tuple[str, int], painter: Painter
) -> Iterator[str]:
    lines: list[tuple[str, str, str]] = []
    for kind, what, status in rows or [("nothing", "", "")]:
        first, *more = textwrap.wrap(
            safe_text(what), _WHAT, break_on_hyphens=False, break_long_words=False
        ) or [""]
        lines += [(kind, first, ""), *(("", text, "") for text in more)]
        lines[-1] = (*lines[-1][:2], status)
    for index, (kind, what, status) in enumerate(lines):
        head = (number, name) if index == 0 else ("", "")
        row = f"{head[0]:>2}  {head[1]:<22}{kind:<9}{what:<{_WHAT}} {status:>3}  "
        word, colour = verdict
        yield f"{row}{painter.paint(word, colour)}" if index == len(lines) - 1 else row.rstrip()


def _side_by_side(found: Difference, painter: Painter) -> Iterator[str]:
    yield painter.paint(f"    differs at {safe_text(found.path)}", _RED)
    yield f"      {'documented':<{_SIDE}}| this run"
    left, right = _wrapped(found.expected), _wrapped(found.actual)
    for index in range(max(len(left), len(right))):
        text = left[index] if index < len(left) else ""
        other = right[index] if index < len(right) else ""
        yield f"      {text:<{_SIDE}}| {other}".rstrip()


def _wrapped(value: Any) -> list[str]:
    return textwrap.wrap(safe_text(difference_text(value), limit=600), _SIDE - 1) or [""]


def _details(checked: CheckedExample) -> Iterator[str]:
    yield from _paragraph(checked.example.shows)
    yield from _paragraph(f"in: {as_json(checked.example.event)}")
    for call in checked.run.calls:
        yield from _paragraph(f"call: {as_json(plain(call))}")
    for arrival in checked.run.arrivals:
        yield from _paragraph(f"arrived: {arrival.method} {arrival.target} {as_json(plain(arrival.body))}")
        yield from _paragraph(f"answered: {arrival.decision}")


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(safe_text(text), _WIDTH, initial_indent="      ", subsequent_indent="        ")
