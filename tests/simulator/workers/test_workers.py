"""A room sees two workers, a kill, a takeover, and that nothing is lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from simulator.workers.group import GroupResult, MemberView
from simulator.workers.workers_app import WorkersApp, verdict_text


def test_a_kill_and_a_takeover_lose_nothing() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "simulator", "run", "--workers", "2", "--via", "kafka"),
            *("--events", "1500", "--json"),
        ],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["killed"] == 1
    assert (result["missing"], result["doubled"], result["disordered"]) == (0, 0, 0)
    assert result["stored"] == result["expected"] > 0
    assert "worker 1: killed (SIGKILL)" in done.stderr
    line = done.stderr.splitlines()[-1]
    produced, needed, unsent, stored, missing = map(int, re.findall(r"\d+", line)[:5])
    assert produced == needed + unsent == result["produced"] == 1500, line
    assert needed == stored + missing == result["expected"], line


class Group:
    """A group without processes."""

    size = 2

    def __init__(self) -> None:
        self.log = ["worker 1: assigned: walkeros/0"]
        self.states = ["running", "running"]

    def look(self) -> list[MemberView]:
        return [
            MemberView(f"worker {number}", state, (f"walkeros/{number}",), 5, 4)
            for number, state in enumerate(self.states, 1)
        ]

    def result(self) -> GroupResult:
        return GroupResult(10, 9, 9, 0, 0, 0, 1)

    def kill(self, number: int) -> None:
        self.states[number] = "killed"

    def restart(self, number: int) -> None:
        self.states[number] = "running"


def test_a_key_kills_a_worker_and_starts_it_again() -> None:
    import asyncio

    async def drive() -> tuple[list[str], list[str]]:
        group = Group()
        app = WorkersApp(group)  # type: ignore[arg-type]  # as much of a group as the screen asks for
        async with app.run_test(size=(120, 30)) as pilot:
            await pilot.press("1")
            await pilot.pause()
            killed = list(group.states)
            await pilot.press("1")
            await pilot.pause()
        return killed, group.states

    killed, started = asyncio.run(drive())
    assert killed == ["killed", "running"]
    assert started == ["running", "running"]


def test_the_verdict_is_red_as_soon_as_an_event_is_doubled() -> None:
    assert "red" in str(verdict_text(GroupResult(10, 9, 10, 0, 1, 0, 0)).spans)
    assert "green" in str(verdict_text(GroupResult(10, 9, 9, 0, 0, 0, 0)).spans)
