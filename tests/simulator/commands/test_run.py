"""The headless run in processes of its own: what a script relies on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", "run", "--events", "200", "--seed", "3", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)


def test_a_saved_run_is_met_by_the_same_seed_and_not_by_a_fault(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    first = run("--json")
    assert first.returncode == 0, first.stderr
    saved.write_text(first.stdout)
    assert json.loads(first.stdout)["books"]["agree"] is True
    assert run("--json", "--expect", str(saved)).returncode == 0
    other = run("--expect", str(saved), "--fault", "503:count=3")
    assert other.returncode == 1
    assert "not as expected: counts." in other.stderr
    assert "the sender's numbers and HubSpot's are the same" in other.stdout


def test_expectations_may_be_a_few_figures_in_yaml(tmp_path: Path) -> None:
    good, bad, odd = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "odd.yaml"
    good.write_text("counts: {taken: 200, batchesFailed: 0}\n")
    bad.write_text("counts: {taken: 201}\n")
    odd.write_text("count: {taken: 201}\n")
    assert run("--expect", str(good)).returncode == 0
    assert run("--expect", str(bad)).returncode == 1
    unknown = run("--expect", str(odd))
    assert unknown.returncode == 2
    assert "a run does not tell 'count'" in unknown.stderr


def test_the_table_names_outcomes_rules_and_what_walkeros_would_lose() -> None:
    done = run()
    assert done.returncode == 0
    for word in ("flushed", "order complete", "walkerOS itself would lose", "saved by the memory"):
        assert word in done.stdout
    assert "\x1b" not in done.stdout


def test_without_a_terminal_the_screen_says_what_to_do() -> None:
    command = [sys.executable, "-m", "simulator", "tui"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2
    assert "hubspot-sim run" in done.stderr
