"""`hubspot-dest send`: what was accepted arrives, and what does not is named."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from tests import warm
from tests.cli.conftest import EXAMPLES, Run

SHOP = str(EXAMPLES / "shop.yaml")


@pytest.fixture
def events(tmp_path: Path) -> str:
    """Give a copy of the example's events: the outbox lies beside them."""
    return shutil.copy(str(EXAMPLES / "events.jsonl"), str(tmp_path))


def test_events_arrive_and_strangers_become_contacts(run: Run, hubspot: FakeHubSpot, events: str) -> None:
    done = run("hubspot_dest", "send", SHOP, events, "--base-url", hubspot.base_url)
    assert done.returncode == 0, done.stderr
    assert [
        item["eventName"].removeprefix("pe12345678_") for item in hubspot.account.timeline("ada@example.org")
    ] == [
        "page_view",
        "product_view",
        "cart_add",
        "large_order_completed",
    ]
    assert {contact.properties["email"] for contact in hubspot.account.contacts()} == {
        "ada@example.org",
        "grace@example.org",
        "alan@example.org",
    }
    assert "6 events went out; 0 failed" in done.stderr


def test_sending_a_file_twice_counts_every_event_once(run: Run, hubspot: FakeHubSpot, events: str) -> None:
    for _ in range(2):
        run("hubspot_dest", "send", SHOP, events, "--base-url", hubspot.base_url)
    assert len(hubspot.account.occurrences) == 6


def test_what_hubspot_refuses_is_named_with_its_reason_and_exit_1(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    event = (
        '{"name":"page read","timestamp":1,"user":{"email":"ada@example.org"},"consent":{"marketing":true}}'
    )
    outbox = str(tmp_path / "o.sqlite3")
    done = run(
        "hubspot_dest", "send", SHOP, "-", "--base-url", hubspot.base_url, "--outbox", outbox, stdin=event
    )
    assert done.returncode == 1
    assert "Event with fully qualified name pe12345678_page_read does not exist." in done.stderr
    assert "0 events went out; 1 failed" in done.stderr


def test_a_wrong_token_is_told_and_never_shown(run: Run, hubspot: FakeHubSpot, events: str) -> None:
    secret = "pat-eu1-deadbeef-dead-beef-dead-beefdeadbeef"
    done = run(
        "hubspot_dest",
        "send",
        SHOP,
        events,
        "--base-url",
        hubspot.base_url,
        "--json",
        HUBSPOT_ACCESS_TOKEN=secret,
    )
    assert done.returncode == 1
    assert "INVALID_AUTHENTICATION" in done.stdout
    assert secret not in done.stdout + done.stderr
    assert secret not in repr(hubspot.journal)


def test_without_a_token_it_says_where_to_put_one(run: Run, tmp_path: Path, events: str) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"settings": {"eventNamePrefix": "p"}}', encoding="utf-8")
    done = run("hubspot_dest", "send", str(path), events, "--base-url", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "HUBSPOT_ACCESS_TOKEN" in done.stderr


def test_the_real_hubspot_is_never_written_to_without_a_word(run: Run, events: str) -> None:
    done = run("hubspot_dest", "send", SHOP, events)
    assert done.returncode == 2
    assert "about to send 10 events to the real HubSpot, event name prefix pe12345678_" in done.stderr
    assert "--yes" in done.stderr


@pytest.mark.parametrize("address", ["api.hubapi.com", "http://", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_one_message(run: Run, address: str, events: str) -> None:
    done = run("hubspot_dest", "send", SHOP, events, "--base-url", address)
    assert done.returncode == 2
    assert "is not an http:// or https:// address" in done.stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--proxy", "nowhere"), ("--api-version", "v1"), ("--ca-bundle", "nowhere.pem")]
)
def test_the_hint_is_about_the_option_that_is_wrong(run: Run, option: str, value: str, events: str) -> None:
    done = run("hubspot_dest", "send", SHOP, events, "--base-url", "http://127.0.0.1:9", option, value)
    assert done.returncode == 2
    assert f"try: {option} " in done.stderr


def test_json_tells_every_outcome_and_the_rest(run: Run, hubspot: FakeHubSpot, events: str) -> None:
    done = run("hubspot_dest", "send", SHOP, events, "--base-url", hubspot.base_url, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["outcome"] for record in records[:-1]].count("sent") == 6
    assert records[-1]["delivered"] == 6
    assert [record.get("reason") for record in records].count("consent_refused") == 1
    assert records[-1]["waiting"] == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_flushes_what_waits_and_says_so(
    tmp_path: Path, hubspot: FakeHubSpot, number: signal.Signals, code: int
) -> None:
    path = tmp_path / "batch.json"
    settings = {
        "accessToken": hubspot.token,
        "eventNamePrefix": "pe12345678_",
        "batch": True,
        "batchSize": 500,
    }
    path.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    process = warm.Popen(
        [
            sys.executable,
            "-m",
            "hubspot_dest",
            "send",
            str(path),
            "-",
            "--base-url",
            hubspot.base_url,
            "--json",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    for index in range(3):
        event = {
            "name": "page view",
            "id": f"e{index}",
            "timestamp": 1 + index,
            "user": {"email": "ada@example.org"},
        }
        process.stdin.write(json.dumps(event).encode() + b"\n")
    process.stdin.flush()
    for _ in range(3):  # each line is planned as it comes, though the input never ends
        assert json.loads(process.stdout.readline())["outcome"] == "queued"
    process.send_signal(number)
    said = process.stderr.read().decode()
    assert process.wait(30) == code
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    assert len(hubspot.account.occurrences) == 3
    assert "3 events went out; 0 failed" in said
