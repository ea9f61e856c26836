"""The simulator held against recordings: it agrees, and a rule that changed is seen."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from simulator.cassettes.cassette import Cassette, CassetteError
from simulator.cassettes.comparison import age_in_days, compare
from simulator.hubspot.endpoints import errors
from simulator.hubspot.endpoints.occurrences import handler as occurrences
from tests import warm

FOLDER = Path(__file__).parents[3] / "cassettes"
SHIPPED = sorted(FOLDER.glob("*.json"))


def sim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return warm.run(command, capture_output=True, text=True, timeout=120, check=False)


def spoilt(cassette: Cassette, position: int, **changed: object) -> Cassette:
    interactions = list(cassette.interactions)
    interactions[position] = dataclasses.replace(interactions[position], **changed)  # type: ignore[arg-type]
    return Cassette(cassette.meta, tuple(interactions))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_simulator_answers_every_shipped_cassette_as_recorded(path: Path) -> None:
    assert [
        compared_answer for compared_answer in compare(Cassette.load(path)) if compared_answer.differences
    ] == []


def test_a_simulator_rule_that_changed_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    cassette = Cassette.load(FOLDER / "undefined-event.json")
    real = errors.Refusal

    def tolerant(status: int, *rest: object, **more: object) -> object:
        return real(422, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(occurrences, "Refusal", tolerant)
    (found,) = compare(cassette)
    assert [
        (difference.path, difference.expected, difference.actual) for difference in found.differences
    ] == [("status", 400, 422)]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"status": 404}, "status"),
        ({"headers": {"content-type": "text/html"}}, "content-type"),
        ({"headers": {"content-type": "application/json;charset=utf-8", "retry-after": "7"}}, "retry-after"),
    ],
)
def test_an_answer_that_differs_where_a_sender_would_notice_is_named(
    changed: dict[str, object], named: str
) -> None:
    cassette = spoilt(Cassette.load(FOLDER / "undefined-event.json"), 0, **changed)
    assert named in [difference.path for difference in compare(cassette)[0].differences]


def test_another_error_category_or_a_missing_field_is_named() -> None:
    cassette = Cassette.load(FOLDER / "undefined-event.json")
    body = json.loads(cassette.interactions[0].answer)
    body["category"], body["extra"] = "SOMETHING_ELSE", [1]
    found = compare(spoilt(cassette, 0, answer=json.dumps(body)))[0].differences
    assert {re.sub(r"\[\d+]", "", difference.path) for difference in found} == {"category", "shape.extra"}


def test_a_recording_that_is_too_old_fails_once_a_cassette(tmp_path: Path) -> None:
    old = json.loads((FOLDER / "unknown-contact.json").read_text(encoding="utf-8"))
    old["hubspot_dest"]["recorded"] = "2020-01-01"
    file, table = tmp_path / "old.json", tmp_path / "table.md"
    file.write_text(json.dumps(old), encoding="utf-8")
    done = sim("compare", str(file), "--max-age", "30", "--write", str(table))
    assert done.returncode == 1
    assert done.stderr.count("days ago") == 1
    assert "| old | the simulator" in table.read_text(encoding="utf-8")
    assert sim("compare", str(file)).returncode == 0


@pytest.mark.parametrize(
    ("age", "code"), [("90d", 1), ("13w", 1), ("0", 1), ("100y", 0), ("90m", 2), ("-1", 2)]
)
def test_an_age_is_days_weeks_or_years(age: str, code: int, tmp_path: Path) -> None:
    cassette = Cassette.load(FOLDER / "undefined-event.json")
    file = tmp_path / "old.json"
    Cassette(cassette.meta.model_copy(update={"recorded": "2020-01-01"}), cassette.interactions).save(file)
    done = sim("compare", str(file), f"--max-age={age}")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_without_a_date_is_no_traceback() -> None:
    cassette = Cassette.load(FOLDER / "unknown-contact.json")
    assert age_in_days(cassette, date.fromisoformat(cassette.meta.recorded)) == 0
    undated = Cassette(cassette.meta.model_copy(update={"recorded": "long ago"}), ())
    with pytest.raises(CassetteError, match="not a date"):
        age_in_days(undated)


def test_a_broken_cassette_stops_compare_with_one_message(tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text('{"version": 1, "inter', encoding="utf-8")
    done = sim("compare", str(file))
    assert done.returncode == 2
    assert "cut short" in done.stderr
    assert "Traceback" not in done.stderr
