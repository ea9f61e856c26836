"""The terminal in a browser: it is there, and nothing of it outlives its server or its page."""

from __future__ import annotations

import contextlib
import http.client
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

from tests.deep.browser import BROWSER, Tab, browser

pytestmark = [pytest.mark.deep, pytest.mark.skipif(BROWSER is None, reason="needs a browser")]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
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


def picture_bytes(tab: Tab, folder: Path) -> int:
    """Return how large a picture of the page is; one of nothing is small."""
    tab.picture(folder / "page.png")
    return (folder / "page.png").stat().st_size


def test_the_page_shows_the_terminal_and_all_ends_with_the_server(tmp_path: Path) -> None:
    port = free_port()
    process = served(port)
    try:
        with browser(tmp_path / "profile") as tab:
            tab.go(f"http://127.0.0.1:{port}/")
            tab.until("document.body.classList.contains('-first-byte')")
            until(lambda: len(programs(process.pid)) > 1, "the page has no program of its own")
            until(lambda: picture_bytes(tab, tmp_path) > 20_000, "the page stays black")
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


def test_a_page_hears_the_keyboard_without_a_click_also_when_it_was_loaded_again(tmp_path: Path) -> None:
    port = free_port()
    process = served(port)
    try:
        with browser(tmp_path / "profile") as tab:
            tab.go(f"http://127.0.0.1:{port}/")
            tab.until("document.body.classList.contains('-first-byte')")
            first = set(programs(process.pid))
            tab.command("Page.reload")
            until(lambda: not first & (set(programs(process.pid)) - {process.pid}), "its program goes on")
            tab.until("document.body.classList.contains('-first-byte')")
            tab.until("document.activeElement.tagName === 'TEXTAREA'")
            until(lambda: ended_by_key(tab, "q"), "the key is not heard")
            until(lambda: len(programs(process.pid)) == 1, "the program goes on")
            assert not [complaint for complaint in tab.complaints if "Content Security" in complaint]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        end_session(process)


def ended_by_key(tab: Tab, key: str) -> bool:
    """Press until the page says that it has ended: a program that is beginning may not hear the first."""
    tab.press(key)
    return bool(tab.value("document.body.classList.contains('-closed')"))


def test_no_page_of_the_internet_gets_at_the_keys(tmp_path: Path) -> None:
    port = free_port()
    process = served(port)

    def status(path: str, **headers: str) -> int:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asked:
            asked.request(
                "GET", path, headers={name.replace("_", "-"): header for name, header in headers.items()}
            )
            return asked.getresponse().status

    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    try:
        assert status("/ws?width=80&height=24", Origin="https://evil.example", **upgrade) == 403
        assert status("/ws?width=80&height=24", Origin="null", **upgrade) == 403
        assert status("/", Host=f"evil.example:{port}") == 421
        assert status("/ws", Host="[broken", **upgrade) in {400, 421}
        assert len(programs(process.pid)) == 1, "a program was started for a stranger"
        assert status("/", Host=f"localhost:{port}") == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        end_session(process)


def end_session(process: subprocess.Popen[bytes]) -> None:
    for program in programs(process.pid):
        os.kill(program, signal.SIGKILL)
    assert process.stderr is not None
    process.stderr.close()
    process.wait(20)
