"""However the terminal app ends, what was queued is flushed or its number is told, and the terminal is given back."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.tui.shutdown import LAST_WORDS
from tests.deep.pseudoterminal import Terminal

pytestmark = pytest.mark.deep
ROOT = Path(__file__).parents[2]

CONFIG = """
settings:
  accessToken: pat-na1-00000000-0000-0000-0000-000000000000
  eventNamePrefix: pe1_
  batch: true
  batchSize: 400
mapping: {}
"""
FLUSHED = re.compile(r"(\d+) queued events were flushed")
NOT_FLUSHED = re.compile(r"warning: (\d+) queued events were not flushed: \S+")
ENDS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "q": (lambda terminal: terminal.press(b"q"), 0),
    "Ctrl-C": (lambda terminal: terminal.press(b"\x03"), 0),
    "SIGINT": (lambda terminal: os.kill(terminal.pid, signal.SIGINT), 130),
    "SIGTERM": (lambda terminal: os.kill(terminal.pid, signal.SIGTERM), 143),
}


def started(folder: Path, *, broken: bool = False) -> Terminal:
    """Return a terminal in which some events wait for their batch, and HubSpot is down if wanted."""
    (folder / "config.yaml").write_text(CONFIG)
    terminal = Terminal(f"exec {sys.executable} -m simulator tui config.yaml --rate 60", folder=folder)
    terminal.until(r"[1-9]\d*/400")
    if broken:
        terminal.press(b"5")
        terminal.until("token revoked")
        for _ in range(3):
            terminal.press(b"\x1b[B")
        terminal.press(b"\r")
        terminal.until("1 fault")
    return terminal


@pytest.mark.parametrize("way", ENDS)
def test_what_is_queued_goes_out_and_the_terminal_is_given_back(way: str, tmp_path: Path) -> None:
    terminal = started(tmp_path)
    do, code = ENDS[way]
    do(terminal)
    assert terminal.end() == code
    found = FLUSHED.search(terminal.text)
    assert found is not None
    assert int(found.group(1)) > 0
    # The usual screen, a visible cursor, no mouse reports, no bracketed paste: as the shell had it.
    for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
        assert sequence in terminal.said[terminal.said.rindex(b"\x1b[?1049l") - 2000 :]


@pytest.mark.parametrize("way", ENDS)
def test_what_hubspot_does_not_take_is_told_with_its_number(way: str, tmp_path: Path) -> None:
    terminal = started(tmp_path, broken=True)
    do, code = ENDS[way]
    do(terminal)
    assert terminal.end() == (code or 1)
    found = NOT_FLUSHED.search(terminal.text)
    assert found is not None, terminal.text[-500:]
    assert int(found.group(1)) > 0
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("broken", [False, True])
def test_a_lost_connection_leaves_its_last_words_in_a_file(tmp_path: Path, broken: bool) -> None:
    terminal = started(tmp_path, broken=broken)
    assert terminal.hang_up() == 143
    said = (tmp_path / LAST_WORDS).read_text()
    found = (NOT_FLUSHED if broken else FLUSHED).search(said)
    assert found is not None, said
    assert int(found.group(1)) > 0


def test_a_terminal_that_goes_without_a_signal_is_noticed(tmp_path: Path) -> None:
    """A program that is not the terminal's own gets no SIGHUP: writing fails, and reading ends at once, for ever."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-m", "simulator", "tui", "config.yaml", "--rate", "60"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while not re.search(rb"[1-9]\d*/400", re.sub(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]", b"", said)):
            said += os.read(ours, 65_536)
        os.close(ours)
        assert process.wait(30) == 143
    finally:
        process.kill()
        process.wait()
    found = FLUSHED.search((tmp_path / LAST_WORDS).read_text())
    assert found is not None
    assert int(found.group(1)) > 0


def test_a_shell_that_started_it_can_be_typed_in_again(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    terminal = Terminal(
        f"{sys.executable} -m simulator tui config.yaml; read line; echo typed $line", folder=tmp_path
    )
    terminal.until(r"[1-9]\d*/400")
    assert not terminal.echoes()
    terminal.press(b"q")
    terminal.until("events were flushed")
    assert terminal.echoes()
    terminal.press(b"abc\n")
    terminal.until("typed abc")
    assert terminal.end() == 0
