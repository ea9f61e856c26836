"""The step examples of a user's own flow: run for real, and held against what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator.commands import check

ROOT = Path(__file__).parents[3]
FLOW = ROOT / "examples" / "flow.json"


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(check.command, [str(argument) for argument in arguments])


def changed(tmp_path: Path, change: Any) -> Path:
    flow = json.loads(FLOW.read_text(encoding="utf-8"))
    change(flow["flows"]["shop"]["destinations"]["hubspot"])
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow), encoding="utf-8")
    return path


def test_the_flow_that_ships_passes_without_any_token() -> None:
    done = run(FLOW)
    assert done.exit_code == 0, done.output
    assert "3 of 3 step examples pass" in done.output


def test_a_changed_mapping_turns_its_example_red_and_no_other(tmp_path: Path) -> None:
    def misspell(entry: dict[str, Any]) -> None:
        rule = entry["config"]["mapping"]["order"]["complete"]
        rule["settings"]["properties"]["map"]["revenue"] = "data.totl"

    done = run(changed(tmp_path, misspell), "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert [(record["key"], record["passes"]) for record in records[:-1]] == [
        ("purchase", False),
        ("login", True),
        ("noise", True),
    ]
    paths = [difference["path"] for difference in records[0]["differences"]]
    assert "calls[0][1].properties.revenue" in paths


def test_an_example_brings_its_own_rule_settings_and_commands(tmp_path: Path) -> None:
    def add(entry: dict[str, Any]) -> None:
        sent = {"eventName": "pe12345678_seen", "email": "a@b.co", "occurredAt": "2023-11-14T22:15:01.000Z"}
        visitor = {"name": "page view", "timestamp": 1_700_000_101_000, "user": {"email": "a@b.co"}}
        entry["examples"] = {
            "rule": {
                "in": visitor,
                "mapping": {"settings": {"eventName": "seen"}},
                "settings": {"defaultProperties": {}},
                "out": [["events.send.basicApi.send", {**sent, "properties": {}}]],
            },
            "command": {"command": "user", "in": {"email": "x@y.co"}, "out": []},
            "nobody": {"in": {"name": "page view"}, "out": []},
        }

    done = run(changed(tmp_path, add))
    assert done.exit_code == 0, done.output
    assert "3 of 3 step examples pass" in done.output


def test_a_call_that_hubspot_does_not_know_is_a_difference_and_no_crash(tmp_path: Path) -> None:
    def odd(entry: dict[str, Any]) -> None:
        entry["examples"]["noise"]["out"] = [["crm.deals.basicApi.create", {}], ["x"]]

    done = run(changed(tmp_path, odd), "--only", "noise")
    assert done.exit_code == 1
    assert "crm.deals.basicApi.create" in done.output


def test_a_flow_without_examples_says_how_they_look(tmp_path: Path) -> None:
    done = run(changed(tmp_path, lambda entry: entry.pop("examples")))
    assert done.exit_code == 2
    assert "has no step example to run" in done.output
    assert "`examples` beside `config`" in done.output


def test_another_portals_flow_is_checked_against_its_own_portal(tmp_path: Path) -> None:
    def move(entry: dict[str, Any]) -> None:
        entry["config"]["settings"]["eventNamePrefix"] = "pe77_"
        entry["examples"] = {
            "one": {
                "in": {"name": "page view", "timestamp": 1000, "user": {"email": "a@b.co"}},
                "out": [
                    [
                        "events.send.basicApi.send",
                        {
                            "eventName": "pe77_page_view",
                            "email": "a@b.co",
                            "occurredAt": "1970-01-01T00:00:01.000Z",
                            "properties": {"hs_touchpoint_source": "walkerOS"},
                        },
                    ]
                ],
            }
        }

    done = run(changed(tmp_path, move))
    assert done.exit_code == 0, done.output


def test_junit_tells_of_each_example(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    run(FLOW, "--junit", report)
    assert 'tests="3"' in report.read_text(encoding="utf-8")


def test_an_example_without_out_is_not_left_out_in_silence(tmp_path: Path) -> None:
    def forget(entry: dict[str, Any]) -> None:
        del entry["examples"]["noise"]["out"]

    done = run(changed(tmp_path, forget))
    assert done.exit_code == 0, done.output
    assert "2 of 2 step examples pass" in done.output
    assert "no expectation: " in done.output
    summary = json.loads(run(changed(tmp_path, forget), "--json").stdout.splitlines()[-1])
    assert (summary["examples"], summary["noExpectation"]) == (2, ["noise"])


def test_a_difference_that_the_call_and_the_wire_have_alike_is_told_once(tmp_path: Path) -> None:
    def misspell(entry: dict[str, Any]) -> None:
        rule = entry["config"]["mapping"]["order"]["complete"]
        rule["settings"]["properties"]["map"]["revenue"] = "data.totl"
        entry["examples"]["noise"]["out"] = [["crm.contacts.basicApi.create", {"properties": {}}]]

    done = run(changed(tmp_path, misspell))
    assert done.output.count("properties.revenue") == 1
    assert done.output.count("differs at") == 2, "the call that is missing is one difference, not two"


CASES = [
    json.loads(line) for line in (Path(__file__).with_name("step_examples.jsonl")).read_text().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_an_example_that_proves_nothing_never_passes(case: dict[str, Any], tmp_path: Path) -> None:
    mapping = {"order": {"complete": {"settings": {"eventName": "purchase"}}, "view": {"ignore": True}}}
    settings = {
        "accessToken": "pat-na1-00000000-0000-0000-0000-000000000000",
        "eventNamePrefix": "pe12345678_",
    }
    destination = {
        "package": "@walkeros/server-destination-hubspot",
        "config": {"settings": settings, "mapping": mapping},
        "examples": {case["id"]: case["example"]},
    }
    flow = {
        "version": 4,
        "flows": {"shop": {"config": {"platform": "server"}, "destinations": {"crm": destination}}},
    }
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow), encoding="utf-8")
    done = run(path)
    assert (done.exit_code == 0) is case["passes"], done.output
