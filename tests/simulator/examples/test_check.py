"""The check of the documented examples: what it shows, and that no damage goes unseen."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from click.testing import CliRunner, Result

from hubspot_dest.delivery.client.client import HubSpotClient
from simulator.commands import check
from simulator.commands.runs import check as checking
from simulator.examples.documented import Example, documented_examples
from simulator.examples.runner import check_example, run_example
from simulator.examples.unknown_contact import compare_unknown_contact
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.journal.journal import Journal
from tests import warm

GOLDEN = Path(__file__).with_name("golden")
NAMES = [example.name for example in documented_examples()]


def example(key: str) -> Example:
    return next(current_example for current_example in documented_examples() if current_example.key == key)


def run(*options: str, **env: str) -> Result:
    return CliRunner().invoke(
        check.command, list(options), env={"NO_COLOR": None, "FORCE_COLOR": None, **env}
    )


@pytest.fixture(scope="module")
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as running:
        yield running


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where a clone of the project is, with its programs on the PATH."""
    monkeypatch.chdir(Path(__file__).parents[3])
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


def same_as_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


# ---- what a user sees


@pytest.mark.usefixtures("standing")
def test_all_eight_pass_and_the_screen_is_as_it_was_shown_last() -> None:
    shown = run()
    assert shown.exit_code == 0
    same_as_golden("check.txt", shown.stdout)
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    assert shown.stdout.isascii()


@pytest.mark.usefixtures("standing")
def test_colour_only_lies_on_top_of_the_same_text() -> None:
    coloured = run(FORCE_COLOR="1").stdout
    assert "\x1b[32mpass" in coloured
    plain = run().stdout
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
    assert run("--no-color", FORCE_COLOR="1").stdout == plain


def test_programs_get_the_same_json_and_junit_every_time(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    shown = run("--json", "--junit", str(report))
    same_as_golden("check.jsonl", shown.stdout)
    same_as_golden("check.xml", report.read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [line["example"] for line in lines[:-1]] == [*NAMES, "unknown contact"]
    assert lines[-1] == {
        "examples": 8,
        "pass": 8,
        "fail": 0,
        "unknownContact": True,
        "against": "a HubSpot on this machine",
    }


def test_one_example_can_be_looked_at_closely() -> None:
    shown = run("--only", "Mapped*", "--verbose")
    assert shown.exit_code == 0
    assert "1 of 1 documented example passes" in shown.stdout
    assert "arrived: POST /events/v3/send" in shown.stdout
    assert "no identity" not in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    assert run("--only", "unknownContact").exit_code == 0


def test_no_output_holds_a_token(hubspot: FakeHubSpot) -> None:
    for options in ([], ["--verbose"], ["--json"]):
        assert hubspot.token not in run(*options).output


def test_a_name_that_is_none_and_a_file_that_cannot_be_written_end_with_one_sentence(tmp_path: Path) -> None:
    nobody = run("--only", "\x1b[31mnope")
    assert nobody.exit_code == 2
    assert "default event, default properties" in nobody.stderr
    assert "\x1b" not in nobody.output
    nowhere = run("--junit", str(tmp_path / "no" / "such" / "folder.xml"))
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.stderr


def test_a_server_that_cannot_listen_is_a_sentence_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_port(self: FakeHubSpot) -> FakeHubSpot:
        raise OSError("no port is free")

    monkeypatch.setattr(FakeHubSpot, "start", no_port)
    shown = run()
    assert shown.exit_code == 2
    assert "no port is free" in shown.stderr
    assert "Traceback" not in shown.output


def test_whoever_takes_the_first_lines_only_is_told_of_no_error() -> None:
    program = [sys.executable, "-m", "simulator", "check"]
    shown = warm.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith("The documented examples")
    assert shown.stderr == ""


@pytest.mark.parametrize("files", [True, False])
def test_the_next_command_works_as_it_stands(
    files: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[3] if files else tmp_path)
    program = tmp_path / "hubspot-dest"
    program.touch()
    monkeypatch.setattr("sys.argv", [str(tmp_path / "hubspot-sim")])
    monkeypatch.setattr("shutil.which", lambda name: None)
    following = run("--only", "default event").stdout.splitlines()[-1].removeprefix("Next: ").split()
    assert Path(following[0]).resolve() == program
    assert [Path(name).exists() for name in following[2:]] == ([True, True] if files else [False])


# ---- no damage goes unseen


def damaged(key: str, damage: Callable[[dict[str, Any]], None]) -> Example:
    data = msgspec.to_builtins(example(key))
    damage(data)
    return msgspec.convert(data, Example)


def other_property(data: dict[str, Any]) -> None:
    data["expect"]["calls"][0][1]["properties"]["revenue"] = 99.5


def other_date(data: dict[str, Any]) -> None:
    data["expect"]["calls"][0][1]["occurredAt"] = "2023-11-14T22:13:20.101Z"


def one_call_more(data: dict[str, Any]) -> None:
    data["expect"]["calls"].append(data["expect"]["calls"][0])


def no_call(data: dict[str, Any]) -> None:
    data["expect"]["calls"].clear()


def other_outcome(data: dict[str, Any]) -> None:
    data["expect"]["outcome"] = "identified"


def a_warning_more(data: dict[str, Any]) -> None:
    data["expect"]["warnings"].append(["WARN", "never said"])


@pytest.mark.parametrize(
    "damage", [other_property, other_date, one_call_more, no_call, other_outcome, a_warning_more]
)
def test_a_run_that_is_not_as_documented_fails(
    damage: Callable[[dict[str, Any]], None], hubspot: FakeHubSpot
) -> None:
    assert check_example(hubspot, example("mappedEventName")).passes
    assert not check_example(hubspot, damaged("mappedEventName", damage)).passes


def test_calls_in_the_wrong_order_fail(hubspot: FakeHubSpot) -> None:
    turned = damaged("destinationIdentify", lambda data: data["expect"]["calls"].reverse())
    assert not check_example(hubspot, turned).passes


def test_a_missing_warning_fails(hubspot: FakeHubSpot) -> None:
    silent = damaged("noIdentity", lambda data: data["expect"]["warnings"].clear())
    assert [difference.path for difference in check_example(hubspot, silent).differences] == ["warnings[0]"]


def test_what_hubspot_refuses_fails_though_the_call_was_right(hubspot: FakeHubSpot) -> None:
    strangers = damaged("mappedEventName", lambda data: data["account"]["definitions"].clear())
    paths = [difference.path for difference in check_example(hubspot, strangers).differences]
    assert "wire[0].answered" in paths
    assert "outcome" in paths
    assert not any(path.startswith("calls") for path in paths)


def test_what_changes_between_the_client_and_the_wire_fails(
    hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = HubSpotClient.send

    def shouting(self: HubSpotClient, occurrence: dict[str, Any]) -> None:
        send(self, {**occurrence, "email": "USER@EXAMPLE.COM"})

    monkeypatch.setattr(HubSpotClient, "send", shouting)
    found = check_example(hubspot, example("defaultEvent")).differences
    assert [(difference.path, difference.actual) for difference in found] == [
        ("wire[0].body.email", "USER@EXAMPLE.COM")
    ]


@pytest.mark.parametrize("uuid", [None, "", "not-a-uuid"])
def test_an_occurrence_without_a_proper_uuid_fails(
    uuid: str | None, hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubspot_dest.delivery.direct_sink.occurrence_uuid", lambda event_id: uuid)
    found = check_example(hubspot, example("defaultEvent")).differences
    assert [difference.path for difference in found] == ["calls.uuid[0]"]


def test_a_failure_shows_both_sides_and_exit_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong = damaged("mappedEventName", other_property)
    monkeypatch.setattr(checking, "documented_examples", lambda: (wrong,))
    monkeypatch.setattr(checking, "_IDENTIFIES", wrong.key)
    shown = run("--only", wrong.name, "--junit", str(tmp_path / "report.xml"))
    assert shown.exit_code == 1
    assert "FAIL" in shown.stdout
    assert "differs at calls[0][1].properties.revenue" in shown.stdout
    assert re.search(r"^ +99\.5 +\| \"99\.5\"$", shown.stdout, re.MULTILINE)
    assert "0 of 1 documented example" in shown.stdout
    case = ElementTree.parse(tmp_path / "report.xml").find(".//testcase/failure")
    assert case is not None
    assert case.attrib["message"] == "2 differences from the documentation"
    assert json.loads(run("--json", "--only", wrong.name).stdout.splitlines()[-1])["fail"] == 1


def test_a_hostile_value_reaches_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def hostile(data: dict[str, Any]) -> None:
        data["event"]["data"]["currency"] = "\x1b[2J\u202egnp"

    monkeypatch.setattr(checking, "documented_examples", lambda: (damaged("mappedEventName", hostile),))
    shown = run("--only", "mapped event name", "--verbose").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown


# ---- the unknown contact


def test_walkeros_loses_the_event_of_a_stranger_and_this_sender_does_not(hubspot: FakeHubSpot) -> None:
    found = compare_unknown_contact(hubspot, example("destinationIdentify"))
    assert found.passes
    assert found.sender.outcome.upstream is not None
    assert [arrival.status for arrival in found.walkeros.arrivals] == [404]
    assert found.walkeros.calls == example("destinationIdentify").expect.calls[:1]


def test_a_sender_that_loses_the_stranger_fails(
    hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hubspot_dest.delivery.contact_upsert import update_only

    monkeypatch.setattr("hubspot_dest.factory.update_or_create", update_only)
    assert not compare_unknown_contact(hubspot, example("destinationIdentify")).passes


# ---- the machinery


def test_a_request_that_never_arrives_is_missed_not_waited_for_ever(
    hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.examples.runner._ARRIVAL_SECONDS", 0.01)
    monkeypatch.setattr(Journal, "record", lambda self, *everything, **more: None)
    found = check_example(hubspot, example("defaultEvent")).differences
    assert found[0].path == "wire[0]"


def test_examples_leave_nothing_behind_for_each_other(hubspot: FakeHubSpot) -> None:
    first = run_example(hubspot, example("destinationIdentify"))
    again = run_example(hubspot, example("destinationIdentify"))
    assert first.calls == again.calls
    assert first.arrivals == again.arrivals
    assert len(hubspot.account.contacts()) == 1


def test_the_data_name_no_token_and_every_example_once() -> None:
    assert len(set(NAMES)) == 8
    assert all("accessToken" not in current_example.settings for current_example in documented_examples())
