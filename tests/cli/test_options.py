"""Files that a command writes: a wrong name never costs the events, the mapping or another result."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hubspot_dest.cli.main import COMMANDS, SIMULATOR_COMMANDS
from hubspot_dest.cli.options import FileCommand, OutputFile
from tests.cli.conftest import EXAMPLES, Run

OVERWRITING = [
    ("verify", "shop.yaml", "events.jsonl", "--report", "events.jsonl"),
    ("verify", "shop.yaml", "events.jsonl", "--sarif", "shop.yaml"),
    ("verify", "shop.yaml", "events.jsonl", "--sarif", "out", "--junit", "./out"),
    ("verify", "shop.yaml", "events.jsonl", "--account", "account.json", "--junit", "account.json"),
    ("report", "shop.yaml", "events.jsonl", "-o", "link.jsonl"),
    ("preview", "shop.yaml", "events.jsonl", "--report", "shop.yaml"),
    ("lint", "shop.yaml", "--junit", "shop.yaml"),
    ("definitions", "plan", "shop.yaml", "events.jsonl", "-o", "events.jsonl"),
    ("account", "pull", "shop.yaml", "-o", "shop.yaml", "--base-url", "http://127.0.0.1:1"),
    ("scaffold", "events.jsonl", "-o", "a.yaml", "--definitions", "account.json"),
    ("scaffold", "events.jsonl", "-o", "a.yaml", "--definitions", "a.yaml"),
    ("send", "shop.yaml", "events.jsonl", "--dry-run", "--dead-letters", "events.jsonl"),
    ("send", "shop.yaml", "events.jsonl", "--dry-run", "--trail", "shop.yaml"),
]


@pytest.mark.parametrize("arguments", OVERWRITING, ids=lambda arguments: " ".join(arguments))
def test_an_output_never_replaces_a_file_that_the_command_has_already(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    for name in ("shop.yaml", "events.jsonl", "account.json"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "link.jsonl").symlink_to("events.jsonl")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.chdir(tmp_path)
    done = run("hubspot_dest", *arguments)
    assert done.returncode == 2, done.stderr
    assert "nothing was written" in done.stderr
    assert "try: " in done.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_an_output_never_replaces_the_file_that_standard_input_is(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    shutil.copy(EXAMPLES / "events.jsonl", events)

    with events.open("rb") as stream:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "hubspot_dest",
                "verify",
                str(EXAMPLES / "shop.yaml"),
                "-",
                "--sarif",
                str(events),
            ],
            stdin=stream,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert events.read_bytes() == (EXAMPLES / "events.jsonl").read_bytes()


def _commands() -> Iterator[click.Command]:
    for package, names in (
        ("hubspot_dest.cli.commands", COMMANDS),
        ("simulator.commands", SIMULATOR_COMMANDS),
    ):
        for name in names:
            command: click.Command = importlib.import_module(f"{package}.{name}").command
            yield from command.commands.values() if isinstance(command, click.Group) else [command]


def test_every_command_with_an_output_looks_for_files_that_are_one() -> None:
    writing = [
        command
        for command in _commands()
        if any(isinstance(parameter.type, OutputFile) for parameter in command.params)
    ]
    assert len(writing) >= 16
    assert [command.name for command in writing if not isinstance(command, FileCommand)] == []


@pytest.mark.parametrize("runs", [1, 2])
def test_dead_letters_never_replace_the_outbox_with_its_events(run: Run, tmp_path: Path, runs: int) -> None:
    events = tmp_path / "events.jsonl"
    shutil.copy(EXAMPLES / "events.jsonl", events)
    outbox = f"{events}.outbox.sqlite3"
    nobody = ("--base-url", "http://127.0.0.1:1", "--wait", "0", "--consent", "marketing")
    shop = str(EXAMPLES / "shop.yaml")
    for _ in range(runs - 1):
        assert run("hubspot_dest", "send", shop, str(events), *nobody).returncode == 1
    done = run("hubspot_dest", "send", shop, str(events), *nobody, "--dead-letters", outbox)
    assert done.returncode == 2
    assert "is an SQLite file" in done.stderr
    status = run("hubspot_dest", "outbox", "status", outbox, "--json")
    assert status.returncode in (0, 1), status.stderr
    assert json.loads(status.stdout)


def test_a_report_on_standard_output_replaces_nothing_that_is_printed_there(tmp_path: Path) -> None:
    shop, events, out = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl"), tmp_path / "out"
    command = [sys.executable, "-m", "hubspot_dest", "verify", shop, events, "--sarif", "/dev/stdout"]
    with out.open("wb") as stream:
        assert subprocess.run(command, stdout=stream, check=False).returncode == 0
    sarif, _, text = out.read_text("utf-8").partition("\n")
    assert json.loads(sarif)["version"] == "2.1.0"
    assert text.startswith("GO: ")
    assert "definitions" in text
