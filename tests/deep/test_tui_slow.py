"""A terminal at the end of a slow line: what is typed is heard, and the end comes, though not every frame is shown."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.deep.pseudoterminal import Terminal

pytestmark = pytest.mark.deep


class _Line(Terminal):
    """Gives on 2,000 bytes a second, as a bad ssh connection does."""

    def read(self, seconds: float = 0.1) -> bool:
        ready, _, _ = select.select([self.file], [], [], seconds)
        if not ready:
            return True
        threading.Event().wait(0.1)  # the line's speed, not a wait for something
        try:
            piece = os.read(self.file, 200)
        except OSError:
            return False
        self.said += piece
        return bool(piece)


def test_on_a_slow_line_a_key_is_seen_and_the_end_comes_soon(tmp_path: Path) -> None:
    terminal = _Line(
        f"exec {sys.executable} -m simulator tui --no-tour --rate 60", columns=80, rows=24, folder=tmp_path
    )
    end = time.monotonic() + 10
    while time.monotonic() < end:  # frames pile up, where they are let
        assert terminal.read()
    said, begun = len(terminal.said), time.monotonic()
    terminal.press(b"5")
    while b"second by second" not in terminal.said[said:]:
        assert time.monotonic() < begun + 40, "the key is not seen"
        assert terminal.read()
    begun = time.monotonic()
    terminal.press(b"q")
    assert terminal.end() == 0
    assert time.monotonic() < begun + 40, "the end came late"
