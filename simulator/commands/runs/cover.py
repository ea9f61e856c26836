"""The implementation of `hubspot-sim generate --cover CONFIG`: events that cover a configuration."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import orjson

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, progress, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.whole_file import write_whole_file
from simulator.commands.graceful_shutdown import GracefulShutdown

if TYPE_CHECKING:
    from simulator.coverage import CoverageResult

__all__ = ["write_cover"]

_TOLD_SECONDS = 0.1


def write_cover(
    path: Path, seed: int, output: Path | None, *, parity: bool, seconds: float, as_json: bool
) -> NoReturn:
    """Write the events and report what they reach, and why other targets are not reached.

    Events go to `output`, or to standard output; with `as_json` the result goes to standard output, and the events to
    `output` only. Exit codes: 0, every reachable target is reached; 1, a target is not reached without a proof that
    it cannot be, or `seconds` ran out; 2, usage error; 130 and 143, SIGINT and SIGTERM, with partial results written.
    """
    from hubspot_dest.cli.options import open_config
    from hubspot_dest.config.loading import TOKEN_VARIABLE
    from simulator.coverage import cover

    os.environ.setdefault(TOKEN_VARIABLE, "none-is-needed-to-plan")
    config = open_config(path)
    stopper = GracefulShutdown()
    result = cover(
        config,
        seed,
        parity=parity,
        seconds=seconds,
        on_progress=_SearchProgress(seconds),
        stopped=lambda: stopper.number is not None,
    )
    progress("")
    body = b"".join([orjson.dumps(event) + b"\n" for event in result.events])
    try:
        if output is not None:
            write_whole_file(output, body)
        elif not as_json:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise SystemExit(int(ExitCode.OK)) from None
    except OSError as error:
        stop(f"{safe_text(output or 'the output')} cannot be written: {error.strerror}")
    if as_json:
        print_data(orjson.dumps(result.plain()).decode())
    _tell(result, seconds, stopped=stopper.number is not None)
    if stopper.number is not None:
        raise SystemExit(128 + stopper.number)
    raise SystemExit(int(ExitCode.OK if result.complete else ExitCode.CHECK_FAILED))


class _SearchProgress:
    """Shows the progress of the search on a terminal, at most ten times a second."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = self._told = time.monotonic()

    def __call__(self, tried: int, reached: int, every: int) -> None:
        now = time.monotonic()
        if now - self._told < _TOLD_SECONDS:
            return
        self._told = now
        spent = f"{now - self._begun:.0f} of at most {self._seconds:g} s"
        progress(f"{tried:,} events tried, {reached:,} of {every:,} rules and paths reached, {spent}")


def _tell(result: CoverageResult, seconds: float, *, stopped: bool) -> None:
    with_events = f"with {amount(len(result.events), 'event')} ({result.tried:,} tried)"
    say(f"{result.sentence}, {with_events}; {result.properties_sentence}")
    if stopped:
        say("interrupted: not everything was tried; what was found until then is written")
        return  # without a proof, targets may simply not have been tried
    if result.time_up:
        say(f"time was up after {seconds:g} s: not everything was tried; --seconds gives it more")
    for unreached in result.unreached:
        what = "cannot be reached" if unreached.proven else "not reached"
        say(f"{what}: {safe_text(unreached.label, limit=200)}: {safe_text(unreached.reason, limit=300)}")
