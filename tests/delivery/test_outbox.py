"""The outbox: what it took in is there after every kind of end, and what it cannot do is one clear message."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.queue import Outbox, Progress
from hubspot_dest.delivery.outbox.schema import MIGRATIONS, OUTBOX, OutboxError
from hubspot_dest.storage.sqlite_file import connect
from tests import warm
from tests.delivery.sending import contact, event

REFUSED = DeliveryError("refused", "no such event", status=400, category="VALIDATION_ERROR")


def put(outbox: Outbox, *ids: str) -> None:
    outbox.commit(outbox.add(event(text, "ada@example.org") for text in ids))


def waiting(outbox: Outbox) -> list[str]:
    return [intent.event_id for intent in outbox.read(0, 1000)]


def test_what_was_accepted_is_there_after_a_restart_in_its_order(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    put(outbox, "a", "b", "c")
    outbox.finished(outbox.read(0, 1))
    outbox.close()
    again = Outbox(tmp_path / "o")
    assert waiting(again) == ["b", "c"]
    assert again.pending == 2
    again.close()


def test_what_was_accepted_is_there_after_a_process_that_never_closed_it(tmp_path: Path) -> None:
    program = (
        "import os, sys; from hubspot_dest.delivery.outbox.queue import Outbox, NewIntent; o = Outbox(sys.argv[1]); "
        "o.commit(o.add([NewIntent(1, ('e:a',), 'x', b'{}')])); os._exit(1)"
    )
    warm.run([sys.executable, "-c", program, str(tmp_path / "o")], check=False, timeout=30)
    outbox = Outbox(tmp_path / "o")
    assert waiting(outbox) == ["x"]
    outbox.close()


def test_people_that_push_at_once_share_commits_and_lose_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    commits = 0

    def count(intents: object) -> None:
        nonlocal commits
        commits += 1

    outbox.on_commit = count

    def push(number: int) -> None:
        for index in range(50):
            put(outbox, f"{number}-{index}")

    threads = [threading.Thread(target=push, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outbox.pending == 400
    assert commits <= 400
    assert [intent.seq for intent in outbox.read(0, 1000)] == list(range(1, 401))
    outbox.close()


def test_a_second_process_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    program = "import sys; from hubspot_dest.delivery.outbox.queue import Outbox; Outbox(sys.argv[1])"
    done = warm.run(
        [sys.executable, "-c", program, str(tmp_path / "o")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert f"is in use by process {os.getpid()}" in done.stderr
    with pytest.raises(OutboxError, match="in use"):
        Outbox(tmp_path / "o")
    outbox.close()
    Outbox(tmp_path / "o").close()


def test_a_full_disk_is_one_message_and_what_was_accepted_stays(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", max_pages=60)
    accepted: list[str] = []
    with pytest.raises(OutboxError, match="the disk is full; free some space"):  # noqa: PT012 - until it is full
        for number in range(10_000):
            put(outbox, *(f"{number}-{n}" for n in range(20)))
            accepted += [f"{number}-{n}" for n in range(20)]
    assert waiting(outbox) == accepted[:1000]
    assert outbox.pending == len(accepted)
    outbox.finished(outbox.read(0, 100))
    outbox.flush()
    put(outbox, "room again")
    outbox.close()


@pytest.mark.parametrize("content", [b"not a database at all, but a letter to my aunt" * 100, b""])
def test_a_file_that_is_no_outbox_is_one_message_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "o").write_bytes(content)
    if not content:  # an empty file is a new outbox
        Outbox(tmp_path / "o").close()
        return
    with pytest.raises(OutboxError, match="is not an outbox: it looks like text; choose another place"):
        Outbox(tmp_path / "o")
    assert (tmp_path / "o").read_bytes() == content


def test_a_damaged_outbox_is_one_message(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    put(outbox, *(f"e{n}" for n in range(500)))
    outbox.close()
    raw = bytearray((tmp_path / "o").read_bytes())
    raw[4096 * 2 : 4096 * 6] = os.urandom(4096 * 4)
    (tmp_path / "o").write_bytes(raw)
    with pytest.raises(OutboxError, match="damaged"):  # noqa: PT012 - at opening or at reading, as it happens
        damaged = Outbox(tmp_path / "o")
        try:
            damaged.read(0, 1000)
            put(damaged, "x")
        finally:
            damaged.close()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "o")
    other.execute("CREATE TABLE recipes (name)")
    other.commit()
    other.close()
    with pytest.raises(OutboxError, match="SQLite file of another program"):
        Outbox(tmp_path / "o")


def test_a_locked_outbox_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_dest.storage.sqlite_file._BUSY_SECONDS", 0.05)
    outbox = Outbox(tmp_path / "o")
    other = sqlite3.connect(tmp_path / "o", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutboxError, match="locked by another program"):
        put(outbox, "a")
    other.execute("ROLLBACK")
    other.close()
    put(outbox, "b")
    assert waiting(outbox) == ["b"]
    outbox.close()


@pytest.mark.parametrize("where", ["missing/o", "file/o"])
def test_a_place_that_cannot_be_written_is_one_message(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutboxError, match=r"cannot be written: .*; choose another place"):
        Outbox(tmp_path / where)


def test_a_newer_form_is_refused_and_an_older_one_is_migrated(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    put(outbox, "a")
    outbox.close()
    migrated = connect(
        tmp_path / "o",
        replace(OUTBOX, migrations=(*MIGRATIONS, "ALTER TABLE intents ADD COLUMN colour TEXT")),
        "full",
    )
    assert migrated.execute("SELECT event_id, colour FROM intents").fetchall() == [("a", None)]
    assert migrated.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    migrated.close()
    with pytest.raises(OutboxError, match="created by a newer hubspot-dest"):
        Outbox(tmp_path / "o")


def test_durability_full_syncs_every_commit_and_normal_does_not(tmp_path: Path) -> None:
    for durability, level in (("full", 2), ("normal", 1)):
        outbox = Outbox(tmp_path / durability, durability=durability)  # type: ignore[arg-type]
        assert outbox._db.execute("PRAGMA synchronous").fetchone() == (level,)
        assert outbox._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        outbox.close()


def test_dead_letters_keep_their_reason_and_can_be_sent_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    put(outbox, "a", "b")
    outbox.died(outbox.read(0, 1)[0], "refused", REFUSED)
    assert outbox.pending == 1
    outbox.close()
    again = Outbox(tmp_path / "o")
    [letter] = again.dead_letters()
    assert (letter.event_id, letter.reason, letter.error["message"]) == ("a", "refused", "no such event")
    assert letter.payload["email"] == "ada@example.org"
    assert again.revive() == 1
    assert waiting(again) == ["b", "a"]
    assert again.dead() == 0
    again.close()


def test_memory_and_progress_are_written_with_what_they_speak_of_or_not_at_all(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", max_pages=40)
    note = Progress("shop.jsonl", "abc", 3, 7, -1)
    known = {"ada@example.org": {"plan": "pro"}}
    outbox.commit(outbox.add([contact("ada@example.org", "c", plan="pro")], known, note))
    with pytest.raises(OutboxError, match="full"):
        outbox.commit(
            outbox.add(
                (event(f"e{n}", "x" * 4000) for n in range(100)),
                {"ada@example.org": {"plan": "free"}},
                Progress("shop.jsonl", "abc", 3, 107, -1),
            )
        )
    assert outbox.progress("shop.jsonl") == note
    told = outbox.remembered("ada@example.org")
    assert told is not None
    assert told[0] == {"plan": "pro"}
    outbox.close()


def test_the_file_shrinks_again_after_a_flood(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", durability="normal")
    for _ in range(10):
        put(outbox, *(f"e{n}" for n in range(2000)))
    outbox.finished(outbox.read(0, 100_000))
    outbox.flush()
    outbox.close()
    assert (tmp_path / "o").stat().st_size < 200_000


def test_nobody_else_may_read_the_events(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    put(outbox, "a")
    modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0}, modes
    outbox.close()


def test_an_outbox_that_a_forked_child_left_is_taken_over_in_order(tmp_path: Path) -> None:
    child = Outbox(tmp_path / "o.fork1")
    put(child, "a", "b", "dead")
    child.died(child.read(2, 1)[0], "refused", REFUSED)
    child.close()
    outbox = Outbox(tmp_path / "o")
    put(outbox, "mine")
    assert outbox.adopt(tmp_path / "o.fork1") == 2
    assert waiting(outbox) == ["mine", "a", "b"]
    assert outbox.dead() == 1
    assert [path.name for path in tmp_path.iterdir() if "fork" in path.name] == []
    outbox.close()


def test_an_outbox_can_be_looked_into_while_it_is_in_use(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    put(outbox, "a", "b")
    outbox.died(outbox.read(0, 1)[0], "refused", REFUSED)
    outbox.flush()
    program = [sys.executable, "-m", "hubspot_dest", "outbox"]
    shown = warm.run(
        [*program, "status", str(tmp_path / "o"), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    record = json.loads(shown.stdout)
    assert (shown.returncode, record["events"], record["dead"]) == (1, 1, 1)
    refused = warm.run(
        [*program, "retry", str(tmp_path / "o")], capture_output=True, text=True, check=False, timeout=30
    )
    assert refused.returncode == 2
    assert f"in use by process {os.getpid()}" in refused.stderr
    outbox.close()
