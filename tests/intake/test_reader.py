"""Intake: no good event is lost for a bad neighbour, and every bad one is found again by its line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hubspot_dest.intake.reader import BadLine, IntakeError, Line, read_events

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
