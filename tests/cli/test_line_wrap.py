"""On a terminal no message is broken inside a word; a path or a token that does not fit has a line of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hubspot_dest.cli.line_wrap import fold
from hubspot_dest.report.reason_table import ReasonTable
from tests.cli.conftest import EXAMPLES, Run
from tests.cli.test_terminal_lines import on_terminal

SENTENCE = (
    "error: the configuration has no destination of that name; hubspot-dest lint names what there is instead"
)
PATH = "/srv/" + "very-long-folder/" * 8 + "events.jsonl"


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_line_is_folded_at_spaces_and_keeps_every_word(columns: int) -> None:
    rows = fold(f"{SENTENCE} {SENTENCE}", columns).split("\n")
    assert len(rows) > 1
    assert all(len(row) <= columns for row in rows)
    assert " ".join(row.strip() for row in rows) == f"{SENTENCE} {SENTENCE}"
    assert all(row.startswith("  ") for row in rows[1:])


def test_a_path_that_does_not_fit_is_whole_on_its_own_line() -> None:
    rows = fold(f"error: there is no file {PATH} in this folder; check it", 80).split("\n")
    assert rows == ["error: there is no file", f"  {PATH}", "  in this folder; check it"]


def test_colours_take_no_room_and_wide_characters_take_two() -> None:
    coloured = f"\x1b[31m{'word ' * 15}end\x1b[0m"
    assert fold(coloured, 80) == coloured
    assert "\n" in fold("予定 " * 20, 80)
    assert fold("short", 80) == "short"
    assert fold("   indented " + "word " * 20, 60).split("\n")[1].startswith("     word")


@pytest.mark.parametrize("columns", [80, 120])
def test_messages_of_a_command_are_folded_on_a_terminal_and_never_in_a_pipe(
    run: Run, tmp_path: Path, columns: int
) -> None:
    source = tmp_path / "events.jsonl"
    source.write_text(
        json.dumps({"name": "page view", "consent": {"marketing": True}}) + "\n", encoding="utf-8"
    )
    arguments = (
        "send",
        str(EXAMPLES / "shop.yaml"),
        str(source),
        "--base-url",
        "http://127.0.0.1:9",
        "--wait",
        "0",
    )
    shown = on_terminal("hubspot_dest", *arguments, columns=columns)
    words = set(re.split(r"\s+", run("hubspot_dest", *arguments).stderr))
    assert any(len(line) > 60 for line in shown)
    for line in shown:
        assert len(line) <= columns or len(line.split()) == 1, line
        assert set(line.split()) <= words
    assert any(len(line) > columns for line in run("hubspot_dest", *arguments).stderr.splitlines())


def test_the_table_of_reasons_does_not_break_a_path() -> None:
    table = ReasonTable()
    table.add_reason("failed", "outbox", f"the outbox {PATH} is full")
    assert any(PATH in line for line in table.lines())
