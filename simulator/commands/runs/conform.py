"""The implementation of `hubspot-sim conform`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.diff.json_difference import MISSING, Difference
from hubspot_dest.mapping.dialect import DIALECTS, dialect_of
from hubspot_dest.report.safe_text import safe_text
from simulator.conformance.codec import encode
from simulator.conformance.runner import FileResult, VectorFileError, VectorVerdict, run_file

__all__ = ["conform"]

_SHOWN = 3


def conform(files: tuple[Path, ...], walkeros: str, as_json: bool, only: str, show_all: bool) -> None:
    """Run `conform`; the options are those of `commands/conform.py`."""
    results = []
    for path in files:
        try:
            results.append(run_file(path, only=only, dialect=dialect_of(walkeros)))
        except VectorFileError as error:
            stop(safe_text(error), "see docs/conformance.md for the format")
        (_print_json if as_json else _print_text)(results[-1], show_all)
        if results[-1].differing:
            _suggest_version(results[-1], path, walkeros, only)
    differing = sum(len(result.differing) for result in results)
    total = sum(len(result.verdicts) for result in results)
    if len(results) > 1 and not as_json:
        say(f"together: {total - differing} of {total} agree")
    raise SystemExit(int(ExitCode.CHECK_FAILED if differing else ExitCode.OK))


def _suggest_version(result: FileResult, path: Path, walkeros: str, only: str) -> None:
    """Name another version of walkerOS with which more vectors agree: the file was probably recorded from it."""
    for version in DIALECTS:
        if version == walkeros:
            continue
        other = run_file(path, only=only, dialect=dialect_of(version))
        if other.agreeing > result.agreeing:
            say(
                f"hint: {safe_text(path)} seems to be recorded from walkerOS {version}: "
                f"with --walkeros {version}, {other.agreeing} of {len(other.verdicts)} agree"
            )


def _print_text(result: FileResult, show_all: bool) -> None:
    print_data(f"{safe_text(result.path)}: {result.agreeing} of {len(result.verdicts)} agree")
    for verdict in result.differing:
        tags = f" [{', '.join(verdict.tags)}]" if verdict.tags else ""
        print_data(f"  differs: {safe_text(verdict.id)}{tags}")
        shown = verdict.differences if show_all else verdict.differences[:_SHOWN]
        for difference in shown:
            print_data(
                f"    {safe_text(difference.path)}: "
                f"expected {_show(difference.expected)}, got {_show(difference.actual)}"
            )
        if len(verdict.differences) > len(shown):
            print_data(f"    … and {len(verdict.differences) - len(shown)} more places")


def _print_json(result: FileResult, show_all: bool) -> None:  # noqa: ARG001 - the shape of both printers
    for verdict in result.verdicts:
        print_data(_line({"file": str(result.path), **_verdict(verdict)}))
    summary = {"file": str(result.path), "vectors": len(result.verdicts), "agree": result.agreeing}
    print_data(_line({**summary, "differ": [verdict.id for verdict in result.differing]}))


def _verdict(verdict: VectorVerdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "family": verdict.family,
        "agrees": verdict.agrees,
        "tags": list(verdict.tags),
        "differences": [_difference(difference) for difference in verdict.differences],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    sides = {"expected": difference.expected, "actual": difference.actual}
    return {"path": difference.path} | {
        name: encode(value) for name, value in sides.items() if value is not MISSING
    }


def _line(value: Any) -> str:
    return orjson.dumps(value).decode()


def _show(value: Any) -> str:
    return "nothing" if value is MISSING else safe_text(orjson.dumps(value).decode(), limit=160)
