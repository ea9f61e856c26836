"""The terminal as people have it: `make demo` shows the tour, at two sizes."""

from __future__ import annotations

import sys

import pytest

from tests.deep.pseudoterminal import Terminal


@pytest.mark.deep
@pytest.mark.parametrize(("columns", "rows"), [(160, 50), (80, 24)])
def test_make_demos_terminal_shows_the_tour(columns: int, rows: int) -> None:
    terminal = Terminal(f"exec {sys.executable} -m simulator tui", columns=columns, rows=rows)
    terminal.until("This is a shop with visitors")
    terminal.press(b"\x1b[C")
    terminal.until("A visitor without a name")
    terminal.press(b"q")
    assert terminal.end() == 0
