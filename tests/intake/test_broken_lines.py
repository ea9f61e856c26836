"""A broken line costs that line: every other line of JSON Lines is sent or named, also after --resume."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.intake import reader
from hubspot_dest.intake.reader import BadLine, EventSource, IntakeError, Line, read_events

GOOD = '{"name":"page view","data":{"n":1}}'


def read(tmp_path: Path, content: str | bytes) -> list[Line | BadLine]:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_events(str(path)))


def marks(found: list[Line | BadLine]) -> list[tuple[str, int, int | None]]:
    return [("good" if isinstance(item, Line) else "bad", item.number, item.position) for item in found]


def line_by_line(lines: list[str]) -> list[tuple[str, int, int | None]]:
    """Read each line on its own, without knowledge of documents."""
    expected: list[tuple[str, int, int | None]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError:
            expected.append(("bad", number, None))
            continue
        if isinstance(value, dict) and "batch" in value:
            value = value["batch"]
        items = list(enumerate(value)) if isinstance(value, list) and value else [(None, value)]
        expected += [
            ("good" if isinstance(item, dict) and "name" in item else "bad", number, position)
            for position, item in items
        ]
    return expected


BROKEN = [
    "[",
    "{",
    "]",
    "}",
    "nonsense",
    "null",
    '"x"',
    '{"name":"page vi',
    '{"name":"page view","id":',
    '{"name":"page view",',
    '"data":{"n":1}}',
    '{"batch":[',
    '{"data":{}}',
    "[{",
    "[1]",
    "[]",
    "{}",
    "  [",
]
WHOLE = [GOOD, GOOD, GOOD, f"[{GOOD},{GOOD}]", f'{{"batch":[{GOOD}]}}', "", "  ", f" {GOOD}"]
LINES = st.lists(st.sampled_from(BROKEN + WHOLE), max_size=12)


@given(LINES, st.booleans())
def test_after_an_event_every_line_is_an_event_or_is_named_and_resume_gives_the_rest(
    tmp_path_factory: pytest.TempPathFactory, tail: list[str], ended: bool
) -> None:
    lines = [GOOD, *tail]
    path = tmp_path_factory.mktemp("mixed") / "events.jsonl"
    path.write_text("\n".join(lines) + "\n" * ended, encoding="utf-8")
    found = list(read_events(str(path)))
    assert marks(found) == line_by_line(lines)
    resumes_everywhere(path, found)


@given(LINES)
def test_a_stray_first_line_costs_that_line(
    tmp_path_factory: pytest.TempPathFactory, tail: list[str]
) -> None:
    """Two events in a row are no document, whatever comes before them."""
    lines = [*tail, GOOD, GOOD]
    path = tmp_path_factory.mktemp("mixed") / "events.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = list(read_events(str(path)))
    if marks(found) != line_by_line(lines):
        # Some of these lines are a document over several lines, which is followed by events.
        first = found[0]
        assert any(
            is_json("\n".join(lines[first.number - 1 : stop])) for stop in range(first.number + 1, len(lines))
        )
    assert [item.number for item in found][-2:] == [len(lines) - 1, len(lines)]
    resumes_everywhere(path, found)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def resumes_everywhere(path: Path, found: list[Line | BadLine]) -> None:
    ends = [item.end for item in found]
    assert ends == sorted(ends)
    content = path.read_bytes()
    for index, item in enumerate(found):
        # The position never passes a line that comes later.
        later = next((after for after in found[index + 1 :] if after.number > item.number), None)
        if later is not None:
            assert content[: item.end].count(b"\n") < later.number
        after = (item.number, -1 if item.position is None else item.position)
        assert list(EventSource(str(path), after)) == found[index + 1 :]


def test_a_stray_bracket_in_a_long_file_costs_its_line(tmp_path: Path) -> None:
    lines = [GOOD] * 3000
    lines[999] = "["
    found = read(tmp_path, "\n".join(lines))
    bad = [item for item in found if isinstance(item, BadLine)]
    assert [(item.number, item.unfinished) for item in bad] == [(1000, False)]
    assert len(found) == 3000


@pytest.mark.parametrize(
    "first", ["[", "{", '{"name":"page view","id":', '{"batch":[', '{"name":"page vi', f"[{GOOD},"]
)
@pytest.mark.parametrize("line", [GOOD, f"[{GOOD}]", f'{{"batch":[{GOOD}]}}'])
def test_a_broken_first_line_costs_its_line(tmp_path: Path, first: str, line: str) -> None:
    lines = [first, *[line] * 50]
    assert marks(read(tmp_path, "\n".join(lines))) == line_by_line(lines)


@pytest.mark.parametrize(
    "document",
    [
        json.dumps([json.loads(GOOD)] * 3, indent=2),
        json.dumps({"batch": [json.loads(GOOD)] * 3}, indent=2),
        json.dumps({"batch": [json.loads(GOOD)] * 3}, indent="\t"),
        f"[\n{GOOD}\n,\n{GOOD}\n,{GOOD}]",
        f'{{"batch":\n[\n{GOOD},\n{GOOD},\n\n{GOOD}\n]\n}}',
        f'\n\n{{"batch": [\n{GOOD},\n{GOOD},\n{GOOD}\n]}}',
        f'{{"batch":\n[{GOOD},{GOOD},{GOOD}]\n}}',
    ],
)
def test_a_document_over_several_lines_is_its_events(tmp_path: Path, document: str) -> None:
    found = read(tmp_path, document + "\n")
    assert [(kind, position) for kind, _, position in marks(found)] == [("good", 0), ("good", 1), ("good", 2)]
    resumes_everywhere(tmp_path / "events.jsonl", found)
    # A log may go on after it.
    found = read(tmp_path, f"{document}\n{GOOD}\n[\n{GOOD}\n")
    assert [kind for kind, _, _ in marks(found)] == ["good"] * 4 + ["bad", "good"]
    resumes_everywhere(tmp_path / "events.jsonl", found)


def test_a_fault_in_a_written_document_is_named_once_and_read_again_by_resume(tmp_path: Path) -> None:
    text = json.dumps([json.loads(GOOD)] * 100, indent=2).replace('view",', 'view"', 1)
    (bad,) = read(tmp_path, text)
    assert isinstance(bad, BadLine)
    assert bad.number in (3, 4)
    assert bad.unfinished  # no position is recorded, so a resumed run reads it again


def test_lines_of_a_pipe_arrive_after_a_broken_first_line_while_the_writer_waits(tmp_path: Path) -> None:
    fifo = tmp_path / "events"
    os.mkfifo(fifo)
    was_read = threading.Event()

    def write() -> None:
        with fifo.open("wb", buffering=0) as stream:
            stream.write(f'{{"name":"page view","id":\n[{GOOD}]\n[{GOOD}]\n'.encode())
            was_read.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    reading = read_events(str(fifo))
    found = [next(reading) for _ in range(3)]
    assert not was_read.is_set()
    was_read.set()
    found += reading
    writer.join(10)
    assert marks(found) == [("bad", 1, None), ("good", 2, 0), ("good", 3, 0)]


def test_a_document_that_is_too_large_drops_no_line_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_DOCUMENT_BYTES", 200)
    (bad,) = read(tmp_path, "[\n" + f"{GOOD},\n" * 50)
    assert isinstance(bad, BadLine)
    assert bad.unfinished
    lines = ["[", *["a,"] * 100, GOOD, GOOD]
    assert marks(read(tmp_path, "\n".join(lines))) == line_by_line(lines)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"{GOOD}\n{GOOD}\n".encode("utf-16"), "UTF-16"),
        (f"{GOOD}\n{GOOD}\n".encode("utf-16-le"), "UTF-16"),
        (f"{GOOD}\n{GOOD}\n".encode("utf-16-be"), "UTF-16"),
        (f"{GOOD}\r{GOOD}\r".encode(), "CR"),
    ],
)
def test_an_encoding_or_line_end_that_cannot_be_read_is_named_as_the_cause(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(IntakeError, match=says):
        read(tmp_path, content)
