"""Coverage of a million events: memory stays flat, and the numbers still add up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES

pytestmark = pytest.mark.deep
EVENTS = 1_000_000
PEOPLE = 200_000
LIMIT_KB = 200 * 1024


def write_events(path: Path, count: int) -> None:
    """Write events of many people, half of them with a rule, over some months."""
    names = ("page view", "product view", "order complete", "unknown thing")
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            name = names[number % len(names)]
            event = {
                "name": name if number % 50 else f"rare thing{number % 5_000}",
                "id": f"e{number}",
                "timestamp": 1_763_000_000_000 + number * 7_000,
                "data": {"id": f"p{number % 1_000}", "total": number % 700, "title": f"page {number}"},
                "user": {"email": f"p{number % PEOPLE}@example.org", "firstName": f"P{number}"},
                "consent": {"marketing": True},
            }
            stream.write(json.dumps(event) + "\n")


def assert_flat_and_whole(folder: Path, count: int) -> None:
    """Preview so many events with coverage, in a process of its own, and hold its memory and its numbers."""
    events = folder / "events.jsonl"
    write_events(events, count)
    config = str(EXAMPLES / "shop.yaml")
    command = [sys.executable, "-m", "hubspot_dest", "preview", config, str(events), "--coverage", "--json"]
    with (folder / "out.json").open("wb") as out, subprocess.Popen(command, stdout=out) as process:
        # The peak of this process alone: RUSAGE_CHILDREN is that of the largest child of the whole test run.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss
    assert process.returncode in (0, 1)
    summary = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    found = summary["coverage"]
    assert found["events"] == count == sum(summary["outcomes"].values())
    assert found["withRule"] + found["withoutRule"] + found["notMapped"] == count
    people = min(PEOPLE, count)
    assert abs(found["contacts"]["count"] - people) <= 0.03 * people
    assert found["contacts"]["estimated"] is (people > 50_000)
    assert peak < LIMIT_KB, f"{peak / 1024:.0f} MB"


def test_a_million_events_fit_into_the_memory_of_a_small_machine(tmp_path: Path) -> None:
    assert_flat_and_whole(tmp_path, EVENTS)
