"""Every command that reads events reads a pipe once: process substitution, a named pipe, /dev/stdin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from tests import warm
from tests.cli.conftest import Run

CONFIG = {
    "settings": {"eventNamePrefix": "pe12345678_", "accessToken": "pat-na1-x", "identify": "user.email"}
}


def lines(count: int) -> bytes:
    events = ({"name": "page view", "id": f"e{n:03}", "user": {"email": "a@b.co"}} for n in range(count))
    made = [json.dumps(event).encode() for event in events]
    return b"".join(line + b" " * (127 - len(line)) + b"\n" for line in made)  # 128 bytes each


def through(kind: str, folder: Path, content: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command with `EVENTS` replaced by a source of this kind."""
    source: Any = {"standard input": "/dev/stdin", "named pipe": str(folder / "pipe")}.get(kind)
    reading = writing = -1
    if kind == "named pipe":
        os.mkfifo(source)
    elif kind == "process substitution":
        reading, writing = os.pipe()
        source = f"/dev/fd/{reading}"
    environment = {name: value for name, value in os.environ.items() if name != "HUBSPOT_ACCESS_TOKEN"}
    process = warm.Popen(
        [sys.executable, "-m", *(source if argument == "EVENTS" else argument for argument in arguments)],
        stdin=subprocess.PIPE if kind == "standard input" else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[reading] if reading >= 0 else [],
        cwd=folder,
        env=environment,
    )
    if reading >= 0:
        os.close(reading)

    def write() -> None:
        target: Any = process.stdin if kind == "standard input" else source if writing < 0 else writing
        with target if hasattr(target, "write") else open(target, "wb") as stream:  # noqa: PTH123 - a descriptor too
            stream.write(content)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        # Not communicate: standard input belongs to the writer.
        assert process.stdout is not None
        assert process.stderr is not None
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read()))  # type: ignore[union-attr]
        reader.start()
        shown = process.stdout.read()
        reader.join(60)
        return subprocess.CompletedProcess([], process.wait(60), shown, said[0])
    finally:
        process.kill()
        process.stdout.close()  # type: ignore[union-attr]
        process.stderr.close()  # type: ignore[union-attr]
        writer.join(10)


@pytest.fixture
def config(tmp_path: Path, hubspot: FakeHubSpot) -> str:
    path = tmp_path / "config.json"
    settings = {
        **CONFIG["settings"],
        "baseUrl": hubspot.base_url,
        "accessToken": hubspot.token,
        "batch": True,
    }
    path.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("count", [5, 200, 300])
def test_send_loses_no_event_of_a_process_substitution(
    tmp_path: Path, hubspot: FakeHubSpot, config: str, count: int
) -> None:
    done = through("process substitution", tmp_path, lines(count), "hubspot_dest", "send", config, "EVENTS")
    assert done.returncode == 0, done.stderr
    assert len(hubspot.account.occurrences) == count
    assert (tmp_path / "stdin.outbox.sqlite3").exists()


@pytest.mark.parametrize("kind", ["named pipe", "standard input"])
def test_send_loses_no_event_of_a_pipe(tmp_path: Path, hubspot: FakeHubSpot, config: str, kind: str) -> None:
    done = through(kind, tmp_path, lines(40), "hubspot_dest", "send", config, "EVENTS")
    assert done.returncode == 0, done.stderr
    assert len(hubspot.account.occurrences) == 40


def test_a_question_about_how_many_events_does_not_eat_them(tmp_path: Path, config: str) -> None:
    real = ("--base-url", "https://api.hubapi.com", "--no-outbox")
    done = through(
        "process substitution", tmp_path, lines(5), "hubspot_dest", "send", config, "EVENTS", *real
    )
    assert done.returncode == 2
    assert b"about to send the events of " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("hubspot_dest", "preview", "CONFIG", "EVENTS"), "40 events"),
        (("hubspot_dest", "doctor", "CONFIG", "EVENTS", "--offline"), "nothing was written"),
        (("hubspot_dest", "verify", "CONFIG", "EVENTS", "--json"), '"outcomes":{"queued":40}'),
        (("simulator", "run", "CONFIG", "--from", "EVENTS"), "40 events"),
        (("simulator", "record", "CONFIG", "EVENTS", "-o", "cassette.json"), "40 events recorded"),
    ],
    ids=["preview", "doctor", "verify", "run", "record"],
)
@pytest.mark.parametrize("kind", ["named pipe", "process substitution"])
def test_every_command_reads_a_pipe_once(
    tmp_path: Path, config: str, arguments: tuple[str, ...], shown: str, kind: str
) -> None:
    done = through(
        kind, tmp_path, lines(40), *(config if argument == "CONFIG" else argument for argument in arguments)
    )
    assert shown in (done.stdout + done.stderr).decode(), done
    assert done.returncode in (0, 1)


@pytest.mark.parametrize("source", ["-", "/dev/stdin", "/dev/zero", "pipe"])
def test_resume_of_what_can_be_read_once_is_refused_with_the_reason(
    run: Run, tmp_path: Path, config: str, source: str
) -> None:
    if source == "pipe":
        source = str(tmp_path / "pipe")
        os.mkfifo(source)
    done = run("hubspot_dest", "send", config, source, "--resume", "--outbox", str(tmp_path / "o"))
    assert done.returncode == 2
    assert "--resume needs a file" in done.stderr
    assert "can be read only once" in done.stderr
    assert not (tmp_path / "o").exists()


def test_a_line_that_never_ends_ends_the_command(run: Run, tmp_path: Path, config: str) -> None:
    done = run("hubspot_dest", "preview", config, "/dev/zero", "--max-line-bytes", "1000")
    assert done.returncode == 2
    assert "line 1: the line is longer than 1,000 bytes" in done.stderr
    assert "does not end" in done.stderr


@pytest.mark.parametrize("command", [("preview",), ("preview", "--parity"), ("send", "--dry-run")])
def test_a_null_that_walkeros_cannot_merge_is_named_by_its_field(
    run: Run, tmp_path: Path, config: str, command: tuple[str, ...]
) -> None:
    events = tmp_path / "events.jsonl"
    ada = {"email": "ada@example.org"}
    rows = [{"name": "page view", "globals": None, "user": ada}, {"name": "page view", "user": None}]
    events.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = run("hubspot_dest", command[0], config, str(events), *command[1:])
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "globals is null ($.globals)" in said
    assert "user is null ($.user)" in said
    assert "Cannot convert" not in said
