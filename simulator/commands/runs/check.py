"""The implementation of `hubspot-sim check`."""

from __future__ import annotations

import fnmatch
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from hubspot_dest.cli.console import print_data, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import refuse, refuse_other_file, use_colour
from hubspot_dest.config.loading import ConfigFileError
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter
from hubspot_dest.storage.whole_file import write_whole_file
from simulator.examples.documented import Example, documented_examples
from simulator.examples.json_report import json_lines, junit_text
from simulator.examples.runner import CheckedExample, check_example
from simulator.examples.text_report import (
    comparison_lines,
    example_lines,
    flow_header_lines,
    flow_total_lines,
    header_lines,
    total_lines,
)
from simulator.examples.unknown_contact import KEY, NAME, UnknownContactResult, compare_unknown_contact
from simulator.hubspot import FakeHubSpot

__all__ = ["check"]

# The example for the unknown contact: it updates a contact and sends an event.
_IDENTIFIES = "destinationIdentify"


def check(
    flow: Path | None, as_json: bool, junit: Path | None, only: str, verbose: bool, no_color: bool
) -> None:
    """Run `check`; the options are those of `commands/check.py`."""
    if flow is not None:
        _check_flow(flow, only, as_json=as_json, junit=junit, verbose=verbose, no_color=no_color)
    chosen = [example for example in documented_examples() if _is_selected(only, example.name, example.key)]
    unknown_contact = _is_selected(only, NAME, KEY)
    if not chosen and not unknown_contact:
        known = ", ".join([*(example.name for example in documented_examples()), NAME])
        stop(f"no example is called {safe_text(only)!r}", f"one of: {known}")
    painter = Painter(colour=use_colour(refused=no_color))
    checked, comparison = _run(chosen, unknown_contact, None if as_json else painter, verbose)
    _print(
        json_lines(checked, comparison)
        if as_json
        else total_lines(checked, comparison, painter, next_command=_next_command())
    )
    if junit is not None:
        _write(junit, junit_text(checked, comparison))
    passes = all(checked_example.passes for checked_example in checked) and (
        comparison is None or comparison.passes
    )
    raise SystemExit(int(ExitCode.OK if passes else ExitCode.CHECK_FAILED))


def _check_flow(
    flow: Path, only: str, *, as_json: bool, junit: Path | None, verbose: bool, no_color: bool
) -> NoReturn:
    """Run the step examples of a flow, and exit."""
    from simulator.examples.flow_examples import flow_examples, hubspot_for  # needed only for a user's flow

    try:
        every = flow_examples(flow)
    except ConfigFileError as error:
        refuse_other_file(flow)
        refuse(error)
    selected = [
        flow_example for flow_example in every if _is_selected(only, flow_example.name, flow_example.key)
    ]
    chosen, silent = (
        [flow_example for flow_example in selected if flow_example.expects],
        [flow_example for flow_example in selected if not flow_example.expects],
    )
    if not chosen:
        hint = "`examples` beside `config`: {name: {in: event, out: [[call, …]]}}"
        stop(f"{safe_text(flow)} has no step example to run", hint)
    painter = Painter(colour=use_colour(refused=no_color))
    checked = []
    with hubspot_for(chosen) as hubspot:
        if not as_json:
            _print(flow_header_lines(flow.name, painter))
        for number, example in enumerate(chosen, 1):
            checked.append(check_example(hubspot, example))
            if not as_json:
                _print(example_lines(number, checked[-1], painter, verbose=verbose))
    if as_json:
        _print(json_lines(checked, None, [flow_example.key for flow_example in silent]))
    else:
        _print(flow_total_lines(checked, [flow_example.name for flow_example in silent], painter))
    if junit is not None:
        _write(junit, junit_text(checked, None))
    passes = all(checked_example.passes for checked_example in checked)
    raise SystemExit(int(ExitCode.OK if passes else ExitCode.CHECK_FAILED))


def _run(
    chosen: list[Example], unknown_contact: bool, painter: Painter | None, verbose: bool
) -> tuple[list[CheckedExample], UnknownContactResult | None]:
    """Run the selected examples and print each result as soon as it is available; print nothing without a painter."""
    checked: list[CheckedExample] = []
    comparison = None
    try:
        hubspot = FakeHubSpot(event_loop="asyncio").start()
    except OSError as error:
        stop(f"the HubSpot on this machine does not start: {safe_text(error)}")
    try:
        if painter is not None:
            _print(header_lines(painter))
        for number, example in enumerate(documented_examples(), 1):
            if example not in chosen:
                continue
            checked.append(check_example(hubspot, example))
            if painter is not None:
                _print(example_lines(number, checked[-1], painter, verbose=verbose))
        if unknown_contact:
            example = next(
                current_example
                for current_example in documented_examples()
                if current_example.key == _IDENTIFIES
            )
            comparison = compare_unknown_contact(hubspot, example)
            if painter is not None:
                _print(comparison_lines(comparison, len(documented_examples()) + 1, painter))
    finally:
        hubspot.stop()
    return checked, comparison


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print_data(line)


def _next_command() -> str:
    """Return a command that works as printed, whether or not the program is on PATH and the examples are installed."""
    beside = Path(sys.argv[0]).with_name("hubspot-dest")
    found = shutil.which("hubspot-dest") is not None or not beside.is_file()
    program = "hubspot-dest" if found else safe_text(os.path.relpath(beside))
    files = (Path("examples/shop.yaml"), Path("examples/events.jsonl"))
    if all(file.is_file() for file in files):
        return f"{program} preview {files[0]} {files[1]}"
    return f"{program} preview --help"


def _is_selected(pattern: str, *names: str) -> bool:
    return any(fnmatch.fnmatchcase(name.casefold(), pattern.casefold()) for name in names)


def _write(path: Path, text: str) -> None:
    try:
        write_whole_file(path, text.encode())
    except OSError as error:
        stop(f"{safe_text(path)} cannot be written: {error.strerror}")
