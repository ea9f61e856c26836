"""On a full disk, what was delivered leaves the outbox all the same."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.disk_reserve import DiskReserve
from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox
from hubspot_dest.delivery.outbox.schema import EVENT, OutboxError
from tests import warm


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
from tests.delivery.test_disk_reserve import fill
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
