"""The terminal in a browser: it is there, and nothing of it outlives its server or its page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deep.browser import BROWSER, browser

pytestmark = [pytest.mark.deep, pytest.mark.skipif(BROWSER is None, reason="needs a browser")]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def served(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "simulator", "tui", "--web", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    until(answers, "the server does not answer")
    return process


def until(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def programs(group: int) -> list[int]:
    """Return the processes of a session that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == group and fields[0] != "Z":
                found.append(int(folder.name))
    return found


def test_the_page_shows_the_terminal_and_all_ends_with_the_server(tmp_path: Path) -> None:
    port = free_port()
    process = served(port)
    try:
        with browser(tmp_path / "profile") as tab:
            tab.go(f"http://127.0.0.1:{port}/")
            tab.until("document.body.classList.contains('-first-byte')")
            until(lambda: len(programs(process.pid)) > 1, "the page has no program of its own")
            tab.picture(tmp_path / "page.png")
            assert (tmp_path / "page.png").stat().st_size > 20_000
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            until(lambda: not programs(process.pid), f"still running: {programs(process.pid)}")
    finally:
        end_session(process)


def test_a_browser_that_goes_away_takes_its_program_with_it(tmp_path: Path) -> None:
    port = free_port()
    process = served(port)
    try:
        with browser(tmp_path / "profile") as tab:
            tab.go(f"http://127.0.0.1:{port}/")
            tab.until("document.body.classList.contains('-first-byte')")
            until(lambda: len(programs(process.pid)) > 1, "the page has no program of its own")
        until(lambda: len(programs(process.pid)) == 1, "the page's program outlives its browser")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        end_session(process)


def end_session(process: subprocess.Popen[bytes]) -> None:
    for one in programs(process.pid):
        os.kill(one, signal.SIGKILL)
    assert process.stderr is not None
    process.stderr.close()
    process.wait(20)
