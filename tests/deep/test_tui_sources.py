"""The terminal app fed from outside, in a real terminal: events through a pipe, keys from the keyboard."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
import urllib.request
from itertools import islice
from pathlib import Path

import pytest

from simulator.engine.engine import Engine
from simulator.engine.sources.listening import ListeningSource
from simulator.engine.story import story_config
from simulator.synthesis import events

pytestmark = pytest.mark.deep

SIM = f"{sys.executable} -m simulator"
LIMIT = 60.0


class Terminal:
    """A shell command in a terminal of its own, which is its controlling one."""

    def __init__(self, command: str) -> None:
        self.pid, self.file = pty.fork()
        if self.pid == 0:  # the child
            os.environ.update(TERM="xterm-256color")
            os.execvp("sh", ["sh", "-c", command])
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.said = b""

    def read(self) -> bool:
        """Read what there is; False at the end."""
        ready, _, _ = select.select([self.file], [], [], 0.1)
        if not ready:
            return True
        try:
            piece = os.read(self.file, 65_536)
        except OSError:
            return False
        self.said += piece
        return bool(piece)

    @property
    def text(self) -> str:
        """What was written, without the sequences that move the cursor."""
        plain = re.sub(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b.", b" ", self.said)
        return re.sub(r"\s+", " ", plain.decode("utf-8", "replace"))

    def until(self, wanted: str) -> None:
        """Read until this stands there."""
        end = time.monotonic() + LIMIT
        while wanted not in self.text:
            assert time.monotonic() < end, self.text[-2000:]
            assert self.read(), self.text[-2000:]

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self.file, key)

    def end(self) -> int:
        """Wait for its end; return the exit code."""
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def test_events_come_through_the_pipe_and_keys_from_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in islice(events(1), 300)))
    terminal = Terminal(f"cat {file} | {SIM} tui --from -")
    terminal.until("the stream is at its end")
    terminal.press(b"q")
    assert terminal.end() == 0
    assert "queued events were flushed" in terminal.text


def test_a_website_can_be_pointed_at_the_terminal() -> None:
    terminal = Terminal(f"{SIM} tui --listen 0")
    terminal.until("/collect")
    found = re.search(r"http://127\.0\.0\.1:\d+/collect", terminal.text)
    assert found is not None
    event = {"name": "page view", "data": {"title": "Seen"}, "user": {"email": "room@example.com"}}
    body = json.dumps({**event, "consent": {"marketing": True}}).encode()
    with urllib.request.urlopen(urllib.request.Request(found.group(), body), timeout=10) as answer:
        assert json.load(answer)["success"] is True
    terminal.until("room@example.com")
    terminal.press(b"q")
    assert terminal.end() == 0


def test_without_a_terminal_the_way_around_is_said() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "tui", "--from", "-"],
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 2
    assert b"mkfifo" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm")
def test_walkeros_own_senders_are_understood(tmp_path: Path) -> None:
    packages = ["@walkeros/collector", "@walkeros/server-destination-api", "@walkeros/web-core"]
    install = ["npm", "install", "--silent", "--prefix", str(tmp_path), *(f"{one}@4.2.1" for one in packages)]
    subprocess.run(install, check=True, timeout=300)
    script = Path(__file__).with_name("walkeros_sender.mjs")
    source = ListeningSource(0).start()
    try:
        sent = subprocess.run(
            ["node", str(script), str(tmp_path), source.url], capture_output=True, timeout=60, check=True
        )
        assert json.loads(sent.stdout)["ok"] is True
        with Engine(story_config(), source=source) as engine:
            engine.run(3)
            rows = [row for row in engine.ring.rows() if not row.is_batch]
            assert [(row.name, row.person) for row in rows] == [
                ("page view", "walker@example.com"),
                ("order complete", "walker@example.com"),
                ("form submit", "web@example.com"),
            ]
            assert {row.kind for row in rows} <= {"sent", "queued", "flushed"}
            assert engine.books().problems == []
    finally:
        source.close()
