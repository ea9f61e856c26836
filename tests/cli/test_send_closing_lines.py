"""The last lines of `send`: numbers that add up, every reason once, and an end within the promised time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.cli.run_deadline import RunDeadline
from hubspot_dest.cli.runs import send as send_command
from hubspot_dest.delivery.outbox.queue import Leftovers, leftovers_of
from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reader import Line
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.text_report import Painter
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm
from tests.cli.conftest import Run
from tests.delivery.wire import answer, wire
from tests.factories import make_event, write_config

TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"
CLOSED = "http://127.0.0.1:9"
SENTENCE = re.compile(
    r"^(\d+) events?(?: and (\d+) of an earlier run)?: (.*?)(?:, (\d+) bad lines?)?; \d+ contact calls?"
)
COUNT = re.compile(r"(\d+) (sent|queued|identified|skipped|ignored|denied|failed|under way)")


def closing(stderr: str) -> dict[str, int]:
    """Return the numbers of the last sentence, having checked that they add up."""
    [match] = [found for line in stderr.splitlines() if (found := SENTENCE.match(line))]
    kinds = {kind: int(count) for count, kind in COUNT.findall(match[3])}
    came_in = int(match[1]) + int(match[2] or 0)
    assert sum(kinds.values()) == came_in, stderr
    return {"events": int(match[1]), "earlier": int(match[2] or 0), "bad": int(match[4] or 0), **kinds}


def configuration(tmp_path: Path, **settings: Any) -> str:
    identify = {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}}
    mapping = {"debug": {"ping": {"ignore": True}}, "user": {"login": {"silent": True}}}
    config = {"mapping": mapping, **settings.pop("config", {})}
    return str(
        write_config(tmp_path, config=config, **{"accessToken": TOKEN, "identify": identify, **settings})
    )


def event(number: int, name: str = "page view", **more: Any) -> dict[str, Any]:
    user = {"email": f"p{number % 7}@example.org", "plan": f"plan{number % 3}"}
    return make_event(number, None, name=name, **{"user": user, **more})


def mixture(path: Path, count: int = 60) -> str:
    """Write events of every fate: sent, skipped, ignored, contact only, refused, and lines that are none."""
    lines: list[str] = []
    for number in range(count):
        fate = number % 6
        entry = event(number)
        if fate == 1:
            entry = event(number, user={})
        elif fate == 2:
            entry = event(number, "debug ping")
        elif fate == 3:
            entry = event(number, "user login", user={"email": f"login{number}@example.org", "plan": "x"})
        elif fate == 4:
            entry = event(number, "page read")  # has no definition
        lines.append(json.dumps(entry) if number % 12 != 5 else "no event")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def strict() -> Any:
    with FakeHubSpot(token=TOKEN) as server:
        seed = {"contactProperties": ["plan"], "definitions": [{"name": "pe12345678_page_view"}]}
        server.service.seed(server.account, seed)
        yield server


@pytest.mark.parametrize("settings", [{}, {"batch": True, "batchSize": 7}])
@pytest.mark.parametrize("mode", [(), ("--no-outbox",), ("--parity",), ("--dry-run",)])
def test_what_came_in_is_what_went_out_was_skipped_was_refused_waits_or_is_safe(
    run: Run, strict: FakeHubSpot, tmp_path: Path, mode: tuple[str, ...], settings: dict[str, Any]
) -> None:
    config, source = configuration(tmp_path, **settings), mixture(tmp_path / "e.jsonl")
    done = run("hubspot_dest", "send", config, source, "--base-url", strict.base_url, *mode)
    told = closing(done.stderr)
    assert (told["events"], told["bad"]) == (55, 5)
    if mode != ("--dry-run",):
        assert told.get("sent", 0) == len(strict.account.occurrences)
    machine = run("hubspot_dest", "send", config, source, "--base-url", strict.base_url, *mode, "--json")
    balance = json.loads(machine.stdout.splitlines()[-1])["balance"]
    came, earlier = balance.pop("cameIn"), balance.pop("earlier")
    assert came + earlier == sum(balance.values())
    assert came == 60


def test_events_are_counted_and_not_the_entries_of_the_outbox(run: Run, tmp_path: Path) -> None:
    config, source = configuration(tmp_path), mixture(tmp_path / "e.jsonl")
    arguments = ("hubspot_dest", "send", config, source, "--base-url", CLOSED, "--wait", "0.2")
    first = closing(run(*arguments).stderr)
    assert first["queued"] + first["skipped"] + first["ignored"] == 55
    done = run(*arguments)
    again = closing(done.stderr)
    assert again["earlier"] == first["queued"]
    assert f"{again['queued']} are safe in the outbox" in done.stderr
    assert (
        "send again with --resume to go on" in done.stderr.splitlines()[-1]
    )  # else the file is accepted twice
    assert (
        "is hubspot-sim serve running there?" in done.stderr
    )  # and not the proxy, at an address of this machine
    assert "last failure: unreachable: nothing listens at 127.0.0.1:9 (connection refused)" in done.stderr


def test_events_that_wait_for_consent_are_counted_until_they_go(
    run: Run, strict: FakeHubSpot, tmp_path: Path
) -> None:
    config = configuration(tmp_path, config={"consent": {"marketing": True}})
    source = mixture(tmp_path / "e.jsonl")
    arguments = ("hubspot_dest", "send", config, source, "--base-url", strict.base_url, "--resume")
    assert closing(run(*arguments).stderr)["denied"] == 55
    told = closing(run(*arguments, "--consent", "marketing").stderr)
    assert (told["events"], told["earlier"], told.get("denied", 0)) == (0, 55, 0)
    assert told["sent"] == len(strict.account.occurrences)


def test_every_reason_is_in_the_table_with_count_first_line_and_fix(
    run: Run, strict: FakeHubSpot, tmp_path: Path
) -> None:
    config, source = configuration(tmp_path), mixture(tmp_path / "e.jsonl")
    done = run("hubspot_dest", "send", config, source, "--base-url", strict.base_url)
    rows = {
        match[1]: (int(match[2]), match[3])
        for match in re.finditer(r"^  (\w[\w ]*: \w+) +(\d+) +(\d+)  \S", done.stderr, re.MULTILINE)
    }
    assert rows["failed: refused"] == (10, "5")
    assert rows["skipped: no_identity"] == (10, "2")
    assert rows["bad line: no_event"] == (5, "6")
    assert "✗ failed       line 5  page read  p4@example.org" in done.stderr
    assert "- skipped      line 2  page view" in done.stderr
    assert "batch" not in done.stderr  # every call was a single one


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"category": "MISSING_SCOPES", "errors": [{"context": {"requiredGranularScopes": ["x.send"]}}]},
            "x.send",
        ),
        ({"message": "no"}, "403"),
    ],
)
def test_a_missing_scope_is_named(run: Run, tmp_path: Path, said: dict[str, Any], expected: str) -> None:
    source = tmp_path / "e.jsonl"
    source.write_text(json.dumps(event(1)), encoding="utf-8")
    with wire(answer("403 Forbidden", json.dumps(said).encode())) as server:
        done = run(
            "hubspot_dest", "send", configuration(tmp_path), str(source), "--base-url", server.base_url
        )
    assert done.returncode == 1
    assert expected in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("kind", ["closed port", "unknown host", "https to http", "redirect", "500", "401"])
def test_the_first_failure_is_told_once_and_again_in_the_last_line(
    run: Run, tmp_path: Path, kind: str
) -> None:
    source = tmp_path / "e.jsonl"
    source.write_text("\n".join(json.dumps(event(number)) for number in range(10)), encoding="utf-8")
    replies = {
        "redirect": answer("302 Found", b"", "Location: https://x.example/login"),
        "401": answer("401 No"),
    }
    with wire(replies.get(kind, answer("500 Error"))) as server:
        address = {
            "closed port": CLOSED,
            "unknown host": "http://hubspot.invalid",
            "https to http": server.base_url.replace("http:", "https:"),
        }.get(kind, server.base_url)
        arguments = ("send", configuration(tmp_path), str(source), "--base-url", address, "--wait", "1")
        done = run("hubspot_dest", *arguments)
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1, done.stderr
    reason = {
        "closed port": "nothing listens at",
        "unknown host": "cannot be resolved",
        "https to http": "TLS with",
        "redirect": "a redirect to https://x.example/login",
        "500": "500",
        "401": "401",
    }[kind]
    assert reason in warnings[0]
    assert reason in done.stderr.splitlines()[-1]
    assert "10 are safe in the outbox" in done.stderr


def test_the_first_failure_is_told_before_the_second_attempt(tmp_path: Path) -> None:
    config = json.loads(Path(configuration(tmp_path)).read_text(encoding="utf-8"))
    told: list[tuple[str, int]] = []
    with wire(answer("500 Error"), answer("204 No Content")) as server:

        def listener(outcome: Outcome) -> None:
            if outcome.error is not None:
                told.append((outcome.reason, len(server.requests)))

        settings = OutboxSettings(tmp_path / "o.sqlite3", connections=1)
        del config["settings"]["identify"]
        destination = HubSpotDestination(
            config, base_url=server.base_url, outbox=settings, listeners=[listener]
        )
        destination.push(event(1))
        destination.close(stall=10.0)
        assert len(server.requests) == 2
    assert told == [("retry", 1)]


@pytest.mark.parametrize("signals", [pytest.param(1, marks=pytest.mark.deep), 2])  # one waits for ten seconds
def test_a_signal_ends_send_in_the_promised_time_whatever_it_is_at(tmp_path: Path, signals: int) -> None:
    """Four processes at once: reading a pipe, waiting after the input was read, without an outbox, with faults."""
    source = tmp_path / "e.jsonl"
    source.write_text("\n".join(json.dumps(event(number)) for number in range(300)) + "\n", encoding="utf-8")
    config = configuration(tmp_path)
    auto = HubSpot(switches=Behaviours(auto_define=True))
    with wire(b"") as single, wire(b"") as two, wire(b"") as three, FakeHubSpot(auto, token=TOKEN) as slow:
        slow.faults.add(*_faults(), now=time.time())
        cases = {
            "pipe": ["-", "--base-url", single.base_url, "--outbox", str(tmp_path / "1")],
            "read": [str(source), "--base-url", two.base_url, "--outbox", str(tmp_path / "2")],
            "memory": [str(source), "--base-url", three.base_url, "--no-outbox"],
            "faults": [str(source), "--base-url", slow.base_url, "--outbox", str(tmp_path / "3")],
        }
        running = {name: _start(config, arguments) for name, arguments in cases.items()}
        assert running["pipe"].stdin is not None
        running["pipe"].stdin.write(source.read_bytes()[:5000])
        running["pipe"].stdin.flush()
        deadline = time.monotonic() + 20
        waits = [single, two, three]
        while time.monotonic() < deadline:
            if all(server.requests for server in waits) and slow.journal.entries():
                break
            time.sleep(0.02)  # until each has a request under way
        begun = time.monotonic()
        for process in running.values():
            for number in (signal.SIGTERM, signal.SIGINT)[:signals]:
                process.send_signal(number)
        for name, process in running.items():
            code = process.wait(15)
            seconds = time.monotonic() - begun
            said = process.stderr.read().decode() if process.stderr else ""
            for stream in (process.stdin, process.stderr):
                if stream is not None:
                    stream.close()
            assert code in ((143,) if signals == 1 else (130, 143)), (name, said)
            assert seconds < (10.0 if signals == 1 else 3.0), (name, said)
            # The word about a second signal may come after the closing line.
            assert any("went out" in line for line in said.splitlines()[-2:]), (name, said)
            closing(said)


def _faults() -> list[Any]:
    from simulator.hubspot.faults.fault_board import Fault, FaultKind

    return [
        Fault(FaultKind.LATENCY, probability=0.3, seed=1, delay_ms=300),
        Fault(FaultKind.INTERNAL_ERROR, probability=0.4, seed=2),
    ]


def _start(config: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    return warm.Popen(
        [sys.executable, "-m", "hubspot_dest", "send", config, *arguments, "--timeout", "60"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "HUBSPOT_ACCESS_TOKEN": TOKEN},
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_trail_on_a_full_disk_stops_nothing_and_is_one_warning(
    run: Run, strict: FakeHubSpot, tmp_path: Path
) -> None:
    config, source = configuration(tmp_path), mixture(tmp_path / "e.jsonl")
    done = run("hubspot_dest", "send", config, source, "--base-url", strict.base_url, "--trail", "/dev/full")
    assert done.stderr.count("/dev/full cannot be written") == 1
    assert closing(done.stderr)["sent"] == len(strict.account.occurrences) > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_ends_the_run_and_loses_nothing(
    strict: FakeHubSpot, tmp_path: Path
) -> None:
    config, source = configuration(tmp_path), mixture(tmp_path / "e.jsonl")
    command = [sys.executable, "-m", "hubspot_dest", "send", config, source, "--base-url", strict.base_url]
    with Path("/dev/full").open("wb") as full:
        done = warm.run([*command, "--json"], stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)
    assert done.returncode == 2
    assert b"standard output cannot be written: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    warm.run([*command, "--resume"], capture_output=True, timeout=30, check=False)
    assert len(strict.account.occurrences) == len({row.id for row in strict.account.log.rows}) == 15


def test_a_second_signal_while_events_are_accepted_counts_them_as_what_they_became(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that ends the process speaks while a thousand events are on disk and not yet counted."""
    monkeypatch.setattr(send_command, "_HAND_OVER_SECONDS", 30.0)
    config = json.loads(Path(configuration(tmp_path)).read_text(encoding="utf-8"))
    source, box = mixture(tmp_path / "e.jsonl", 1200), tmp_path / "o"
    run = send_command.SendRun(Leftovers(), as_json=False, painter=Painter(colour=False))
    speaker = threading.Thread(target=run._last_words)
    interrupting = threading.Lock()  # the second signal comes once

    def interrupt(outcome: Outcome) -> None:
        if not outcome.delivery and interrupting.acquire(blocking=False):
            run._deadline.number = int(signal.SIGTERM)
            destination.abort()  # in the process, its end cuts the delivery off
            speaker.start()
            speaker.join(0.2)  # it would have spoken by now, and must not

    settings = OutboxSettings(box, connections=0)
    destination = HubSpotDestination(
        config, base_url=CLOSED, outbox=settings, listeners=[interrupt, run.tell]
    )
    monkeypatch.setattr(RunDeadline, "start", lambda self: None)
    reader = threading.Thread(
        target=run.run, args=[destination, send_command.SendPlan(source, outbox=str(box))]
    )
    reader.start()
    until = time.monotonic() + 60
    while speaker.ident is None and time.monotonic() < until:
        time.sleep(0.01)
    speaker.join(60)
    told = closing(capsys.readouterr().err)
    durable = leftovers_of(box)
    assert told["queued"] == durable.events > 0
    assert told.get("under way", 0) == 0
    assert told["events"] + told["bad"] == 1000  # the first chunk; the second must not begin any more
    run._handing_over.release()  # where the process would have ended
    reader.join(60)


def test_the_closing_lines_are_said_once_and_whole_when_a_signal_comes_while_they_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads(Path(configuration(tmp_path)).read_text(encoding="utf-8"))
    run = send_command.SendRun(Leftovers(), as_json=False, painter=Painter(colour=False))
    destination = HubSpotDestination(config, base_url=CLOSED, outbox=tmp_path / "o")
    threads = [threading.Thread(target=run._say_end_once, args=[destination]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    destination.close(deadline=0.0)
    assert closing(capsys.readouterr().err)["events"] == 0


def test_a_failure_before_the_acceptance_is_reported_names_the_event_and_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A delivering thread may be faster than the one that reports what was accepted."""
    run = send_command.SendRun(Leftovers(), as_json=False, painter=Painter(colour=False))
    assert run._wanted(Line(5, {"name": "page read", "id": "e5"}))
    refused = Outcome(
        "failed",
        "refused",
        "does not exist",
        name="pe1_page_read",
        event_id="e5",
        delivery=True,
        person="a@b.org",
    )
    run.tell(refused)
    assert "line 5  page read  a@b.org" in capsys.readouterr().err


def test_what_was_delivered_before_its_acceptance_is_reported_takes_no_room_from_later_lines() -> None:
    run = send_command.SendRun(Leftovers(), as_json=False, painter=Painter(colour=False))
    for number in (5, 6):
        assert run._wanted(Line(number, {"name": "page read", "id": f"e{number}"}))
    run.tell(Outcome("flushed", "batch_sent", "1 event in one batch", events=("e5",), delivery=True))
    for number in (5, 6):
        run.tell(Outcome("queued", "outbox", "safe in the outbox", "page read", f"e{number}"))
    assert list(run._origins) == ["e6"]
    assert run.line_of("e5") == 5  # as long as its acceptance is being reported
