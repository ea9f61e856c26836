"""A file with two names has one lock and one log: two processes never write to it at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox, leftovers_of
from hubspot_dest.delivery.outbox.schema import EVENT, OUTBOX, OutboxError
from hubspot_dest.storage.sqlite_file import FileLock, connect_reading, follow_links, only_name
from simulator.hubspot.state.store import Store, StoreError
from tests.cli.conftest import Run
from tests.factories import make_event, write_config

_HOLD = """
import sys
from hubspot_dest.delivery.outbox.queue import Outbox
outbox = Outbox(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
outbox.close()
"""


@pytest.fixture
def run() -> Run:
    def call(package: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", package, *arguments],
            capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )  # fmt: skip

    return call


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "boxes" / "o.sqlite3"
    path.parent.mkdir()
    outbox = Outbox(path)
    outbox.commit(outbox.add([NewIntent(EVENT, ("e:a@example.org",), "e1", b"{}")]))
    outbox.close()
    return path


@pytest.fixture
def holder(box: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(box)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.communicate(timeout=30)


def _links(box: Path, tmp_path: Path) -> list[Path]:
    """Make names of the outbox: a link, a link to a link, a relative link, and a folder that is a link."""
    direct, chain, relative = tmp_path / "direct", tmp_path / "chain", tmp_path / "relative"
    direct.symlink_to(box)
    chain.symlink_to(direct)
    relative.symlink_to(Path("boxes") / ".." / "boxes" / box.name)
    (tmp_path / "folder").symlink_to(box.parent, target_is_directory=True)
    return [direct, chain, relative, tmp_path / "folder" / box.name]


def test_no_symbolic_link_opens_an_outbox_that_another_process_uses(
    box: Path, holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    for link in _links(box, tmp_path):
        with pytest.raises(OutboxError, match=f"is in use by process {holder.pid}"):
            Outbox(link)
    assert [path.name for path in tmp_path.glob("*-lock")] == []


@pytest.mark.parametrize("verb", [["retry"], ["purge", "--yes"]])
def test_no_verb_changes_a_linked_outbox_that_another_process_uses(
    box: Path, holder: subprocess.Popen[str], tmp_path: Path, run: Run, verb: list[str]
) -> None:
    link = _links(box, tmp_path)[1]
    done = run("hubspot_dest", "outbox", verb[0], str(link), *verb[1:])
    assert done.returncode == 2
    assert f"is in use by process {holder.pid}" in done.stderr


def test_send_refuses_a_linked_outbox_that_another_process_uses(
    box: Path, holder: subprocess.Popen[str], tmp_path: Path, run: Run
) -> None:
    source = tmp_path / "e.jsonl"
    source.write_text(json.dumps(make_event(1, "a@example.org")) + "\n", encoding="utf-8")
    config = write_config(tmp_path, accessToken="pat-na1-00000000-0000-0000-0000-000000000000")
    done = run(
        "hubspot_dest", "send", str(config), str(source), "--base-url", "http://127.0.0.1:9",
        "--outbox", str(_links(box, tmp_path)[0]),
    )  # fmt: skip
    assert done.returncode == 2
    assert f"is in use by process {holder.pid}" in done.stderr


def test_what_waits_is_found_by_every_symbolic_link(box: Path, tmp_path: Path) -> None:
    for link in _links(box, tmp_path):
        assert leftovers_of(link).events == 1
        outbox = Outbox(link)
        assert outbox.pending == 1
        outbox.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "boxes", "chain", "direct", "folder", "relative"
    ]  # fmt: skip


def test_a_link_that_is_removed_while_in_use_is_noticed(box: Path, tmp_path: Path) -> None:
    link = _links(box, tmp_path)[0]
    outbox = Outbox(link)
    link.unlink()
    assert "was removed while in use" in outbox.trouble()
    outbox.close()


def test_a_hard_link_is_refused_whoever_opens_it(box: Path, tmp_path: Path, run: Run) -> None:
    second = tmp_path / "second"
    os.link(box, second)
    for name in (second, box):
        for opening in (
            Outbox,
            lambda path: connect_reading(path, OUTBOX),
            lambda path: FileLock(path, OUTBOX),
        ):
            with pytest.raises(OutboxError, match=r"has a second name \(a hard link\)"):
                opening(name)
        for verb in ("status", "dead", "export", "retry"):
            done = run("hubspot_dest", "outbox", verb, str(name))
            assert (done.returncode, "remove one of them" in done.stderr) == (2, True), done.stderr
    assert list(tmp_path.glob("second-*")) == []
    second.unlink()
    Outbox(box).close()


def test_the_store_of_the_simulator_has_one_lock_for_all_names(tmp_path: Path) -> None:
    path, link, second = tmp_path / "s.sqlite3", tmp_path / "link", tmp_path / "second"
    link.symlink_to(path)
    store = Store(link)
    with pytest.raises(StoreError, match="is in use by process"):
        Store(path)
    os.link(path, second)
    with pytest.raises(StoreError, match="has a second name"):
        Store(second)
    store.close()


def test_a_loop_of_links_is_an_error_of_the_file(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OutboxError, match="cannot be written: Too many levels of symbolic links"):
        only_name(loop, OUTBOX)


def test_a_name_without_links_stays_as_it_was_given() -> None:
    assert follow_links(Path("a/b.sqlite3")) == Path("a/b.sqlite3")
