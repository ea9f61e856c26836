"""NaN and Infinity of a function: JSON has neither; what becomes of them is a finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


def fn(source: str) -> dict[str, str]:
    return {"fn": f"$code:() => {source}"}


def preview(run: Run, tmp_path: Path, value: Any) -> dict[str, Any]:
    mapping = {"page": {"view": {"settings": {"properties": {"map": {"total": value, "x": "data.x"}}}}}}
    config = {"settings": {"eventNamePrefix": "pe12345678_"}, "mapping": mapping}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    event = {"name": "page view", "id": "x", "data": {"x": 1}, "user": {"email": "ada@example.org"}}
    (tmp_path / "events.jsonl").write_text(json.dumps(event), encoding="utf-8")
    files = (str(tmp_path / "config.json"), str(tmp_path / "events.jsonl"))
    done = run("hubspot_dest", "preview", *files, "--json")
    record: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return record


@pytest.mark.parametrize(
    "value",
    [
        fn("NaN"),
        fn("0 / 0"),
        fn("Number('x')"),
        fn("({a: NaN})"),
        {**fn("NaN"), "condition": "$code:() => true"},
        fn("1 / 0"),
        fn("-1 / 0"),
        {"set": [fn("1 / 0"), "data.x"]},
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_number_that_json_does_not_have_is_a_finding_at_its_function(
    run: Run, tmp_path: Path, value: Any
) -> None:
    record = preview(run, tmp_path, value)
    codes = [(item["code"], item["configPath"]) for item in record["findings"]]
    assert codes == [("value_nothing", "mapping.page.view.settings.properties.map.total")]
    assert "NaN" not in json.dumps(record["calls"])  # neither as a number nor as a text


@pytest.mark.parametrize(
    "value", [fn("undefined"), {**fn("NaN"), "value": 0}, fn("2"), fn("'Infinity pool'")]
)
def test_a_function_that_gives_a_value_or_nothing_is_no_finding(run: Run, tmp_path: Path, value: Any) -> None:
    record = preview(run, tmp_path, value)
    assert record["findings"] == []
