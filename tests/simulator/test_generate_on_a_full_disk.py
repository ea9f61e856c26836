"""`generate -o FILE`: on a full disk there is the old file or none, and a message says so."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest


def small_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize("known", [True, False])
def test_no_part_of_the_events_is_left_where_the_disk_is_full(tmp_path: Path, known: bool) -> None:
    file = tmp_path / "events.jsonl"
    if known:
        file.write_text("old", encoding="utf-8")
    command = [sys.executable, "-m", "simulator", "generate", "--events", "5000", "-o", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=small_disk, check=False)
    assert done.returncode == 2
    assert f"error: {file} cannot be written: File too large; nothing was written to it" in done.stderr
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == (["old"] if known else [])
