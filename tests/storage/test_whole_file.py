"""A file that is written as a whole: no reader meets a part of it, and a failure costs nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hubspot_dest.storage.whole_file import whole_file, write_whole_file


def test_a_write_that_fails_leaves_the_old_content_and_no_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("hubspot_dest.storage.whole_file.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole_file(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link_and_a_file_keeps_its_mode(tmp_path: Path) -> None:
    file, link = tmp_path / "flow.json", tmp_path / "link.json"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file.name)
    write_whole_file(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_private_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_whole_file(tmp_path / "letters.jsonl", b"x", private=True)
    assert stat.S_IMODE((tmp_path / "letters.jsonl").stat().st_mode) == 0o600


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole_file(pipe, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.parametrize("known", [True, False])
def test_a_stream_that_fails_half_way_leaves_no_part_of_a_file(tmp_path: Path, known: bool) -> None:
    file = tmp_path / "letters.jsonl"
    if known:
        file.write_bytes(b"old")
    with pytest.raises(OSError, match="No space left"), whole_file(file) as stream:  # noqa: PT012 - half way
        stream.write(b"x" * 100_000)
        raise OSError(28, os.strerror(28))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([b"old"] if known else [])


def test_a_stream_of_a_private_file_is_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "letters.jsonl"
    with whole_file(file, private=True) as stream:
        for number in range(3):
            stream.write(b"%d\n" % number)
        assert not file.exists()
    assert file.read_bytes() == b"0\n1\n2\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
