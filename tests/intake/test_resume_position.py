"""`--resume` goes on in the file that was read before, and in no other."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.delivery.outbox.queue import Progress
from hubspot_dest.intake.reader import BadLine, EventSource
from hubspot_dest.intake.resume_position import PrefixDigest, Resumption, difference


def event(number: int, pad: int = 0) -> str:
    return json.dumps({"name": "page view", "id": f"e{number}", "data": {"pad": "x" * pad}}) + "\n"


def noted(path: Path, upto: int | None = None) -> Progress:
    """Read a file as `send` does; return the note behind the line, or behind the last one that is complete."""
    resumption = Resumption(str(path))
    note = None
    for read in EventSource(str(path), observer=resumption.digest):
        if not (isinstance(read, BadLine) and read.unfinished):
            note = resumption.at(read)
        if read.number == upto:
            break
    assert note is not None
    return note


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_that_only_grew_is_the_same_file(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "a"
    content = "".join(event(number, pad=500) for number in range(100)).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    note = noted(path)
    assert (note.line, note.head_bytes) == (100, len(content))
    assert difference(note) == ""
    with path.open("ab") as stream:
        more = event(101).encode()
        stream.write(gzip.compress(more) if packed else more)
    assert difference(note) == ""


def test_a_run_that_stopped_in_the_middle_goes_by_what_it_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("".join(event(number) for number in range(1000)), encoding="utf-8")
    note = noted(path, upto=300)
    path.write_text("".join(event(number) for number in [*range(300), *range(5000, 5700)]), encoding="utf-8")
    assert note.line == 300
    assert difference(note) == ""  # what follows was not read yet


@pytest.mark.parametrize(
    ("content", "says"),
    [
        # The first 4 KiB are the same in each of them.
        ("".join(event(n) for n in range(10)), "ends before line 100"),
        ("".join(event(n) for n in range(99)), "ends before line 100"),
        ("".join(event(n if n < 80 else n + 1) for n in range(140)), "have changed"),
        ("".join(event(n, pad=n == 99) for n in range(140)), "have changed"),
        ("", "ends before line 100"),
    ],
    ids=["rotated", "truncated by a line", "rewritten", "last line changed", "emptied"],
)
def test_another_file_under_the_same_name_is_said_to_be_another(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "a"
    path.write_text("".join(event(number) for number in range(100)), encoding="utf-8")
    note = noted(path)
    path.write_text(content, encoding="utf-8")
    assert says in difference(note)


def test_the_last_line_of_a_log_without_its_end_counts_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(event(1) + event(2)[:20], encoding="utf-8")
    note = noted(path)
    assert note.line == 1
    path.write_text(event(1) + event(3) + event(4), encoding="utf-8")
    assert difference(note) == ""


def test_a_note_of_an_earlier_version_knows_the_first_bytes_and_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    content = "".join(event(number) for number in range(200)).encode()
    path.write_bytes(content)
    note = Progress(str(path), hashlib.sha256(content[:4096]).hexdigest(), 4096, 200, -1)
    assert difference(note) == ""
    path.write_bytes("".join(event(number) for number in range(150)).encode())
    assert "ends before line 200" in difference(note)


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 400)))
def test_the_digest_of_a_prefix_is_that_of_its_bytes(chunks: list[bytes], offsets: list[int]) -> None:
    whole = b"".join(chunks)
    digest = PrefixDigest()
    for chunk in chunks:
        digest.feed(chunk)
    for offset in sorted(min(number, len(whole)) for number in offsets):
        assert digest.at(offset) == hashlib.sha256(whole[:offset]).hexdigest()
