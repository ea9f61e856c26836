"""On a terminal a counter and a message never share a line; in a pipe there is no counter."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import sys
import termios
from pathlib import Path

import pytest

from hubspot_dest.cli import console
from tests import warm
from tests.cli.conftest import EXAMPLES
from tests.factories import make_event


def on_terminal(*arguments: str, columns: int = 80, **environment: str) -> list[str]:
    """Run a command with stderr on a terminal; return its lines as the terminal shows them in the end."""
    terminal, theirs = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = warm.Popen(
        [sys.executable, "-m", *arguments],
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # the end
            break
        if not piece:
            break
        said += piece
    process.wait(60)
    os.close(terminal)
    lines = said.decode().replace("\r\n", "\n").split("\n")
    shown = [re.split(r"\r\x1b\[2K", line)[-1] for line in lines]
    return [re.sub(r"\x1b\[[0-9;]*[a-zA-Z]", "", line) for line in shown]


def test_the_counter_of_send_leaves_its_line_to_a_warning(tmp_path: Path) -> None:
    source = tmp_path / "events.jsonl"
    source.write_text(
        "".join(json.dumps(make_event(number, name="page view")) + "\n" for number in range(1000)),
        encoding="utf-8",
    )
    lines = on_terminal(
        "hubspot_dest", "send", str(EXAMPLES / "shop.yaml"), str(source), "--consent", "marketing",
        "--base-url", "http://127.0.0.1:9", "--wait", "0.5",
    )  # fmt: skip
    warnings = [line for line in lines if "warning:" in line]
    assert warnings
    assert all(line.startswith("warning:") for line in warnings)
    assert not any(re.match(r"1,?000 events\s*\S", line) and "queued" not in line for line in lines)


def test_a_counter_is_replaced_by_a_message_and_never_longer_than_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("TERM", "xterm")
    console.progress("1,234 events, 12 %, 34 s left")
    console.say("warning: x")
    assert capsys.readouterr().err == "\r\x1b[2K1,234 events, 12 %,\r\x1b[2Kwarning: x\n"
    monkeypatch.setenv("TERM", "dumb")
    console.progress("1,234 events")
    console.say("warning: x")
    assert capsys.readouterr().err == "warning: x\n"


def test_in_a_pipe_no_counter_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    console.progress("1,234 events")
    console.say("warning: x")
    assert capsys.readouterr().err == "warning: x\n"
