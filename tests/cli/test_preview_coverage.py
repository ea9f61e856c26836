"""`preview --coverage`: what real traffic exercises of a configuration, and where it falls short."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.cli.read_progress import ReadProgress
from simulator.synthesis.stream import events as synthetic_events
from tests.cli.conftest import EXAMPLES, Run

SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")


def coverage_of(run: Run, *arguments: str, stdin: str = "") -> dict[str, Any]:
    done = run("hubspot_dest", "preview", *arguments, "--coverage", "--json", stdin=stdin)
    lines = done.stdout.splitlines()
    assert len(lines) == 1, "with --coverage no event has a line of its own"
    summary: dict[str, Any] = json.loads(lines[0])
    return summary


@pytest.mark.parametrize("parity", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_numbers_add_up_with_the_outcomes(run: Run, tmp_path: Path, seed: int, parity: bool) -> None:
    made = [event for _, event in zip(range(600), synthetic_events(seed), strict=False)]
    rng = random.Random(seed)
    odd: list[dict[str, Any]] = [
        {"name": "order Complete", "data": {}, "consent": {"marketing": True}},
        {"name": "new thing", "user": {"email": "x"}},
        {"name": "two words", "globals": None},
    ]
    for entry in odd * 3:
        made.insert(rng.randrange(len(made)), entry)
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(entry) + "\n" for entry in made), encoding="utf-8")
    summary = coverage_of(run, SHOP, str(file), *["--parity"] * parity)
    found = summary["coverage"]
    assert found["outcomes"] == summary["outcomes"]
    assert sum(found["outcomes"].values()) == len(made)
    assert found["withRule"] + found["withoutRule"] + found["notMapped"] == found["events"] == len(made)
    assert sum(rule["hits"] for rule in found["rules"]) == found["withRule"]
    assert sum(item["count"] for item in found["eventsWithoutRule"]) == found["withoutRule"]
    assert found["calls"] == summary["calls"]
    kinds = ("denied", "ignored", "skipped", "failed", "refused")
    for kind in kinds:
        told = sum(item["count"] for item in found["notSent"] if item["outcome"] == kind)
        assert told == summary["outcomes"].get(kind, 0)
    for rule in found["rules"]:
        assert sum(rule["outcomes"].values()) == rule["hits"]
        for entry in (*rule["properties"], *rule["contact"]):
            assert entry["resolved"] + entry["defaulted"] + entry["missing"] == entry["asked"] <= rule["hits"]
            assert bool(entry["examples"]) == (entry["resolved"] + entry["defaulted"] > 0)
    near = {item["event"]: (item["nearest"], item["apart"]) for item in found["eventsWithoutRule"]}
    assert near["order Complete"] == ("order complete", "capital letters")


def test_too_little_coverage_fails_and_says_by_how_much(run: Run) -> None:
    done = run("hubspot_dest", "preview", SHOP, EVENTS, "--fail-under", "95")
    assert done.returncode == 1
    assert "coverage is 92.3 %, below --fail-under 95" in done.stderr
    assert run("hubspot_dest", "preview", SHOP, EVENTS, "--fail-under", "92.3").returncode == 0


def test_a_configuration_without_rules_covers_nothing(run: Run, tmp_path: Path) -> None:
    bare = tmp_path / "bare.json"
    bare.write_text('{"settings": {"eventNamePrefix": "pe1_"}}', encoding="utf-8")
    event = '{"name":"page view","user":{"email":"ada@example.org"}}'
    done = run("hubspot_dest", "preview", str(bare), "-", "--fail-under", "1", stdin=event)
    assert done.returncode == 1
    assert "neither rules nor properties" in done.stderr


def test_a_rule_that_nothing_met_is_named_with_its_line(run: Run) -> None:
    event = '{"name":"page view","user":{"email":"ada@example.org"},"consent":{"marketing":true}}'
    done = run("hubspot_dest", "preview", SHOP, "-", "--coverage", stdin=event)
    line = next(text for text in done.stdout.splitlines() if "product add" in text)
    number = int(line.partition("line ")[2].partition(")")[0])
    assert "add:" in Path(SHOP).read_text(encoding="utf-8").splitlines()[number - 1]


def test_hostile_values_are_shown_harmlessly_and_cut(run: Run) -> None:
    event = {
        "name": "page view",
        "data": {"title": "\x1b[31m" + "a" * 500},
        "user": {"email": "ada@example.org"},
    }
    done = run(
        "hubspot_dest", "preview", SHOP, "-", "--coverage", "--consent", "marketing", stdin=json.dumps(event)
    )
    assert "\x1b" not in done.stdout
    assert "a" * 100 not in done.stdout


def test_the_remaining_time_is_shown_where_the_size_is_known(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"x" * 1000)
    progress = ReadProgress(str(file))
    assert progress.text(100, 250, 10.0) == "100 events, 25 %, 30 s left"
    assert progress.text(100, 10, 10.0) == "100 events, 1 %, 16 min 30 s left"
    assert ReadProgress("-").text(100, 250, 10.0) == "100 events, 10 per second"
