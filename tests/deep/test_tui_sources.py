"""The terminal app fed from outside, in a real terminal: events through a pipe, keys from the keyboard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from itertools import islice
from pathlib import Path

import pytest

from simulator.engine.engine import Engine
from simulator.engine.sources.http_source import ListeningSource
from simulator.engine.story import story_config
from simulator.synthesis import events
from tests.deep.pseudoterminal import Terminal

pytestmark = pytest.mark.deep

SIM = f"{sys.executable} -m simulator"


def test_events_come_through_the_pipe_and_keys_from_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in islice(events(1), 300)))
    terminal = Terminal(f"cat {file} | {SIM} tui --from -")
    terminal.until("the stream has ended")
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
    install = [
        "npm",
        "install",
        "--silent",
        "--prefix",
        str(tmp_path),
        *(f"{package}@4.2.1" for package in packages),
    ]
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
            assert engine.reconcile().problems == []
    finally:
        source.close()
