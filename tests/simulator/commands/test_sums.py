"""The last lines of every command of `hubspot-sim`: what came in is what it came to, in text and in JSON."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.cli.conftest import EXAMPLES

VECTORS = Path(__file__).parents[2] / "vectors" / "mapping.jsonl"
SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")


def ran(*arguments: str) -> Result:
    """Run a command of `hubspot-sim` in this process."""
    command = importlib.import_module(f"simulator.commands.{arguments[0]}").command
    return CliRunner().invoke(command, list(arguments[1:]))


def last_json(output: str) -> Any:
    return json.loads(output.splitlines()[-1])


@pytest.mark.parametrize("options", [(), ("--no-outbox",), ("--parity",), ("--story", "outage")])
def test_run(options: tuple[str, ...]) -> None:
    text = ran("run", "--events", "200", "--seed", "3", "--fail-on", "never", *options).stdout
    taken = int(text.split(" events in ")[0].replace(",", ""))
    table = text.split("outcome       events\n")[1].split("\n\n")[0]
    outcomes = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in table.splitlines()}
    assert taken == 200 == sum(outcomes.values())
    made = re.search(r"([\d,]+) calls? \(([^)]*)\)", text)
    assert made is not None
    each = [int(part.split()[0].replace(",", "")) for part in made[2].split(", ")]
    assert int(made[1].replace(",", "")) == sum(each)
    told = json.loads(ran("run", "--events", "200", "--seed", "3", "--json", *options).stdout)
    counts = told["counts"]
    assert told["events"] == counts["taken"] == sum(counts["outcomes"].values()) == 200
    assert told["books"]["agree"]
    assert sum(failure["count"] for failure in told["failures"]) == counts["outcomes"].get(
        "failed", 0
    ) + counts["outcomes"].get("queued", 0)


def test_check() -> None:
    told = last_json(ran("check", "--json").stdout)
    assert told["pass"] + told["fail"] == told["examples"] == 8
    text = ran("check").stdout
    assert len(re.findall(r" pass$", text, re.MULTILINE)) == told["pass"] + told["unknownContact"]


def test_conform() -> None:
    told = last_json(ran("conform", str(VECTORS), "--json").stdout)
    assert told["agree"] + len(told["differ"]) == told["vectors"] == 530
    text = ran("conform", str(VECTORS)).stdout
    assert f"{told['agree']} of {told['vectors']} agree" in text
    assert len(re.findall(r"^  differs: ", text, re.MULTILINE)) == len(told["differ"])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_generate(tmp_path: Path, count: int) -> None:
    output = tmp_path / "events.jsonl"
    done = ran("generate", "--events", str(count), "-o", str(output))
    assert len(output.read_text(encoding="utf-8").splitlines()) == count
    assert f"{count} event{'s' * (count != 1)} written to" in done.stderr


def test_generate_for_a_configuration(tmp_path: Path) -> None:
    output = tmp_path / "events.jsonl"
    done = ran("generate", "--cover", SHOP, "-o", str(output), "--seconds", "20")
    events = len(output.read_text(encoding="utf-8").splitlines())
    assert f", with {events} event{'s' * (events != 1)} (" in done.stderr


def test_the_commands_about_cassettes(tmp_path: Path) -> None:
    tape = tmp_path / "tape.json"
    recorded = ran("record", SHOP, EVENTS, "-o", str(tape))
    match = re.search(r"(\d+) requests? of (\d+) events? recorded in", recorded.stderr)
    assert match is not None, recorded.stderr
    for command, total in (("replay", None), ("compare", "requests")):
        done = ran(command, str(tape), "--json")
        *requests, told = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(requests) == int(match[1])
        if total is None:
            assert sum(count for name, count in told.items() if name != "summary") == len(requests)
            line = ran(command, str(tape)).stderr.splitlines()[-1]
            assert sum(map(int, re.findall(r"\d+", line))) == len(requests)
        else:
            assert told[total] == len(requests)
            agreeing = len(requests) - told["different"]
            line = ran(command, str(tape)).stderr.splitlines()[-1]
            assert line == f"{agreeing} of {len(requests)} answers agree"
