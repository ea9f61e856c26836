"""Watching a running endpoint: whoever operates it sees what happens, and finds one event among all."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import SEED, Run
from tests.cli.listening import listening
from tests.factories import make_event, write_config


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as server:
        server.service.seed(server.account, SEED)
        yield server


def test_prometheus_is_answered_while_events_come(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    config = write_config(tmp_path, hubspot)
    with listening(config, "--no-outbox", "--metrics", "0") as running:
        assert running.metrics_url
        running.post(make_event(1))
        running.post({})
        with urllib.request.urlopen(running.metrics_url, timeout=10) as answer:
            text = answer.read().decode()
        code, _ = running.stop()
    assert code == 0
    assert 'hubspot_dest_events_total{outcome="sent",reason="send",stage="accepted"} 1.0' in text
    assert 'hubspot_dest_http_requests_total{status="200"} 1.0' in text
    assert 'hubspot_dest_http_requests_total{status="400"} 1.0' in text
    assert 'hubspot_dest_requests_total{call="send",status="204"} 1.0' in text


def test_one_event_is_found_among_all_and_followed_to_hubspots_answer(
    run: Run, tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    trail = tmp_path / "trail.jsonl"
    with listening(write_config(tmp_path, hubspot), "--no-outbox", "--trail", str(trail)) as running:
        for number in range(20):
            running.post(make_event(number))
        running.stop()
    done = run("hubspot_dest", "follow", "e7", str(trail))
    assert done.returncode == 0, done.stderr
    assert "sent  page view  send" in done.stdout
    assert "events.send.basicApi.send → 204 after 0." in done.stdout
    (record,) = [
        json.loads(line)
        for line in run("hubspot_dest", "follow", "e7", str(trail), "--json").stdout.splitlines()
    ]
    assert record["id"] == "e7"
    assert hubspot.token not in trail.read_text(encoding="utf-8")


def test_an_event_that_the_trail_does_not_know_is_exit_1_and_no_trail_exit_2(
    run: Run, tmp_path: Path
) -> None:
    trail = tmp_path / "trail.jsonl"
    trail.write_text("", encoding="utf-8")
    assert run("hubspot_dest", "follow", "e7", str(trail)).returncode == 1
    done = run("hubspot_dest", "follow", "e7", str(tmp_path / "missing"))
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
    assert run("hubspot_dest", "follow", "e7", str(tmp_path)).returncode == 2


def test_a_hostile_trail_does_not_reach_the_terminal_raw(run: Run, tmp_path: Path) -> None:
    trail = tmp_path / "trail.jsonl"
    record = {
        "id": "e1",
        "event": "a \x1b[31mb",
        "sentence": "x\x07",
        "calls": ["\x1b]0;t"],
        "answers": [{"status": 1}],
    }
    trail.write_text(json.dumps(record), encoding="utf-8")
    done = run("hubspot_dest", "follow", "e1", str(trail))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_opentelemetry_goes_where_its_environment_says(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    config = write_config(tmp_path, hubspot)
    with listening(config, "--no-outbox", "--otel", OTEL_METRICS_EXPORTER="console") as running:
        running.post(make_event(1))
        running.process.terminate()
        printed, said = running.process.communicate(timeout=30)
    assert running.process.returncode == 0, said
    assert '"name": "hubspot_dest.events"' in printed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--metrics", "nonsense"], "is not a port"),
        (["--metrics", "²"], "is not a port"),
        (["--metrics", "203.0.113.1:0"], "--metrics 203.0.113.1:0"),
        (["--trail", "missing/trail.jsonl"], "cannot be written"),
        (["--otel"], "no metrics exporter"),
    ],
)
def test_what_cannot_be_watched_is_said_before_the_first_event(
    run: Run, tmp_path: Path, hubspot: FakeHubSpot, arguments: list[str], says: str
) -> None:
    config = str(write_config(tmp_path, hubspot))
    done = run(
        "hubspot_dest",
        "listen",
        config,
        "--no-outbox",
        "--port",
        "0",
        *arguments,
        OTEL_METRICS_EXPORTER="nowhere",
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def send(run: Run, tmp_path: Path, hubspot: FakeHubSpot, *arguments: str) -> Any:
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(json.dumps(make_event(number)) for number in range(1, 8)), encoding="utf-8")
    return run("hubspot_dest", "send", str(write_config(tmp_path, hubspot)), str(events), *arguments)


@pytest.mark.parametrize("outbox", [(), ("--no-outbox",)])
def test_an_event_of_a_file_is_followed_from_its_line_to_hubspots_answer(
    run: Run, tmp_path: Path, hubspot: FakeHubSpot, outbox: tuple[str, ...]
) -> None:
    trail = tmp_path / "trail.jsonl"
    done = send(run, tmp_path, hubspot, "--trail", str(trail), *outbox)
    assert done.returncode == 0, done.stderr
    told = run("hubspot_dest", "follow", "e5", str(trail)).stdout
    assert "line 5  page view" in told
    assert "events.send.basicApi.send → 204 after 0." in told
    assert hubspot.account.occurrences[4]["id"] in told


def test_a_send_is_counted_as_well(run: Run, tmp_path: Path, hubspot: FakeHubSpot) -> None:
    done = send(run, tmp_path, hubspot, "--metrics", "0", "--progress")
    assert done.returncode == 0, done.stderr
    assert "metrics at http://127.0.0.1:" in done.stderr


def test_send_takes_another_version_and_another_address_than_its_configuration(
    run: Run, tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    with FakeHubSpot() as other:
        other.service.seed(other.account, SEED)
        done = send(run, tmp_path, hubspot, "--base-url", other.base_url, "--api-version", "2026-03")
        assert done.returncode == 0, done.stderr
        assert len(other.account.occurrences) == 7
        assert {entry.target.decode() for entry in other.journal.entries()} == {"/events/2026-03/send"}
    assert hubspot.account.occurrences == []


def test_progress_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hubspot_dest import HubSpotDestination
    from hubspot_dest.cli.instrumentation import Instrumentation
    from hubspot_dest.delivery.client.recording_client import RecordingClient
    from hubspot_dest.observability.observer import Observer

    now = [1000.0]
    monkeypatch.setattr("hubspot_dest.cli.instrumentation.time.monotonic", lambda: now[0])
    config = {"settings": {"accessToken": "pat-na1-x", "eventNamePrefix": "p_", "batch": True}}
    with HubSpotDestination(config, client=RecordingClient()) as destination:
        Instrumentation(Observer(), None, shows_progress=True).attach(destination)
        for number in range(30):
            now[0] += 1
            destination.push(make_event(number))
    assert capsys.readouterr().err.splitlines() == [
        f"{count} events accepted, 1 per second; 0 failed, {count} events and contacts waiting"
        for count in (10, 20, 30)
    ]
