"""However a process ends, what it accepted is delivered or safe in the outbox; every wait has an end."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm

Script = Callable[..., "subprocess.Popen[str]"]

HEAD = """
import atexit, logging, os, signal, sys, threading, time
from hubspot_dest import HubSpotDestination, OutboxSettings
logging.basicConfig(format="%(message)s", level=logging.WARNING)
BASE, TOKEN, PATH = sys.argv[1:4]
CONFIG = {"settings": {"accessToken": TOKEN, "eventNamePrefix": "pe12345678_", "batch": True, "batchSize": 500}}
def make(**more):
    outbox = OutboxSettings(PATH, durability="normal", flush_seconds=3600, close_seconds=2, **more)
    return HubSpotDestination(CONFIG, base_url=BASE, outbox=outbox)
def event(number):
    return {"name": "page view", "id": f"e{number}", "timestamp": 1 + number, "user": {"email": f"p{number}@x.org"}}
"""


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as server:
        yield server


@pytest.fixture
def script(tmp_path: Path, hubspot: FakeHubSpot) -> Iterator[Script]:
    """Start a program that uses the library, in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(body: str, *, base_url: str = "") -> subprocess.Popen[str]:
        path = str(tmp_path / "o")
        process = warm.Popen(
            [
                sys.executable,
                "-W",
                "ignore:This process:DeprecationWarning",  # 3.12 and later warn of forking beside threads
                "-c",
                HEAD + textwrap.dedent(body),
                base_url or hubspot.base_url,
                hubspot.token,
                path,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


def in_outbox(tmp_path: Path, name: str = "o") -> int:
    connection = sqlite3.connect(tmp_path / name)
    try:
        return int(connection.execute("SELECT count(*) FROM intents").fetchone()[0])
    finally:
        connection.close()


def test_a_short_script_that_never_closes_delivers_at_its_end(
    tmp_path: Path, script: Script, hubspot: FakeHubSpot
) -> None:
    process = script("d = make(); [d.push(event(n)) for n in range(3)]")
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert len(hubspot.account.occurrences) == 3
    assert in_outbox(tmp_path) == 0


def test_a_script_whose_hubspot_is_away_ends_in_time_and_says_what_is_safe(
    tmp_path: Path, script: Script
) -> None:
    begun = time.monotonic()
    process = script("d = make(); [d.push(event(n)) for n in range(3)]", base_url="http://127.0.0.1:9")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert err.splitlines()[-1] == f"3 events are safe in the outbox {tmp_path / 'o'}"
    assert in_outbox(tmp_path) == 3
    assert time.monotonic() - begun < 15


def test_os_exit_leaves_everything_in_the_outbox_and_the_next_process_delivers_it(
    tmp_path: Path, script: Script, hubspot: FakeHubSpot
) -> None:
    process = script("d = make(); [d.push(event(n)) for n in range(3)]; os._exit(3)")
    process.communicate(timeout=30)
    assert process.returncode == 3
    assert in_outbox(tmp_path) == 3
    script("d = make(); d.close()").communicate(timeout=30)
    assert len(hubspot.account.occurrences) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_killed_while_pushing_loses_nothing_that_it_called_queued(
    tmp_path: Path, script: Script, hubspot: FakeHubSpot, number: signal.Signals
) -> None:
    process = script(
        """
        d = make(); n = 0
        while True:
            assert d.push(event(n)).kind == "queued"
            n += 1
            print(n, flush=True)
        """
    )
    assert process.stdout is not None
    said = 0
    while said < 200:
        said = int(process.stdout.readline())
    process.send_signal(number)
    rest = process.communicate(timeout=30)[0].split()
    said = int(rest[-1]) if rest else said
    assert in_outbox(tmp_path) >= said
    script("make().close()").communicate(timeout=30)
    assert len(hubspot.account.occurrences) >= said


def test_events_pushed_at_exit_when_no_thread_can_start_are_delivered_all_the_same(
    tmp_path: Path, script: Script, hubspot: FakeHubSpot
) -> None:
    process = script(
        """
        d = make()
        def no_thread(self): raise RuntimeError("can't create new thread at interpreter shutdown")
        threading.Thread.start = no_thread
        atexit.register(lambda: [d.push(event(n)) for n in range(3)])
        """
    )
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert len(hubspot.account.occurrences) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_children_of_a_preloaded_application_each_deliver_their_own(
    tmp_path: Path, script: Script, hubspot: FakeHubSpot
) -> None:
    process = script(
        """
        d = make()
        d.push(event(0))
        children = []
        for number in range(1, 4):
            child = os.fork()
            if child == 0:
                assert d.push(event(number * 10)).kind == "queued"
                d.push(event(number * 10 + 1))
                sys.exit(0)
            children.append(child)
        codes = [os.waitpid(child, 0)[1] for child in children]
        assert codes == [0, 0, 0], codes
        """
    )
    _, err = process.communicate(timeout=40)
    assert (process.returncode, err) == (0, "")
    assert len(hubspot.account.occurrences) == 7
    assert hubspot.account.counters().duplicates == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_what_a_killed_child_left_is_taken_over_by_the_next_parent(
    tmp_path: Path, script: Script, hubspot: FakeHubSpot
) -> None:
    process = script(
        """
        d = make()
        child = os.fork()
        if child == 0:
            d.push(event(1)); d.push(event(2)); os._exit(0)
        os.waitpid(child, 0)
        """
    )
    process.communicate(timeout=30)
    assert in_outbox(tmp_path, "o.fork1") == 2
    script("make().close()").communicate(timeout=30)
    assert len(hubspot.account.occurrences) == 2
    assert not (tmp_path / "o.fork1").exists()


def send(tmp_path: Path, hubspot: FakeHubSpot, source: str, **more: object) -> subprocess.Popen[str]:
    config = tmp_path / "config.json"
    settings = {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_"}
    config.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    arguments = ["send", str(config), source, "--base-url", hubspot.base_url, "--outbox", str(tmp_path / "o")]
    return warm.Popen(
        [sys.executable, "-m", "hubspot_dest", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_at_once_and_the_last_line_says_what_is_safe(
    tmp_path: Path, hubspot: FakeHubSpot, number: signal.Signals, code: int
) -> None:
    hubspot.faults.add(Fault(FaultKind.UNAVAILABLE), now=time.time())
    process = send(tmp_path, hubspot, "-")
    assert process.stdin is not None
    assert process.stderr is not None
    for line in range(3):
        event = {"name": "page view", "id": f"e{line}", "user": {"email": "ada@x.org"}, "timestamp": 1}
        process.stdin.write(json.dumps(event) + "\n")
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while not (tmp_path / "o").exists() or _count(tmp_path) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "503" in process.stderr.readline()  # the first failure: what was read has been accepted by then
    process.send_signal(number)
    assert any("interrupted" in line for line in iter(process.stderr.readline, ""))
    begun = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert time.monotonic() - begun < 4
    assert "3 are safe in the outbox" in err.splitlines()[-1]
    # Standard input cannot be resumed.
    assert "the next send with this outbox goes on" in err.splitlines()[-1]
    assert in_outbox(tmp_path) == 3


def _count(tmp_path: Path) -> int:
    try:
        return in_outbox(tmp_path)
    except sqlite3.Error:
        return 0
