"""What counts as accepted is in the file under the outbox's path, or it does not count as accepted."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.guard import DiskReserve
from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox
from hubspot_dest.delivery.outbox.schema import EVENT, OutboxError
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


def intents(number: int, count: int = 500) -> list[NewIntent]:
    body = json.dumps({"eventName": "pe1_page_view", "properties": {"pad": "y" * 300}}).encode()
    return [NewIntent(EVENT, (f"e:{index}",), f"e{number}-{index}", body) for index in range(count)]


def fill(outbox: Outbox) -> int:
    """Accept events until there is no room; return how many were."""
    for number in range(100_000):
        try:
            outbox.commit(outbox.add(intents(number)))
        except OutboxError as error:
            if not error.disk_full:
                raise
            return outbox.pending
    msg = "the disk was never full"
    raise AssertionError(msg)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a disk of 8 MB, where this process may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs the right to mount a tmpfs")
    done = warm.run(
        [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    warm.run([shutil.which("umount") or "umount", "-l", str(folder)], check=True)


def test_what_was_delivered_is_removed_from_an_outbox_on_a_full_disk(small_disk: Path) -> None:
    outbox = Outbox(small_disk / "o")
    count = fill(outbox)
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)) == 4096:
            pass
    assert shutil.disk_usage(small_disk).free == 0
    found = outbox.read(0, count)
    for intent in found[: count // 3 : 2]:  # scattered: every page is touched
        outbox.finished([intent])
        if intent.seq % 100 == 1:
            outbox.flush()
    outbox.died(found[1], "refused", DeliveryError("refused", "no", status=400))
    outbox.flush()
    assert outbox.unrecorded == 0
    outbox.close()

    again = Outbox(small_disk / "o")  # opens on a full disk as well
    left = again.read(0, count)
    assert len(left) == count - len(found[: count // 3 : 2]) - 1
    assert again.dead() == 1
    again.finished(left)
    again.flush()
    again.close()
    assert Outbox(small_disk / "o").pending == 0


_CHILD = """
import resource, sys
from pathlib import Path
from tests.delivery.test_outbox_guard import fill
from hubspot_dest.delivery.outbox.queue import Outbox
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
outbox = Outbox(Path(sys.argv[1]))
count = fill(outbox)
found = outbox.read(0, count)
for place in range(0, count, 700):
    outbox.finished(found[place : place + 700])
    outbox.flush()
outbox.close()
print(count, outbox.unrecorded)
"""


@pytest.mark.parametrize("limit", [1_000_000, 4_000_000])
def test_what_was_delivered_is_removed_under_a_limit_of_the_size_of_files(tmp_path: Path, limit: int) -> None:
    pytest.importorskip("resource")
    done = warm.run(
        [sys.executable, "-c", _CHILD, str(tmp_path / "o"), str(limit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    count, unrecorded = map(int, done.stdout.split())
    assert count > 0
    assert unrecorded == 0
    assert Outbox(tmp_path / "o").pending == 0


def test_the_reserve_is_gone_when_the_outbox_is_empty_and_there_while_it_is_not(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o")
    outbox.commit(outbox.add(intents(0, 1)))
    outbox.close()
    assert (tmp_path / "o-reserve").stat().st_size > 0
    outbox = Outbox(tmp_path / "o")
    outbox.finished(outbox.read(0, 1))
    outbox.close()
    assert not (tmp_path / "o-reserve").exists()


def test_a_reserve_that_cannot_be_kept_keeps_nobody_from_working(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path / "no folder" / "o")
    assert reserve.keep() == 0
    assert not reserve.release()
    reserve.remove()
