"""Packed input: nothing waits for the end, nothing is lost before the damage, and a cut is not a line."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import tracemalloc
import zlib
from pathlib import Path

import pytest

from hubspot_dest.intake.byte_stream import ByteStream, Lines
from hubspot_dest.intake.reader import BadLine, EventSource, IntakeError, Line

FLUSHED = [f'{{"name":"page view","data":{{"n":{number}}}}}' for number in range(300)]
RAW = "".join(f"{line}\n" for line in FLUSHED).encode()


class Dripping(io.RawIOBase):
    """A pipe that gives what its writer wrote at a time, and fails when it is read though nothing is there."""

    def __init__(self, *pieces: bytes, ended: bool = True) -> None:
        self._pieces, self._ended = list(pieces), ended

    def read1(self, size: int) -> bytes:
        del size
        assert self._pieces or self._ended, "this would have waited for what is not written yet"
        return self._pieces.pop(0) if self._pieces else b""


def read(path: Path, content: bytes) -> tuple[list[int], list[BadLine]]:
    path.write_bytes(content)
    found = list(EventSource(str(path)))
    bad = [item for item in found if isinstance(item, BadLine)]
    assert not bad or found[-1] is bad[-1]
    return [item.event["data"]["n"] for item in found if isinstance(item, Line)], bad


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(RAW),
        gzip.compress(RAW[:1000]) + gzip.compress(RAW[1000:]),
        gzip.compress(b"") + gzip.compress(RAW) + bytes(3000),
        gzip.compress(RAW) + bytes(10) + gzip.compress(b""),
        gzip.compress(b"\xef\xbb\xbf" + RAW.replace(b"\n", b"\r\n").rstrip()),
    ],
    ids=["one member", "two members in mid-line", "zeros at the end", "zeros between", "BOM and CRLF"],
)
@pytest.mark.parametrize("name", ["events.jsonl.gz", "events"])
def test_packed_events_are_known_by_their_bytes_and_all_read(
    tmp_path: Path, content: bytes, name: str
) -> None:
    assert read(tmp_path / name, content) == (list(range(300)), [])


def test_every_byte_alone_gives_the_same_lines() -> None:
    content = gzip.compress(RAW[:999]) + gzip.compress(RAW[999:]) + b"\0\0"
    pieces = [bytes([byte]) for byte in content]
    assert list(Lines(ByteStream(Dripping(*pieces)))) == RAW.split(b"\n")[:-1]


def test_a_packed_event_is_there_as_soon_as_its_writer_flushed_it() -> None:
    packing = zlib.compressobj(wbits=31)
    pieces = [
        packing.compress(line.encode() + b"\n") + packing.flush(zlib.Z_SYNC_FLUSH) for line in FLUSHED[:3]
    ]
    lines = Lines(ByteStream(Dripping(*pieces, ended=False)))
    assert [next(lines) for _ in range(3)] == [line.encode() for line in FLUSHED[:3]]


def test_plain_events_wait_for_no_second_look() -> None:
    lines = Lines(ByteStream(Dripping(b"{", b'"a":1}\n', b"x\n", ended=False)))
    assert [next(lines), next(lines)] == [b'{"a":1}', b"x"]
    packed = gzip.compress(RAW)
    assert len(list(Lines(ByteStream(Dripping(packed[:1], packed[1:]))))) == 300
    assert list(Lines(ByteStream(Dripping(b"\x1f")))) == [b"\x1f"]


def test_wherever_the_file_is_cut_what_was_whole_is_read_and_the_cut_is_said_once(tmp_path: Path) -> None:
    content = gzip.compress(RAW[:8000]) + gzip.compress(RAW[8000:])
    last = -1
    for end in range(3, len(content)):
        good, bad = read(tmp_path / "events.jsonl.gz", content[:end])
        assert good == list(range(len(good)))
        assert len(good) >= last
        last = len(good)
        if end == len(gzip.compress(RAW[:8000])):
            continue  # this is a whole file that ends in mid-line
        [bad_line] = bad
        assert bad_line.unfinished
        assert f"the gzip ends in the middle, about {end:,} bytes from its beginning" in bad_line.message
        assert bad_line.number == len(good) + 1
    assert last == 300


def test_wherever_a_byte_is_damaged_nothing_before_it_is_lost(tmp_path: Path) -> None:
    luck = random.Random(5)
    wild = "".join(f'{{"name":"page view","data":{{"n":{n},"x":"{luck.random()}"}}}}\n' for n in range(4000))
    content = gzip.compress(wild.encode())
    for place in luck.sample(range(20, len(content) - 8), 40):
        whole = zlib.decompressobj(wbits=31).decompress(content[: place - 1]).count(b"\n")
        damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        (tmp_path / "a.gz").write_bytes(damaged)
        found = list(EventSource(str(tmp_path / "a.gz")))
        read_well = [item.event["data"]["n"] for item in found[:whole] if isinstance(item, Line)]
        assert read_well == list(range(whole))
        assert isinstance(found[-1], BadLine)
        assert "the gzip " in found[-1].message


def test_what_follows_the_gzip_and_is_none_is_said_and_not_taken_for_events(tmp_path: Path) -> None:
    good, [bad] = read(tmp_path / "a.gz", gzip.compress(RAW) + RAW)
    assert len(good) == 300
    assert "is followed by something that is not gzip" in bad.message


def test_a_document_that_is_cut_is_one_bad_line_where_it_begins(tmp_path: Path) -> None:
    array = json.dumps([json.loads(line) for line in FLUSHED], indent=1).encode()
    good, [bad] = read(tmp_path / "a.json.gz", gzip.compress(array)[:-200])
    assert (good, bad.number) == ([], 1)
    assert "the gzip ends in the middle" in bad.message
    assert "the JSON that begins on this line is incomplete" in bad.message


def test_a_whole_event_whose_line_end_was_cut_off_is_an_event(tmp_path: Path) -> None:
    packing = zlib.compressobj(wbits=31)
    content = packing.compress(RAW.rstrip()) + packing.flush(zlib.Z_SYNC_FLUSH)
    good, bad = read(tmp_path / "a.gz", content)
    assert (len(good), len(bad)) == (300, 1)


def test_what_is_called_gz_and_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"not a gzip file although its name ends in \.gz"):
        read(tmp_path / "a.gz", RAW)
    assert read(tmp_path / "empty.gz", b"") == ([], [])


def test_much_that_was_packed_small_is_not_held_in_memory() -> None:
    packing = zlib.compressobj(wbits=31)
    packed = b"".join([packing.compress(b" " * 1023 + b"\n") for _ in range(64 * 1024)]) + packing.flush()
    tracemalloc.start()
    try:
        count = sum(1 for _ in Lines(ByteStream(io.BufferedReader(io.BytesIO(packed)))))
        assert count == 64 * 1024
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_the_last_line_of_a_growing_file_is_unfinished_and_a_bad_one_in_its_midst_is_not(
    tmp_path: Path,
) -> None:
    _, [bad] = read(tmp_path / "a.jsonl", RAW + FLUSHED[0][:-5].encode())
    assert bad.unfinished
    (tmp_path / "b.jsonl").write_bytes(RAW + b'{"name":\n' + RAW + b"nonsense\n")
    found = [item for item in EventSource(str(tmp_path / "b.jsonl")) if isinstance(item, BadLine)]
    assert [bad_line.unfinished for bad_line in found] == [False, False]


def test_a_named_pipe_may_be_packed(tmp_path: Path) -> None:
    fifo = tmp_path / "events"
    os.mkfifo(fifo)
    reading, writing = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), os.open(fifo, os.O_WRONLY)
    os.write(writing, gzip.compress(RAW))
    source = iter(EventSource(str(fifo)))
    first = next(source)
    assert isinstance(first, Line)
    os.close(writing)
    os.close(reading)
    assert sum(1 for _ in source) == 299
