"""`hubspot-sim tui` where it cannot be shown: a sentence and what to do instead, never a garbled screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm
from tests.deep.pseudoterminal import Terminal

ROOT = Path(__file__).parents[3]
SIM = f"{sys.executable} -m simulator"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return warm.run(
        [sys.executable, "-m", "simulator", *arguments],
        capture_output=True, text=True, timeout=60, cwd=ROOT, check=False, env={**os.environ, **environment},
    )  # fmt: skip


CLEAR_LINE = b"\r\x1b[2K"  # comes before each message, in case a progress line is shown


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ("TERM=dumb", "a terminal that moves no cursor (TERM=dumb) cannot show the app"),
        ("PYTHONIOENCODING=latin-1", "cannot show the app's signs"),
        ("LC_ALL=C PYTHONUTF8=0", "cannot show the app's signs"),
    ],
)
def test_a_terminal_that_would_show_garble_is_told_what_else_there_is(environment: str, told: str) -> None:
    terminal = Terminal(f"exec env {environment} {SIM} tui", columns=80, rows=24, folder=ROOT)
    assert terminal.end() == 2
    assert told in terminal.text
    assert "try: " in terminal.text
    assert b"\x1b" not in terminal.said.replace(CLEAR_LINE, b""), "it began to draw"


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_a_demo_that_cannot_be_drawn_checks_the_documented_examples(tmp_path: Path) -> None:
    make = (tmp_path / "Makefile", tmp_path / "bin")
    make[0].write_text((ROOT / "Makefile").read_text().replace("demo: $(STAMP)", "demo:"))
    make[1].mkdir()
    sim = make[1] / "hubspot-sim"
    sim.write_text(f'#!/bin/sh\nexec {SIM} "$@"\n')
    sim.chmod(0o755)
    terminal = Terminal(
        f"cd {tmp_path} && exec env TERM=dumb PYTHONPATH={ROOT} make demo BIN={make[1]}", columns=80, rows=24
    )
    assert terminal.end() == 0, terminal.text
    assert "cannot show the app" in terminal.text
    assert "destination identify" in terminal.text


def test_a_table_reaches_an_output_that_does_not_know_its_signs() -> None:
    done = run("run", "--events", "50", PYTHONIOENCODING="latin-1")
    assert "bug" not in done.stderr
    assert done.returncode == 0
    assert "\\u2714 the sender's numbers" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--tour", "{tour}"], "step 1: there is no command 'dance'"),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["--from", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["--locale", "xx_XX"], "Faker has no locale"),
    ],
)
def test_what_no_page_could_show_is_said_before_it_is_served(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    tour = tmp_path / "tour.yaml"
    tour.write_text("title: x\nsteps: [{say: hi, do: [dance]}]")
    done = run("tui", "--web", "--port", "0", *(argument.format(tour=tour) for argument in arguments))
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "open http" not in done.stderr


def test_a_tour_is_checked_where_there_is_no_terminal(tmp_path: Path) -> None:
    tour = tmp_path / "tour.yaml"
    tour.write_text("title: x\nsteps: [{say: hi}, {say: bye}]")
    good = run("tui", "--check", "--tour", str(tour))
    assert good.returncode == 0, good.stderr
    assert "tour.yaml: 2 steps" in good.stderr
    tour.write_text("title: x\nsteps: [{say: hi, point: moon}]")
    bad = run("tui", "--check", "--tour", str(tour))
    assert bad.returncode == 2
    assert "step 1: 'moon' is no part of the screen" in bad.stderr
