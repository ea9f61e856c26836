"""What counts as accepted is in the file under the outbox's path, or it does not count as accepted."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox
from hubspot_dest.delivery.outbox.schema import OutboxError
from tests import warm


def accept(outbox: Outbox, count: int = 1, size: int = 500) -> None:
    intents = [NewIntent(1, ("e:a@b.co",), "e1", b"x" * size)] * count
    outbox.commit(outbox.add(intents))


def wal(path: Path) -> Path:
    return Path(f"{path}-wal")


def remove(path: Path) -> None:
    path.unlink()


def remove_everything(path: Path) -> None:
    for current_path in path.parent.iterdir():
        current_path.unlink()


def move_away(path: Path) -> None:
    path.rename(path.with_name("moved"))


def replace(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def shorten(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def overwrite(path: Path) -> None:
    path.write_bytes(b"\0" * 100_000)


HARM: list[tuple[str, Callable[[Path], None], str]] = [
    ("file removed", remove, "was removed while in use"),
    ("all files removed", remove_everything, "was removed while in use"),
    ("file moved away", move_away, "was removed while in use"),
    ("file replaced", replace, "was replaced by another file"),
    ("file emptied", empty, "its first bytes are gone"),
    ("file shortened", shorten, "is gone"),
    ("file overwritten", overwrite, "its first bytes are gone"),
    ("log removed", lambda path: remove(wal(path)), "was removed while in use"),
    ("log emptied", lambda path: empty(wal(path)), "is cut off"),
    ("log shortened", lambda path: shorten(wal(path)), "is cut off"),
    ("log replaced", lambda path: replace(wal(path)), "was replaced by another file"),
]


@pytest.mark.parametrize(("harm", "says"), [pair[1:] for pair in HARM], ids=[pair[0] for pair in HARM])
def test_nothing_is_accepted_into_a_file_that_is_gone(
    tmp_path: Path, harm: Callable[[Path], None], says: str
) -> None:
    path = tmp_path / "folder" / "o"
    path.parent.mkdir()
    outbox = Outbox(path)
    try:
        accept(outbox, 20)
        assert outbox.trouble() == ""
        harm(path)
        with pytest.raises(OutboxError, match=says):
            accept(outbox)
        assert says in outbox.trouble()
        with pytest.raises(OutboxError, match=says):
            outbox.probe()
        with pytest.raises(OutboxError):  # not only once
            accept(outbox)
    finally:
        with contextlib.suppress(OutboxError):
            outbox.close()


def test_an_outbox_that_comes_back_to_its_place_accepts_again(tmp_path: Path) -> None:
    path = tmp_path / "o"
    outbox = Outbox(path)
    accept(outbox)
    path.rename(tmp_path / "moved")
    with pytest.raises(OutboxError):
        accept(outbox)
    (tmp_path / "moved").rename(path)
    accept(outbox)
    assert outbox.trouble() == ""
    outbox.close()
    again = Outbox(path)
    assert again.pending == 2
    again.close()


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_sound_outbox_is_never_taken_for_a_damaged_one(tmp_path: Path, durability: str) -> None:
    """Checkpoints, a log that begins anew, a file that shrinks, deliveries between: none of them is damage."""
    path = tmp_path / "o"
    outbox = Outbox(path, durability=durability)  # type: ignore[arg-type]
    outbox._db.execute("PRAGMA wal_autocheckpoint = 20")
    outbox._db.execute("PRAGMA journal_size_limit = 50000")
    for number in range(150):
        accept(outbox, 10, size=3000)
        if number % 3 == 0:
            outbox.finished(outbox.read(0, 25))
            outbox.flush()
        if number % 20 == 0:
            outbox._db.executescript("PRAGMA incremental_vacuum")
        if number % 40 == 0:
            outbox._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert outbox.trouble() == ""
    outbox.probe()
    outbox.close()
    assert outbox.trouble() == ""


def test_a_full_disk_fails_the_trial_write(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o", max_pages=14)
    with pytest.raises(OutboxError, match="the disk is full"):
        outbox.probe()
    outbox.close()


def test_a_reader_of_another_process_takes_no_file_away_after_the_guard_has_looked(tmp_path: Path) -> None:
    """Closing a descriptor of a database file would drop SQLite's locks in this process."""
    outbox = Outbox(tmp_path / "o")
    outbox.commit(outbox.add([NewIntent(1, ("e:a@b.co",), "e1", b"{}")]))
    os.utime(tmp_path / "o")  # looks changed, so the next check reads the headers
    outbox.guard.check()
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM intents'); c.close()"
    )
    warm.run([sys.executable, "-c", program, str(tmp_path / "o")], check=True, timeout=30)
    assert (tmp_path / "o-wal").exists()
    assert outbox.trouble() == ""
    outbox.close()
