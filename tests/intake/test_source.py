"""What can be read once is read once, and a line that never ends does not fill the memory."""

from __future__ import annotations

import gzip
import json
import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubspot_dest.intake import byte_stream
from hubspot_dest.intake.reader import (
    BadLine,
    EventSource,
    IntakeError,
    Line,
    beside,
    canonical,
    read_events,
    reads_once,
)

EVENT = {"name": "page view", "user": {"email": "ada@example.org"}}


def lines_of_128_bytes(count: int) -> bytes:
    """Return lines whose ends meet the ends of the blocks that are read."""
    made = []
    for number in range(count):
        event = {**EVENT, "id": f"e{number:04}", "data": {"pad": ""}}
        event["data"] = {"pad": "x" * (127 - len(json.dumps(event)))}
        made.append(json.dumps(event).encode() + b"\n")
        assert len(made[-1]) == 128
    return b"".join(made)


def lines(count: int) -> bytes:
    return b"".join(json.dumps({**EVENT, "id": f"e{number}"}).encode() + b"\n" for number in range(count))


def written(path_or_fd: str | int, content: bytes) -> threading.Thread:
    """Write in a thread, as another program would, and close."""

    def work() -> None:
        with open(path_or_fd, "wb", buffering=0) as stream:  # noqa: PTH123 - a descriptor too
            view = memoryview(content)
            while view:
                view = view[stream.write(view) :]

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "content", [lines(5), lines(300), lines_of_128_bytes(200)], ids=["5", "300", "200 of 128 bytes"]
)
def test_no_event_of_a_pipe_is_lost(fifo: Path, content: bytes) -> None:
    assert reads_once(str(fifo))
    writer = written(str(fifo), content)
    found = list(read_events(str(fifo)))
    writer.join(10)
    assert [read.number for read in found if isinstance(read, Line)] == list(
        range(1, content.count(b"\n") + 1)
    )

    reading, writing = os.pipe()
    try:
        writer = written(writing, content)
        found = list(read_events(f"/dev/fd/{reading}"))
        writer.join(10)
    finally:
        os.close(reading)
    assert sum(isinstance(read, Line) for read in found) == content.count(b"\n")


def test_a_socket_and_a_pipe_in_non_blocking_mode_are_read_to_their_end() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.setblocking(False)
        source = EventSource(f"/dev/fd/{ours.fileno()}")
        found = iter(source)
        with theirs:
            theirs.sendall(lines(1))
            assert isinstance(next(found), Line)

            def later() -> None:
                theirs.sendall(lines(2))
                theirs.shutdown(socket.SHUT_WR)

            rest = threading.Timer(0.05, later)
            rest.start()  # a pause of the writer is not the end
            assert sum(isinstance(read, Line) for read in found) == 2
            rest.join()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("-", True),
        ("/dev/stdin", True),
        ("/dev/fd/63", True),
        ("/proc/self/fd/0", True),
        ("/dev/zero", True),
        ("nothing.jsonl", False),
        ("file", False),
        (".", False),
        ("nul\0", False),
    ],
)
def test_only_a_regular_file_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, expected: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    assert reads_once(source) is expected


def test_every_name_of_standard_input_is_standard_input() -> None:
    assert [canonical(name) for name in ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")] == ["-"] * 4
    assert canonical("/dev/fd/3") == "/dev/fd/3"


def test_a_file_beside_a_descriptor_is_not_put_into_a_folder_of_the_system() -> None:
    assert beside("/dev/fd/63", ".outbox", "stdin") == beside("-", ".outbox", "stdin") == Path("stdin.outbox")
    assert beside("a/b.jsonl", ".outbox", "stdin") == Path("a/b.jsonl.outbox")


def test_what_is_no_path_is_one_message() -> None:
    with pytest.raises(IntakeError, match="cannot be read"):
        list(read_events("nul\0"))


# ---- the length of a line


def long_line(size: int) -> bytes:
    return json.dumps({**EVENT, "data": {"pad": "x" * size}}).encode()


def first_of(reads: Iterator[Line | BadLine]) -> Line | BadLine:
    return next(reads)


@pytest.mark.parametrize(
    "pack", [lambda content: content, lambda content: gzip.compress(content, 1)], ids=["plain", "gzip"]
)
@pytest.mark.parametrize("size", [1_001, 300_000, 1_000_000])
def test_a_line_that_is_too_long_is_one_bad_line_and_the_others_arrive(
    tmp_path: Path, pack: Callable[[bytes], bytes], size: int
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(pack(lines(2) + long_line(size) + b"\n" + lines(3) + long_line(size)))
    found = list(read_events(str(path), max_line_bytes=1000))
    assert [read.number for read in found if isinstance(read, Line)] == [1, 2, 4, 5, 6]
    bad = [read for read in found if isinstance(read, BadLine)]
    assert [bad_line.number for bad_line in bad] == [3, 7]
    assert "longer than 1,000 bytes" in bad[0].message
    assert "--max-line-bytes" in bad[0].hint


def test_a_line_within_the_limit_is_an_event_to_the_last_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = long_line(400_000)
    path.write_bytes(line + b"\n" + line)
    assert [type(read) for read in read_events(str(path), max_line_bytes=len(line))] == [Line, Line]
    assert [type(read) for read in read_events(str(path), max_line_bytes=len(line) - 1)] == [BadLine, BadLine]


def test_the_place_behind_each_line_is_known_also_after_a_line_that_was_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    content = lines(2) + long_line(600_000) + b"\n" + lines(2)
    path.write_bytes(content)
    found = list(read_events(str(path), max_line_bytes=1000))
    assert found[1].end == len(lines(2))
    assert found[2].end == len(lines(2))  # before the line that is not kept
    assert found[-1].end == len(content)


def test_a_whole_array_on_one_line_may_be_longer_than_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps([EVENT] * 20_000).encode())
    assert sum(isinstance(read, Line) for read in read_events(str(path), max_line_bytes=1000)) == 20_000


def test_a_line_that_never_ends_is_reported_at_once_and_reading_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(byte_stream, "_MAX_SKIPPED_BYTES", 64 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = EventSource("/dev/zero")
    first, second = list(source)
    assert isinstance(first, BadLine)
    assert "longer than 16,777,216 bytes" in first.message
    assert isinstance(second, BadLine)
    assert "does not end" in second.message
    assert source.damage
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000


def test_a_gzip_bomb_is_one_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b" " * (40 * 1024 * 1024) + b"\n") + gzip.compress(lines(1)))
    bad, good = list(read_events(str(path)))
    assert isinstance(bad, BadLine)
    assert isinstance(good, Line)
    assert good.number == 2


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_that_is_nested_too_deeply_is_named_with_its_line(tmp_path: Path, opening: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(1) + opening.encode() * 100_000 + b"\n" + lines(1))
    good, bad, other = list(read_events(str(path)))
    assert isinstance(bad, BadLine)
    assert (bad.number, "nested more than 200" in bad.message) == (2, True)
    assert isinstance(good, Line)
    assert isinstance(other, Line)
