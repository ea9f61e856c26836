"""Conformance: a runner that cannot see a difference proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hubspot_dest.diff.json_difference import differences
from simulator.commands.conform import command
from simulator.conformance.codec import decode, encode
from simulator.conformance.mapping_case import KINDS
from simulator.conformance.runner import VectorFileError, run_file

VECTORS = Path(__file__).parents[2] / "vectors"


def vector(identifier: str, file: str = "destination.jsonl") -> dict[str, Any]:
    for line in (VECTORS / file).read_text(encoding="utf-8").split("\n"):
        found: dict[str, Any] = json.loads(line)
        if found["case"]["id"] == identifier:
            return found
    raise LookupError(identifier)


def agrees(path: Path, *vectors: Any) -> bool:
    path.write_text("".join(json.dumps(item) + "\n" for item in vectors), encoding="utf-8")
    return not run_file(path).differing


def drop_call(expect: dict[str, Any]) -> None:
    expect["calls"].pop()


def swap_calls(expect: dict[str, Any]) -> None:
    expect["calls"].reverse()


def change_text(expect: dict[str, Any]) -> None:
    expect["calls"][0][1] = "somebody@else.org"


def change_number_to_text(expect: dict[str, Any]) -> None:
    expect["steps"][0]["calls"] = str(expect["steps"][0]["calls"])


def add_log(expect: dict[str, Any]) -> None:
    expect["logs"].append({"level": "WARN", "message": "never said"})


def change_level(expect: dict[str, Any]) -> None:
    expect["logs"][0]["level"] = "WARN"


def drop_step(expect: dict[str, Any]) -> None:
    expect["steps"].pop()


def change_queue(expect: dict[str, Any]) -> None:
    expect["final"]["dlq"] = 7


DAMAGES = [drop_call, swap_calls, change_text, change_number_to_text, add_log, change_level, drop_step]


@pytest.mark.parametrize("damage", [*DAMAGES, change_queue])
def test_no_difference_goes_unseen(tmp_path: Path, damage: Callable[[dict[str, Any]], None]) -> None:
    whole = vector("pub_433_identify_fails_event_not_sent")
    assert agrees(tmp_path / "whole.jsonl", whole)
    damage(whole["expect"])
    assert not agrees(tmp_path / "damaged.jsonl", whole)


def test_an_injected_message_counts_to_the_letter(tmp_path: Path) -> None:
    case = vector("pub_433_identify_fails_event_not_sent")
    case["case"]["failOn"]["message"] = "HTTP 500"
    assert not agrees(tmp_path / "damaged.jsonl", case)


@pytest.mark.parametrize(
    ("identifier", "wrong"),
    [
        ("mpub_001_value_key_name", "order"),
        ("mpub_003_value_key_data.total", "149.5"),
        ("mpub_059_value_value", True),
    ],
)
def test_a_wrong_mapping_result_is_seen(tmp_path: Path, identifier: str, wrong: Any) -> None:
    case = vector(identifier, "mapping.jsonl")
    assert agrees(tmp_path / "whole.jsonl", case)
    case["expect"]["result"] = wrong
    assert not agrees(tmp_path / "damaged.jsonl", case)


def test_differences_are_told_by_path_and_numbers_are_doubles() -> None:
    found = differences({"a": [1, {"b": True}], "c": 1}, {"a": [1.0, {"b": 1}], "d": 2})
    assert [difference.path for difference in found] == ["a[1].b", "c", "d"]
    assert differences(9007199254740993, 9007199254740992) == []


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "-0"])
def test_what_json_cannot_say_survives_coding(text: str) -> None:
    coded = {"a": [{"$number": text}, {"$undefined": True}, {"$function": True}]}
    assert encode(decode(coded)) == coded


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no vectors"),
        ("{broken", "line 1: no JSON"),
        ('{"case": {"id": "x"}}', "line 1: not a vector"),
        ('{"case": {"id": "x", "kind": "riddle"}, "expect": {}}', "kind 'riddle'"),
        ('{"case": {"id": "x"}, "expect": {}}', "line 1: not a vector"),
    ],
)
def test_a_file_that_is_none_is_named_with_its_line_and_exit_2(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "vectors.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(VectorFileError, match=r"vectors\.jsonl"):
        run_file(path)
    run = CliRunner().invoke(command, [str(path)])
    assert run.exit_code == 2
    assert says in run.output
    assert "Traceback" not in run.output


def test_the_command_counts_per_file_and_tells_scripts_by_its_exit_code(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    whole = vector("mpub_001_value_key_name", "mapping.jsonl")
    agrees(good, whole)
    whole["expect"]["result"] = "\x1b[31mred"
    agrees(bad, whole)
    run = CliRunner().invoke(command, [str(good), str(bad)])
    assert run.exit_code == 1
    assert "good.jsonl: 1 of 1 agree" in run.output
    assert "bad.jsonl: 0 of 1 agree" in run.output
    assert "\x1b" not in run.output
    assert CliRunner().invoke(command, [str(good)]).exit_code == 0
    machine = CliRunner().invoke(command, ["--json", str(bad)]).output.splitlines()
    assert json.loads(machine[0])["differences"][0]["actual"] == "order complete"
    assert json.loads(machine[-1])["differ"] == ["mpub_001_value_key_name"]


def test_the_option_for_a_file_of_a_newer_walkeros_is_named_and_only_then() -> None:
    newer = CliRunner().invoke(command, [str(VECTORS / "since44.jsonl")])
    assert newer.exit_code == 1
    assert "with --walkeros 4.7, 152 of 152 agree" in newer.stderr
    older = CliRunner().invoke(command, [str(VECTORS / "mapping.jsonl")])
    assert "--walkeros" not in older.output


def test_a_sender_that_breaks_on_one_vector_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = vector("mpub_001_value_key_name", "mapping.jsonl")
    bad = vector("mpub_468_rule_constructor_name", "mapping.jsonl")
    monkeypatch.setitem(KINDS, "rule", lambda *everything: 1 // 0)
    path = tmp_path / "vectors.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in (bad, good)), encoding="utf-8")
    result = run_file(path)
    assert [verdict.agrees for verdict in result.verdicts] == [False, True]
    assert "ZeroDivisionError" in result.differing[0].differences[0].actual


@pytest.mark.parametrize("name", ["config", "steps", "calls", "logs", "final"])
def test_a_destination_case_that_lacks_something_is_no_vector(tmp_path: Path, name: str) -> None:
    case = vector("pub_433_identify_fails_event_not_sent")
    case["case" if name in case["case"] else "expect"].pop(name)
    with pytest.raises(VectorFileError, match="line 1"):
        agrees(tmp_path / "vectors.jsonl", case)
