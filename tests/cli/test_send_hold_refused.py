"""`send --hold-refused`: what HubSpot would refuse is given up with its reason, and never sent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests.cli.conftest import Run
from tests.verdict.previewing import order

CONFIG = {
    "settings": {"eventNamePrefix": "pe12345678_"},
    "mapping": {
        "order": {
            "complete": {"settings": {"eventName": "purchase"}},
            "cancel": {"settings": {"eventName": "No!"}},
        },
    },
}


@pytest.mark.parametrize("options", [["--no-outbox"], []])
def test_held_events_are_dead_letters_and_the_others_go_out(
    run: Run, tmp_path: Path, options: list[str]
) -> None:
    events = tmp_path / "events.jsonl"
    lines = [order(), order(name="order cancel", id="0000000000000002")]
    events.write_text("".join(json.dumps(entry) + "\n" for entry in lines), encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    with FakeHubSpot(HubSpot(portal_id=12345678, switches=Behaviours(auto_define=True))) as hubspot:
        done = run(
            "hubspot_dest", "send", str(tmp_path / "config.json"), str(events), "--base-url", hubspot.base_url,
            "--hold-refused", "--json", *options, HUBSPOT_ACCESS_TOKEN=hubspot.token,
        )  # fmt: skip
        sent = [occurrence["eventName"] for occurrence in hubspot.account.occurrences]
        refused = [pair for pair in hubspot.journal.entries() if pair.answer.status >= 400]
    assert done.returncode == 1, done.stderr
    assert sent == ["pe12345678_purchase"]
    assert refused == []
    held = [json.loads(line) for line in done.stdout.splitlines() if '"order cancel"' in line]
    assert held[0]["outcome"] == "failed"
    assert held[0]["reason"] == "event_name_characters"
    assert [finding["code"] for finding in held[0]["findings"]] == ["event_name_characters"]


def test_an_event_that_is_held_with_its_contact_counts_once(run: Run, tmp_path: Path) -> None:
    identify = {"map": {"email": "user.email", "properties": {"map": {"city": "user.city"}}}}
    settings = {"eventNamePrefix": "pe12345678_", "email": "user.email", "identify": identify}
    config = {**CONFIG, "settings": settings}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    events, box, letters = tmp_path / "e.jsonl", str(tmp_path / "o"), tmp_path / "dead.jsonl"
    held = [
        order(
            name="order cancel", id=f"{number:016}", user={"email": f"p{number}@example.org", "city": "Ulm"}
        )
        for number in range(3)
    ]
    events.write_text("".join(json.dumps(entry) + "\n" for entry in held), encoding="utf-8")
    with FakeHubSpot(HubSpot(portal_id=12345678, switches=Behaviours(auto_define=True))) as hubspot:
        done = run(
            "hubspot_dest", "send", str(tmp_path / "config.json"), str(events), "--base-url", hubspot.base_url,
            "--hold-refused", "--outbox", box, "--dead-letters", str(letters), HUBSPOT_ACCESS_TOKEN=hubspot.token,
        )  # fmt: skip
    assert "3 events: 3 failed" in done.stderr
    assert len(letters.read_text(encoding="utf-8").splitlines()) == 6  # each contact and each event
    counted = "3 dead letters with 3 contacts"
    assert f"{counted} in {letters}" in done.stderr
    status = run("hubspot_dest", "outbox", "status", box)
    assert "dead letters 3 with 3 contacts (3 event_name_characters)" in status.stdout
    record = json.loads(run("hubspot_dest", "outbox", "status", box, "--json").stdout)
    assert (record["dead"], record["deadContacts"]) == (3, 3)
    assert record["reasons"] == {"event_name_characters": 3}
    assert run("hubspot_dest", "outbox", "dead", box).stderr.splitlines()[-1] == counted
    assert f"{counted} wait" in run("hubspot_dest", "outbox", "retry", box).stderr


def test_what_was_held_is_in_the_outbox_after_a_kill_and_can_be_sent_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    outbox = ["--outbox", str(tmp_path / "outbox.sqlite3")]
    with FakeHubSpot(HubSpot(portal_id=12345678, switches=Behaviours(auto_define=True))) as hubspot:
        environment = {**os.environ, "HUBSPOT_ACCESS_TOKEN": hubspot.token, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "hubspot_dest", "send", str(tmp_path / "config.json"), "-", "--base-url",
             hubspot.base_url, "--hold-refused", "--json", *outbox],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order(name="order cancel", id="0000000000000002")).encode() + b"\n")
        process.stdin.flush()
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        assert (told["outcome"], told["reason"]) == ("failed", "event_name_characters")
        shown = run("hubspot_dest", "outbox", "export", *outbox[1:])
        letters = [json.loads(line) for line in shown.stdout.splitlines()]
        assert [letter["reason"] for letter in letters] == ["event_name_characters"], shown.stderr
        assert letters[0]["payload"]["eventName"] == "pe12345678_No!"
        assert run("hubspot_dest", "outbox", "retry", *outbox[1:]).returncode == 0
        (tmp_path / "none.jsonl").write_text("", encoding="utf-8")
        again = run(
            "hubspot_dest", "send", str(tmp_path / "config.json"), str(tmp_path / "none.jsonl"), "--base-url",
            hubspot.base_url, *outbox, HUBSPOT_ACCESS_TOKEN=hubspot.token,
        )  # fmt: skip
        refused = [entry for entry in hubspot.journal.entries() if entry.answer.status >= 400]
    assert len(refused) == 1, again.stderr  # without --hold-refused HubSpot is the judge
