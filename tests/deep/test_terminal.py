"""The terminal as people have it: the tour at two sizes, a real browser, random keys by the thousand."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.deep.browser import BROWSER, browser
from tests.simulator.tui.monkey import session

pytestmark = pytest.mark.deep
SESSIONS = int(os.environ.get("HUBSPOT_DEST_MONKEY_SESSIONS", "1000"))


class Terminal:
    """A process on a pseudo-terminal of its own."""

    def __init__(self, *arguments: str, width: int = 160, height: int = 50) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(width), LINES=str(height))
            os.execv(sys.executable, [sys.executable, "-m", "simulator", "tui", *arguments])
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.raw = b""
        self.before = termios.tcgetattr(self._file)

    @property
    def text(self) -> str:
        """Everything that was written, without its escapes."""
        return re.sub(rb"\x1b(?:\[[0-9;?>]*[a-zA-Z]|\][^\x07]*\x07|[=>])", b"", self.raw).decode(
            "utf-8", "replace"
        )

    def read(self, seconds: float) -> bool:
        """Take in what is written; tell whether there may be more."""
        ready, _, _ = select.select([self._file], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._file, 1 << 16)
        except OSError:
            return False
        self.raw += data
        return bool(data)

    def until(self, holds: Callable[[], bool]) -> None:
        """Read until something holds."""
        deadline = time.monotonic() + 40
        while not holds():
            assert time.monotonic() < deadline, self.text[-3000:]
            assert self.read(0.1) or holds(), self.text[-3000:]

    def press(self, keys: bytes) -> None:
        os.write(self._file, keys)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        deadline = time.monotonic() + 30
        with contextlib.suppress(OSError, ValueError):
            while self.read(0.1) and time.monotonic() < deadline:
                pass
        _, status = os.waitpid(self.pid, 0)
        self.close()
        return os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize(("width", "height"), [(160, 50), (80, 24)])
def test_make_demos_terminal_shows_the_tour(width: int, height: int) -> None:
    terminal = Terminal(width=width, height=height)
    terminal.until(lambda: "This is a shop with visitors" in terminal.text)
    terminal.press(b"\x1b[C")
    terminal.until(lambda: "A visitor without a name" in terminal.text)
    terminal.press(b"q")
    assert terminal.end() == 0


@pytest.fixture
def web() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "simulator", "tui", "--web", "--port", "18765", "--no-tour"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process, "http://127.0.0.1:18765/"
    finally:
        process.kill()
        process.communicate(timeout=20)


def children(pid: int) -> list[int]:
    """Return every process of a group."""
    found = subprocess.run(["ps", "-eo", "pid,pgid"], capture_output=True, text=True, check=True).stdout
    return [int(one.split()[0]) for one in found.splitlines()[1:] if one.split()[1] == str(pid)]


@pytest.mark.skipif(BROWSER is None, reason="there is no headless browser")
def test_the_same_app_in_a_browser_takes_keys_and_ends_with_its_server(
    web: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = web
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).close()
            break
    with browser(tmp_path) as tab:
        tab.go(url)
        tab.until("document.querySelectorAll('canvas, .xterm').length > 0")
        deadline = time.monotonic() + 30
        while len(children(process.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(children(process.pid)) >= 2
        tab.until("document.body.classList.contains('-first-byte')")
        tab.until("document.querySelector('.xterm-helper-textarea') !== null")
        tab.value("document.querySelector('.xterm-helper-textarea').focus()")
        tab.command("Input.dispatchKeyEvent", type="keyDown", key="q", code="KeyQ", text="q")
        tab.until("document.body.classList.contains('-closed')")
        assert [
            one for one in tab.complaints if "WebGL" not in one
        ] == []  # headless, it has no graphics card
        mine = (url, "data:", "blob:", "ws:")
        assert all(asked.startswith(mine) for asked in tab.asked), tab.asked
    group = process.pid
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    deadline = time.monotonic() + 20
    while children(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children(group) == []


def test_a_thousand_sessions_of_random_keys_neither_crash_nor_stick() -> None:
    with ProcessPoolExecutor(3) as pool:
        done = sum(1 for _ in pool.map(session, range(1000, 1000 + SESSIONS), chunksize=5))
    print(f"{done} sessions of 60 random keys: no crash, no stuck screen, the books agree")  # noqa: T201 - the figure
    assert done == SESSIONS
