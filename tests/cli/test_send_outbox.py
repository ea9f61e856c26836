"""`send` with its outbox: going on after a crash, what is left out, what was given up, and where it lies."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hubspot_dest.delivery.outbox.schema import OUTBOX, OutboxError
from hubspot_dest.storage.sqlite_file import connect_reading
from simulator.hubspot import FakeHubSpot
from tests import warm
from tests.cli.conftest import Run
from tests.factories import write_config

Lines = list[dict[str, object]]


@pytest.fixture
def config(tmp_path: Path) -> str:
    return str(write_config(tmp_path, accessToken="pat-na1-00000000-0000-0000-0000-000000000000"))


def view(number: int, **more: object) -> dict[str, object]:
    when = 1_700_000_000_000 + number
    return {
        "name": "page view",
        "id": f"e{number}",
        "timestamp": when,
        "user": {"email": "ada@example.org"},
        **more,
    }


def write(path: Path, events: Lines) -> str:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return str(path)


def test_resume_sends_what_was_appended_and_nothing_twice(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(
        tmp_path / "a.jsonl", [{"name": "page view", "timestamp": 1, "user": {"email": "a@b.co"}}] * 3
    )
    arguments = ("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--resume")
    assert run(*arguments).returncode == 0
    again = run(*arguments)  # nothing new: harmless
    assert again.returncode == 0, again.stderr
    assert "continuing after line 3" in again.stderr
    with Path(source).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(view(4)) + "\n")
    assert run(*arguments).returncode == 0
    # The first three have no ids: were they read again, they would count again.
    assert len(hubspot.account.occurrences) == 4


def test_resume_takes_a_new_file_under_an_old_name_for_a_new_file(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.jsonl", [view(1), view(2)])
    arguments = ("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--resume")
    run(*arguments)
    write(tmp_path / "a.jsonl", [view(3), view(4)])
    done = run(*arguments)
    assert "is not the file that was sent before: beginning at its first line" in done.stderr
    assert len(hubspot.account.occurrences) == 4


def test_resume_takes_the_lines_of_a_packed_file_that_was_cut_and_is_whole_now(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    whole = gzip.compress("".join(json.dumps(view(number)) + "\n" for number in range(400)).encode())
    source = tmp_path / "a.jsonl.gz"
    arguments = ("hubspot_dest", "send", config, str(source), "--base-url", hubspot.base_url, "--resume")
    for part in (whole[:20], whole[: len(whole) // 2], whole[:-3]):
        source.write_bytes(part)
        done = run(*arguments)
        assert done.returncode in (1, 2)  # 2: not one event was there yet
        assert f"the gzip ends in the middle, about {len(part):,} bytes from its beginning" in done.stderr
        assert "1 bad line;" in done.stderr
    source.write_bytes(whole)
    assert run(*arguments).returncode == 0
    assert len(hubspot.account.occurrences) == 400


def test_resume_takes_the_line_that_was_being_written_when_the_log_was_sent(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.jsonl"
    whole = "".join(json.dumps(view(number)) + "\n" for number in range(3))
    arguments = ("hubspot_dest", "send", config, str(source), "--base-url", hubspot.base_url, "--resume")
    source.write_text(whole[:-20], encoding="utf-8")
    assert run(*arguments).returncode == 1
    source.write_text(whole, encoding="utf-8")
    done = run(*arguments)
    assert "continuing after line 2" in done.stderr
    assert done.returncode == 0
    assert len(hubspot.account.occurrences) == 3


def test_an_array_on_one_line_is_resumed_behind_its_last_item(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.json"
    source.write_text(json.dumps([view(1), view(2)]), encoding="utf-8")
    arguments = ("hubspot_dest", "send", config, str(source), "--base-url", hubspot.base_url, "--resume")
    run(*arguments)
    assert "0 events: nothing to send; 0 contact calls" in run(*arguments).stderr
    assert len(hubspot.account.occurrences) == 2


def test_what_hubspot_did_not_take_is_safe_and_goes_out_next_time(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.jsonl", [view(1), view(2)])
    where = hubspot.base_url
    hubspot.stop()
    port = int(where.rpartition(":")[2])
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(
            ("127.0.0.1", port)
        )  # refuses, and no server of another test can come to live there meanwhile
        done = run("hubspot_dest", "send", config, source, "--base-url", where, "--wait", "0.3")
    assert done.returncode == 1
    assert f"0 events went out; 0 failed; 2 are safe in the outbox {source}.outbox.sqlite3" in done.stderr
    hubspot._address = ("127.0.0.1", port)
    hubspot.start()
    again = run("hubspot_dest", "send", config, source, "--base-url", where, "--resume")
    assert again.returncode == 0, again.stderr
    assert "2 events of an earlier run are in the outbox" in again.stderr
    assert len(hubspot.account.occurrences) == 2


def test_an_outbox_never_sends_to_another_hubspot_than_it_accepted_for(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.jsonl", [view(1)])
    run("hubspot_dest", "send", config, source, "--base-url", "http://127.0.0.1:9", "--wait", "0.1")
    done = run("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url)
    assert done.returncode == 2
    assert "holds 1 event for http://127.0.0.1:9" in done.stderr
    assert hubspot.account.occurrences == []


def test_dead_letters_are_named_exported_and_sent_again(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.jsonl", [view(1), view(2, name="page read")])
    box, letters = str(tmp_path / "o.sqlite3"), tmp_path / "dead.jsonl"
    arguments = (
        "hubspot_dest",
        "send",
        config,
        source,
        "--base-url",
        hubspot.base_url,
        "--outbox",
        box,
        "--resume",
    )
    done = run(*arguments, "--dead-letters", str(letters))
    assert done.returncode == 1
    assert letters.stat().st_mode & 0o777 == 0o600  # it holds people's addresses
    [letter] = [json.loads(line) for line in letters.read_text(encoding="utf-8").splitlines()]
    assert (letter["id"], letter["reason"], letter["error"]["status"]) == ("e2", "refused", 400)
    assert letter["payload"]["eventName"] == "pe12345678_page_read"

    assert "1 (1 refused)" in run("hubspot_dest", "outbox", "status", box).stdout
    record = json.loads(run("hubspot_dest", "outbox", "status", box, "--json").stdout)
    assert (record["dead"], record["events"]) == (1, 0)
    listed = run("hubspot_dest", "outbox", "dead", box)
    assert listed.returncode == 1
    assert "does not exist" in listed.stdout
    assert json.loads(run("hubspot_dest", "outbox", "export", box).stdout) == letter

    hubspot.account.define("pe12345678_page_read", 0.0)
    assert "1 dead letter waits" in run("hubspot_dest", "outbox", "retry", box).stderr
    assert "no dead letters to retry" in run("hubspot_dest", "outbox", "retry", box).stderr
    assert run(*arguments).returncode == 0
    assert len(hubspot.account.occurrences) == 2
    assert run("hubspot_dest", "outbox", "status", box).returncode == 0


def test_purge_asks_before_it_drops(run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [view(2, name="page read")])
    box = str(tmp_path / "o.sqlite3")
    run("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--outbox", box)
    assert run("hubspot_dest", "outbox", "purge", box, stdin="n\n").returncode == 2
    assert run("hubspot_dest", "outbox", "status", box).returncode == 1
    assert "dropped 1 dead letter" in run("hubspot_dest", "outbox", "purge", box, "--yes").stderr
    assert run("hubspot_dest", "outbox", "status", box).returncode == 0


def test_since_leaves_older_events_out(run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [view(1), view(2, timestamp="2026-11-02T00:00:00Z")])
    done = run(
        "hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--since", "2026-11-01"
    )
    assert done.returncode == 0, done.stderr
    assert "1 older event was left out" in done.stderr
    assert len(hubspot.account.occurrences) == 1
    wrong = run("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--since", "gestern")
    assert wrong.returncode == 2
    assert "is not a date" in wrong.stderr


def test_a_dry_run_sends_nothing_and_leaves_no_trace(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.jsonl", [view(1), view(2)])
    done = run("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "2 events would be sent; nothing was sent" in done.stderr
    assert len(hubspot.journal) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "config.json"]


def test_a_place_where_no_outbox_can_be_is_said_with_a_way_out(run: Run, config: str, tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [view(1)])
    nowhere = str(tmp_path / "missing" / "o")
    done = run(
        "hubspot_dest", "send", config, source, "--base-url", "http://127.0.0.1:9", "--outbox", nowhere
    )
    assert done.returncode == 2
    assert "cannot be written: No such file or directory" in done.stderr
    assert "--no-outbox" in done.stderr


@pytest.mark.parametrize("command", ["status", "dead", "export", "retry", "purge"])
def test_no_outbox_is_one_message(run: Run, tmp_path: Path, command: str) -> None:
    done = run("hubspot_dest", "outbox", command, str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "there is no outbox at" in done.stderr


def test_without_an_outbox_nothing_is_written(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.jsonl", [view(1)])
    done = run("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--no-outbox")
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "config.json"]


def test_a_restart_does_not_write_every_contact_again(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    identify = {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}}
    settings = {"eventNamePrefix": "pe12345678_", "accessToken": hubspot.token, "identify": identify}
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    people = [view(n, user={"email": f"p{n}@example.org", "plan": "pro"}) for n in range(5)]
    first = write(tmp_path / "a.jsonl", people)
    second = write(tmp_path / "b.jsonl", [{**item, "id": f"f{n}"} for n, item in enumerate(people)])
    box = str(tmp_path / "o.sqlite3")
    for source in (first, second):
        run("hubspot_dest", "send", str(config), source, "--base-url", hubspot.base_url, "--outbox", box)
    written = [entry for entry in hubspot.journal.entries() if b"/crm/" in entry.target]
    assert len(hubspot.account.occurrences) == 10
    assert len(hubspot.account.contacts()) == 1 + 5
    assert len(written) <= 5


@pytest.mark.parametrize(
    ("kept", "says"),
    [(0, "ends before line 60"), (40, "ends before line 60"), (60, "")],
    ids=["truncated", "rotated", "grown"],
)
def test_resume_after_a_rotation_sends_every_line_of_the_new_file(
    run: Run, hubspot: FakeHubSpot, config: str, tmp_path: Path, kept: int, says: str
) -> None:
    """The first 4 KiB of the new file are those of the old one where it keeps 40 of 60 lines."""
    source = write(tmp_path / "a.jsonl", [view(number) for number in range(60)])
    assert Path(source).stat().st_size > 5000
    arguments = ("hubspot_dest", "send", config, source, "--base-url", hubspot.base_url, "--resume")
    run(*arguments)
    write(tmp_path / "a.jsonl", [view(number) for number in (*range(kept), *range(100, 110))])
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert len(hubspot.account.occurrences) == 70
    assert ("is not the file that was sent before" in done.stderr) is bool(says)
    assert says in done.stderr


def test_what_is_left_of_an_outbox_that_was_removed_is_not_said_to_be_in_it(
    config: str, tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    source, box = write(tmp_path / "a.jsonl", [view(1), view(2)]), tmp_path / "o"
    process = warm.Popen(
        [sys.executable, "-m", "hubspot_dest", "send", config, source, "--base-url", "http://127.0.0.1:9",
         "--outbox", str(box), "--wait", "4"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        events = 0
        while events < 2 and process.poll() is None:
            with (
                contextlib.suppress(OutboxError, sqlite3.Error),
                contextlib.closing(connect_reading(box, OUTBOX)) as reading,
            ):
                events = reading.execute("SELECT count(*) FROM intents WHERE event_id <> ''").fetchone()[0]
        box.unlink()
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 1, said
    assert "was removed while in use" in said
    assert "safe in the outbox" not in said.splitlines()[-1]
    assert f"are safe in a copy: deliver them with --outbox {box}.rescued1" in said.splitlines()[-1]
