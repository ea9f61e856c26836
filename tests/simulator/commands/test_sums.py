"""The last lines of every command of `hubspot-sim`: what came in is what it came to, in text and in JSON."""

from __future__ import annotations

import importlib
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hubspot_dest.cli.exit_codes import ExitCode
from simulator.engine.engine import Engine
from simulator.engine.source import synthetic
from simulator.engine.story import story_config
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.shutdown import Ended, tell
from tests import warm
from tests.cli.conftest import EXAMPLES
from tests.simulator.cassettes.test_importers import har

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
    for kind in ("skipped", "denied"):
        line = next(line for line in text.splitlines() if line.startswith(f"  {kind}: "))
        assert sum(map(int, re.findall(r"\d+", line))) == outcomes[kind], line
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


def test_import_says_what_it_takes_and_what_it_leaves_out(tmp_path: Path) -> None:
    entries = [json.loads(har())["log"]["entries"][0] for _ in range(3)]
    entries += [json.loads(har("https://shop.example/collect"))["log"]["entries"][0] for _ in range(2)]
    file, tape = tmp_path / "browser.har", tmp_path / "tape.json"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    said = ran("import", str(file), "-o", str(tape)).stderr
    read, taken, left_out = map(int, re.findall(r"(\d+) (?:requests|imported|to other hosts)", said))
    assert read == taken + left_out == 5, said
    assert taken == json.loads(tape.read_text(encoding="utf-8"))["interactions"].__len__() == 3
    assert "5 requests imported" in ran("import", str(file), "-o", str(tape), "--every-host").stderr


def test_scrub_says_how_many_cassettes_are_clean(tmp_path: Path) -> None:
    tape, leaking = tmp_path / "tape.json", tmp_path / "leaking.json"
    ran("record", SHOP, EVENTS, "-o", str(tape))
    requests = len(json.loads(tape.read_text(encoding="utf-8"))["interactions"])
    assert f"is scrubbed: {requests} requests" in ran("scrub", str(tape)).stderr
    leaking.write_text(
        tape.read_text(encoding="utf-8").replace('"about": "', '"about": "of grace@navy.mil, '),
        encoding="utf-8",
    )
    done = ran("scrub", "--check", str(tape), str(leaking), str(tape))
    checked, clean, with_findings, findings = map(int, re.findall(r"\d+", done.stderr.splitlines()[-1]))
    assert checked == clean + with_findings == 3, done.stderr
    assert (clean, findings) == (2, len(done.stdout.splitlines()))


def test_serve_says_how_many_requests_it_answered_and_how(tmp_path: Path) -> None:
    process = warm.Popen(
        [sys.executable, "-m", "simulator", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    where = json.loads(process.stdout.readline())
    for number in range(5):
        path = "/crm/v3/objects/contacts" if number < 3 else "/no/such/path"
        request = urllib.request.Request(
            f"{where['baseUrl']}{path}", headers={"Authorization": f"Bearer {where['token']}"}
        )
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    answered, good, bad = map(int, re.findall(r"\d+", said.splitlines()[-1]))
    assert answered == good + bad == 5, said
    assert bad == 2


def _consenting(seed: int) -> Iterator[Any]:
    """Yield events whose consent is missing, refused or granted."""
    for number, event in enumerate(synthetic(seed)):
        own = ({"marketing": True}, {"marketing": False}, {})[number % 3]
        yield {**event, "consent": own} if number % 5 else "no event"


@pytest.mark.parametrize("fault", ["", "503"])
@pytest.mark.parametrize("outbox", [True, False])
def test_the_terminals_closing_lines(capsys: pytest.CaptureFixture[str], fault: str, outbox: bool) -> None:
    engine = Engine(story_config(), simulated=True, seed=4, source=_consenting, outbox=outbox).start()
    engine.run(100)
    if fault:
        engine.throw(parse_fault(fault))
        engine.run(23)
    closing = engine.close()
    tell(closing, Ended(ExitCode.OK), Path())
    said = capsys.readouterr().err
    first, *more = said.splitlines()
    match = re.fullmatch(r"(\d+) events: (.*)", first)
    assert match is not None, said
    kinds = {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", match[2])}
    assert int(match[1]) == sum(kinds.values()) == engine.counts.taken == (123 if fault else 100), said
    assert kinds["parked"] > 0
    assert kinds["denied"] > 0
    assert f"{kinds['parked']} events waited for consent" in more[-1]
    if closing.left and outbox:
        assert f"warning: {kinds['queued']} queued events were not flushed" in said


def test_a_terminal_that_took_no_event_has_no_closing_lines(capsys: pytest.CaptureFixture[str]) -> None:
    closing = Engine(story_config(), simulated=True, seed=4).start().close()
    tell(closing, Ended(ExitCode.OK), Path())
    assert capsys.readouterr().err == ""


def test_tui_without_a_terminal_counts_the_steps_of_a_tour(tmp_path: Path) -> None:
    tour = tmp_path / "tour.yaml"
    tour.write_text("title: x\nsteps: [{say: one}, {say: two}]", encoding="utf-8")
    assert ": 2 steps, shop.yaml: can be shown" in ran("tui", SHOP, "--tour", str(tour), "--check").stderr
