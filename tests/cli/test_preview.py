"""`hubspot-dest preview`: what HubSpot would receive, and no network at all."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from hubspot_dest.amounts import amount
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm
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
    assert "standard input, line 3, column 1: invalid JSON" in done.stderr
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

    process = warm.Popen(
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
    process = warm.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c
    )
    writer = os.open(events, os.O_WRONLY)  # succeeds as soon as it reads: it is past its beginning
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    os.close(writer)
    assert process.returncode == 130
    assert err.strip() == "interrupted"


def calls_of(output: str) -> list[list[Any]]:
    """Return the calls of a preview or a dry run, whose order is not told."""
    records = [json.loads(line) for line in output.splitlines()]
    return [call for record in records for call in record.get("calls", []) if isinstance(call, list)]


def taken_apart(calls: list[list[Any]]) -> list[list[Any]]:
    """Return calls with each event of a batch by itself."""
    batch = "events.send.batchApi.send"
    return [
        [call[0], contact_input] if call[0] == batch else call
        for call in calls
        for contact_input in (call[1]["inputs"] if call[0] == batch else (None,))
    ]


def requests_of(hubspot: FakeHubSpot) -> list[list[Any]]:
    """Return the requests that a HubSpot got, in the documented notation."""
    names = {
        ("POST", "send"): "events.send.basicApi.send",
        ("POST", "send/batch"): "events.send.batchApi.send",
        ("POST", "batch/upsert"): "crm.contacts.batchApi.upsert",
        ("POST", "contacts"): "crm.contacts.basicApi.create",
    }
    found = []
    for entry in hubspot.journal.entries():
        path = entry.target.decode().partition("?")[0]
        ending = next(
            (end for method, end in names if method == entry.method and path.endswith(f"/{end}")), ""
        )
        body = json.loads(entry.body)
        if entry.method == "PATCH":
            email = unquote(path.rpartition("/")[2])
            found.append(["crm.contacts.basicApi.update", email, body, "email"])
        else:
            found.append([names[entry.method, ending], body])
    return found


@pytest.mark.parametrize("settings", [{}, {"batch": True, "batchSize": 4}], ids=["single", "batches"])
@pytest.mark.parametrize("seed", range(3))
def test_preview_and_a_dry_run_show_the_calls_that_send_makes(
    run: Run, tmp_path: Path, settings: dict[str, Any], seed: int
) -> None:
    rng = random.Random(seed)
    identify = {"map": {"email": "user.email", "properties": {"map": {"lifecyclestage": "user.stage"}}}}
    config, source = tmp_path / "config.json", tmp_path / "events.jsonl"
    base = {"eventNamePrefix": "pe12345678_", "accessToken": TOKEN, "identify": identify, **settings}
    mapping = {"user": {"login": {"silent": True}}, "debug": {"*": {"ignore": True}}}
    config.write_text(json.dumps({"settings": base, "mapping": mapping}), encoding="utf-8")
    people = [f"p{number}@example.org" for number in range(rng.choice([1, 5, 30]))]
    lines = []
    for number in range(60):
        person = rng.choice(people)
        # What a person's second upsert is grouped with depends on how fast HubSpot answers.
        user = {"email": person, "stage": "lead" if person < "p2" else "customer"}
        name = rng.choice(["page view", "page view", "user login", "debug x"])
        lines.append(
            {"name": name, "id": f"e{number}", "timestamp": 1_780_000_000_000 + number, "user": user}
        )
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True)), token=TOKEN) as hubspot:
        known = [{"email": person} for person in people]
        hubspot.service.seed(hubspot.account, {"contacts": known})
        target = ("--base-url", hubspot.base_url)
        alone = ("--connections", "1", "--max-rps", "10000")  # nothing is held back for a limit
        sent = run("hubspot_dest", "send", str(config), str(source), *target, *alone)
        assert sent.returncode == 0, sent.stderr
        counted = re.search(r"(\d+) contact calls?, (\d+) event calls?", sent.stderr)
        assert counted is not None
        # An exchange is in the journal a moment after its answer is out.
        until = time.monotonic() + 20
        while len(hubspot.journal) < sum(map(int, counted.groups())) and time.monotonic() < until:
            time.sleep(0.01)
        made = requests_of(hubspot)
    shown = run("hubspot_dest", "preview", str(config), str(source), "--json", "--no-findings")
    dry = run("hubspot_dest", "send", str(config), str(source), "--json", "--dry-run", *target)
    for output in (shown.stdout, dry.stdout):
        told = calls_of(output)
        assert sorted(map(json.dumps, taken_apart(told))) == sorted(map(json.dumps, taken_apart(made)))
        assert len(told) == len(made) or settings  # the last batches are as full as time allows
    calls = json.loads(shown.stdout.splitlines()[-1])["calls"]
    contacts = sum(call[0].startswith("crm.") for call in made)
    assert settings or calls == {"contacts": contacts, "events": len(made) - contacts}
    counts = f"{amount(contacts, 'contact call')}, {amount(len(made) - contacts, 'event call')}"
    assert counts in sent.stderr
    assert settings or counts in dry.stderr


def test_contacts_that_go_together_are_named_and_single_calls_are_shown_without_outbox(run: Run) -> None:
    records = [
        json.loads(line)
        for line in run("hubspot_dest", "preview", SHOP, EVENTS, "--json").stdout.splitlines()
    ]
    [together] = [
        record
        for record in records
        if record["outcome" if "outcome" in record else "summary"] == "identified" and "events" in record
    ]
    assert (together["events"], together["lines"]) == (["a2", "b1", "c1"], [2, 5, 8])
    assert [contact_input["id"] for contact_input in together["calls"][0][1]["inputs"]] == [
        "ada@example.org",
        "grace@example.org",
        "alan@example.org",
    ]
    parts = [record["batched"][0][1]["email"] for record in records if "batched" in record]
    assert parts == ["ada@example.org", "grace@example.org", "alan@example.org"]
    single = run("hubspot_dest", "preview", SHOP, EVENTS, "--no-outbox")
    assert single.stdout.count("crm.contacts.basicApi.update") == 3
    assert "batchApi" not in single.stdout
    assert "3 contact calls, 6 event calls" in single.stderr
