"""Intake: no good event is lost for a bad neighbour, and every bad one is found again by its line."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hubspot_dest.delivery.outbox.queue import Progress
from hubspot_dest.intake.reader import (
    BadLine,
    EventSource,
    IntakeError,
    Line,
    PrefixDigest,
    Resumption,
    difference,
    read_events,
)

GOOD = '{"name":"page view","data":{"n":1}}'


def read(tmp_path: Path, content: str | bytes, name: str = "events.jsonl") -> list[Line | BadLine]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_events(str(path)))


def numbers(found: list[Line | BadLine]) -> list[tuple[str, int]]:
    return [("good" if isinstance(item, Line) else "bad", item.number) for item in found]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{GOOD}\n{GOOD}\n", [("good", 1), ("good", 2)]),
        (f"\ufeff{GOOD}\r\n\r\n{GOOD}", [("good", 1), ("good", 3)]),
        (f"[{GOOD},{GOOD}]", [("good", 1), ("good", 1)]),
        (f"[\n{GOOD},\n{GOOD}\n]", [("good", 1), ("good", 1)]),
        (json.dumps(json.loads(GOOD), indent=2), [("good", 1)]),
        (json.dumps([json.loads(GOOD)] * 2, indent=2), [("good", 1), ("good", 1)]),
        (f'{{"batch":[{GOOD},{GOOD}]}}\n{GOOD}', [("good", 1), ("good", 1), ("good", 2)]),
        (f"{GOOD}\nbroken\n{GOOD}", [("good", 1), ("bad", 2), ("good", 3)]),
        (f'{{"name": "page view", oops\n{GOOD}\n{GOOD}', [("bad", 1), ("good", 2), ("good", 3)]),
        (f"broken\n{GOOD}", [("bad", 1), ("good", 2)]),
        (f'{GOOD}\n{{"name":\n{GOOD}', [("good", 1), ("bad", 2), ("good", 3)]),
        ("", []),
        ("\n\n", []),
        ("[]", []),
        ("\n[]\n\n", []),
        ("[\n]\n", []),
        ('{"batch":[]}', []),
        (f"{GOOD}\n[]\n{GOOD}", [("good", 1), ("bad", 2), ("good", 3)]),
        (f"{GOOD}\n[]", [("good", 1), ("bad", 2)]),
        (f"{GOOD}\n[\n]", [("good", 1), ("bad", 2)]),
        (f"\n[]\n{GOOD}", [("bad", 2), ("good", 3)]),
        ("[]\n[]", [("bad", 1), ("bad", 2)]),
        (f'{GOOD}\n{{"batch":[]}}\n{GOOD}', [("good", 1), ("bad", 2), ("good", 3)]),
        (f'{{"name": "page view", oops\n{GOOD}\n[]', [("bad", 1), ("good", 2), ("bad", 3)]),
        ("{", [("bad", 1)]),
    ],
)
def test_every_form_is_read_and_bad_lines_keep_their_numbers(
    tmp_path: Path, content: str, expected: list[tuple[str, int]]
) -> None:
    assert numbers(read(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"data":{}}', "there is no name"),
        ('{"name":"page"}', "name is 'page'"),
        ('{"name":5}', "name is 5"),
        ('"text"', "an event must be a JSON object, not text"),
        ("[[1]]", "an event must be a JSON object, not a list"),
        ("null", "not null"),
        ('{"name": "a b",}', "invalid JSON"),
    ],
)
def test_what_is_wrong_and_what_to_do_is_said(tmp_path: Path, line: str, says: str) -> None:
    (bad,) = read(tmp_path, line)
    assert isinstance(bad, BadLine)
    assert says in bad.message
    assert bad.hint
    assert "events.jsonl, line 1" in bad.where("events.jsonl")


def test_broken_json_names_its_column(tmp_path: Path) -> None:
    _, bad = read(tmp_path, f"{GOOD}\n" + '{"name": "a b" "x": 1}')
    assert isinstance(bad, BadLine)
    assert (bad.number, bad.column) == (2, 16)


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    assert numbers(read(tmp_path, gzip.compress(f"{GOOD}\n".encode()), "events.jsonl.gz")) == [("good", 1)]


@pytest.mark.parametrize("name", ["missing.jsonl", "folder", "broken.gz"])
def test_a_source_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    with pytest.raises(IntakeError, match=name):
        list(read_events(str(tmp_path / name)))


@given(st.lists(st.one_of(st.just(GOOD.encode()), st.binary(max_size=20).filter(lambda b: b"\n" not in b))))
def test_no_bytes_make_reading_fail(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    assume(lines[:1] == [] or not lines[0].startswith(b"\x1f\x8b"))  # that is gzip, and a damaged one
    path = tmp_path_factory.mktemp("odd") / "events.jsonl"
    path.write_bytes(b"\n".join(lines))
    found = list(read_events(str(path)))
    first_bad = next(
        (
            index
            for index, line in enumerate(lines)
            if line.strip()[:1] in (b"{", b"[") and line != GOOD.encode()
        ),
        None,
    )
    if first_bad is None:
        assert sum(isinstance(item, Line) for item in found) == lines.count(GOOD.encode())


def test_a_name_that_would_repaint_the_terminal_comes_out_harmless(tmp_path: Path) -> None:
    (bad,) = read(tmp_path, json.dumps({"name": "\x1b[2J\u202e"}))
    assert isinstance(bad, BadLine)
    assert "\x1b" not in bad.message
    assert "\u202e" not in bad.message


def test_odd_numbers_survive(tmp_path: Path) -> None:
    (line,) = read(tmp_path, '{"name":"a b","data":{"big":123456789012345678901234567890}}')
    assert isinstance(line, Line)
    data: dict[str, Any] = line.event["data"]
    assert data["big"] == pytest.approx(1.2345678901234568e29)


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
