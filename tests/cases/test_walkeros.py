"""Configurations from public bug reports, and what must become of an event (`walkeros.jsonl`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hubspot_dest.cli.commands.preview import command

LINES = (Path(__file__).parent / "walkeros.jsonl").read_text().splitlines()
ROWS = [json.loads(line) for line in LINES]


def preview(row: dict[str, Any], folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Return exit code and the record of the one event."""
    config = {key: value for key, value in row["config"].items() if key not in ("flow", "variables")}
    if row["config"].get("flow"):
        entry = {"package": "@walkeros/server-destination-hubspot", **config}
        flow = {"variables": row["config"].get("variables", {}), "destinations": {"hubspot": entry}}
        config = {"version": 4, "flows": {"shop": {"config": {"platform": "server"}, **flow}}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "event.jsonl").write_text(json.dumps(row["event"]) + "\n")
    files = [str(folder / "config.json"), str(folder / "event.jsonl")]
    done = CliRunner().invoke(command, [*files, "--json", *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.exit_code, lines[0]


def check(expect: dict[str, Any], record: dict[str, Any]) -> None:
    (call,) = [call for call in record["calls"] if call[0] == "events.send.basicApi.send"]
    for name in ("eventName", "properties"):
        if name in expect:
            assert call[1][name] == expect[name]
    if "absent" in expect:
        assert expect["absent"] not in json.dumps(call)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_configuration_that_people_write_sends_what_its_author_means(
    row: dict[str, Any], tmp_path: Path
) -> None:
    code, record = preview(row, tmp_path)
    assert code in (0, 1)
    check(row["expect"], record)
    if "parity" in row["expect"]:
        check(row["expect"]["parity"], preview(row, tmp_path, "--parity")[1])


def test_walkeros_4_7_in_parity_sends_what_the_default_sends(tmp_path: Path) -> None:
    row = next(row for row in ROWS if row["id"] == "async_condition")
    check(row["expect"], preview(row, tmp_path, "--parity", "--walkeros", "4.7")[1])


def test_preview_says_what_walkeros_4_4_would_do_unless_4_7_is_meant(tmp_path: Path) -> None:
    row = next(row for row in ROWS if row["id"] == "async_condition")
    record = preview(row, tmp_path)[1]
    assert [divergence["code"] for divergence in record["divergences"]] == ["walkeros_async_condition"]
    assert "walkerOS 4.4 would take rule 'order complete'" in record["divergences"][0]["sentence"]
    assert "divergences" not in preview(row, tmp_path, "--walkeros", "4.7")[1]
