"""`hubspot-dest preview`: what HubSpot would receive, and no network at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES, Run
from tests.ctrl_c import hear_ctrl_c

GOLDEN = Path(__file__).parent / "golden"
SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")
TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"


def golden(name: str, actual: str) -> None:
    """Hold an output against its file; PYTEST_GOLDEN=update writes it anew."""
    import os

    path = GOLDEN / name
    if os.environ.get("PYTEST_GOLDEN") == "update":
        path.parent.mkdir(exist_ok=True)
        path.write_text(actual, encoding="utf-8", newline="\n")
    assert actual == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("preview.txt", []),
        ("preview_explain.txt", ["--explain"]),
        ("preview.jsonl", ["--json"]),
        ("parity.txt", ["--parity"]),
    ],
)
def test_every_form_says_what_it_said_before(run: Run, name: str, options: list[str]) -> None:
    done = run("hubspot_dest", "preview", SHOP, EVENTS, *options)
    assert done.returncode == 0
    golden(name, done.stdout)
    assert TOKEN not in done.stdout + done.stderr


def test_the_same_input_gives_the_same_bytes(run: Run) -> None:
    events = '{"name":"page view","timestamp":1,"user":{"email":"a@b.c"}}\n' * 3
    first, second = (
        run("hubspot_dest", "preview", SHOP, "-", "--json", "--consent", "marketing", stdin=events)
        for _ in "ab"
    )
    assert first.stdout == second.stdout


def test_no_socket_is_ever_opened(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n\n"
        "def refuse(*a, **k):\n    raise SystemExit('a socket was opened')\n\n"
        "socket.socket.connect = refuse\n",
        encoding="utf-8",
    )
    done = run("hubspot_dest", "preview", SHOP, EVENTS, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0
    assert "a socket was opened" not in done.stderr


def test_bad_lines_are_named_and_the_rest_goes_on(run: Run) -> None:
    good = '{"name":"page view","timestamp":1,"user":{"email":"a@b.c"},"consent":{"marketing":true}}'
    done = run("hubspot_dest", "preview", SHOP, "-", stdin=f'{good}\n{{"name":"page"}}\nbroken\n{good}\n')
    assert done.returncode == 1
    assert done.stdout.count("sent") == 2
    assert "standard input, line 2: Event name is invalid" in done.stderr
    assert "standard input, line 3, column 1: broken JSON" in done.stderr
    assert "2 bad lines" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([SHOP, "missing.jsonl"], "missing.jsonl cannot be read"),
        (["missing.yaml", EVENTS], "missing.yaml cannot be read"),
        ([SHOP, "-"], "has no usable event"),
        ([SHOP, EVENTS, "--consent", "marketing=maybe"], "is neither true nor false"),
        ([SHOP, EVENTS, "--nonsense"], "No such option"),
    ],
)
def test_what_cannot_run_is_one_message_and_exit_2(run: Run, arguments: list[str], says: str) -> None:
    done = run("hubspot_dest", "preview", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_configuration_mistake_is_named_by_line_and_exit_2(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("settings:\n  eventNamePrefix: p\n  batchsize: 5\n", encoding="utf-8")
    done = run("hubspot_dest", "preview", str(path), EVENTS)
    assert done.returncode == 2
    assert "line 3: settings.batchsize: unknown key 'batchsize' (did you mean 'batchSize'?)" in done.stderr


def test_hostile_values_never_reach_a_terminal_raw(run: Run) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202e\u200b\r\n"
    event = {
        "name": "page view",
        "timestamp": 1,
        "data": {"title": hostile},
        "user": {"email": f"a{hostile}@b.c"},
    }
    options = ["--explain", "--consent", "marketing", "--fail-on", "never"]
    done = run("hubspot_dest", "preview", SHOP, "-", *options, stdin=json.dumps(event))
    assert done.returncode == 0
    assert not any(character in done.stdout + done.stderr for character in "\x1b\x07\u202e\u200b\r")


def test_broken_code_and_endless_code_cost_their_value_only(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "code.json"
    functions = {
        "loop": "() => { while (true) {} }",
        "boom": "() => { throw new Error('x') }",
        "fine": "(e) => e.name",
    }
    mapping = {name: {"fn": f"$code:{source}"} for name, source in functions.items()}
    settings = {"accessToken": "t", "eventNamePrefix": "p_"}
    rule = {"settings": {"properties": {"map": mapping}}}
    path.write_text(json.dumps({"settings": settings, "mapping": {"*": {"*": rule}}}), encoding="utf-8")
    event = '{"name":"a b","timestamp":1,"user":{"email":"a@b.c"}}\n'
    done = run("hubspot_dest", "preview", str(path), "-", "--json", stdin=event * 2)
    records = [json.loads(line) for line in done.stdout.splitlines()[:2]]
    assert [record["calls"][0][1]["properties"] for record in records] == [{"fine": "a b"}] * 2
    assert [len(record["issues"]) for record in records] == [2, 2]


def test_a_syntax_error_in_code_is_one_message_and_exit_2(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "code.json"
    config = {"settings": {"accessToken": "t", "eventNamePrefix": "p_", "email": {"fn": "$code:(v) => {{"}}}
    path.write_text(json.dumps(config), encoding="utf-8")
    done = run("hubspot_dest", "preview", str(path), EVENTS)
    assert done.returncode == 2
    assert "$code:" in done.stderr
    assert "has a bug" not in done.stderr


def test_only_shows_only(run: Run) -> None:
    done = run("hubspot_dest", "preview", SHOP, EVENTS, "--only", "skipped")
    assert len([line for line in done.stdout.splitlines() if "line" in line[:30]]) == 1


def test_a_reader_that_leaves_is_no_error(run: Run) -> None:
    import subprocess
    import sys

    process = subprocess.Popen(
        [sys.executable, "-m", "hubspot_dest", "preview", SHOP, EVENTS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.wait(30)
    process.stderr.close()
    assert "Traceback" not in said
    assert "Exception" not in said


def test_ctrl_c_is_a_word_and_exit_code_130(tmp_path: Path) -> None:
    events = tmp_path / "events"
    os.mkfifo(events)
    command = [sys.executable, "-m", "hubspot_dest", "preview", SHOP, str(events)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c
    )
    writer = os.open(events, os.O_WRONLY)  # succeeds as soon as it reads: it is past its beginning
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    os.close(writer)
    assert process.returncode == 130
    assert err.strip() == "interrupted"
