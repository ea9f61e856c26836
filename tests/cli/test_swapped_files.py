"""A file in the wrong place: every command says what the file is and what belongs there, and changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES, Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("shop.yaml", "flow.json", "events.jsonl", "account.json"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    return tmp_path


def call(run: Run, folder: Path, package: str, *arguments: str) -> str:
    known = {path.name for path in folder.iterdir()}
    done = run(package, *(str(folder / text) if text in known else text for text in arguments))
    assert done.returncode == 2, done.stderr
    assert {path.name for path in folder.iterdir()} == known  # nothing was made
    return done.stderr.replace(f"{folder}/", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("hubspot_dest", "preview", "events.jsonl", "shop.yaml"),
        ("hubspot_dest", "verify", "events.jsonl", "shop.yaml"),
        ("hubspot_dest", "report", "events.jsonl", "shop.yaml"),
        ("hubspot_dest", "send", "events.jsonl", "shop.yaml", "--dry-run"),
        ("hubspot_dest", "doctor", "events.jsonl", "shop.yaml", "--offline"),
        ("hubspot_dest", "definitions", "plan", "events.jsonl", "shop.yaml"),
        ("hubspot_dest", "diff", "shop.yaml", "events.jsonl", "shop.yaml"),
        ("simulator", "run", "events.jsonl", "flow.json"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_swapped_arguments_are_told_apart_by_every_command_that_takes_both(
    run: Run, folder: Path, arguments: tuple[str, ...]
) -> None:
    said = call(run, folder, *arguments)
    assert said.startswith("error: events.jsonl looks like events, not a configuration, and "), said
    order = "the order is OLD NEW EVENTS" if arguments[1] == "diff" else "CONFIG comes first"
    assert order in said
    assert "  try: hubspot-" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lint", "events.jsonl"), "events.jsonl looks like events, not a configuration"),
        (("preview", "account.json", "events.jsonl"), "account.json looks like an account file, not a conf"),
        (("preview", "shop.yaml", "flow.json"), "flow.json looks like a flow, not events"),
        (("verify", "shop.yaml", "account.json"), "account.json looks like an account file, not events"),
        (("scaffold", "shop.yaml"), "shop.yaml looks like a configuration, not events"),
        (("follow", "id", "events.jsonl"), "events.jsonl looks like events, not a trail"),
        (
            ("verify", "shop.yaml", "events.jsonl", "--account", "flow.json"),
            "flow.json is not an account file: it looks like a flow",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_file_in_the_wrong_place_is_called_what_it_is(
    run: Run, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in call(run, folder, "hubspot_dest", *arguments)


@pytest.mark.parametrize("verb", ["status", "dead", "export", "retry", "purge"])
def test_a_file_that_is_no_outbox_is_never_to_be_moved_away(run: Run, folder: Path, verb: str) -> None:
    (folder / "empty").touch()
    (folder / "data").write_bytes(bytes(range(256)) * 100)
    other = sqlite3.connect(folder / "recipes.db")
    other.execute("CREATE TABLE recipes (name)")
    other.close()
    for name, message in {
        "events.jsonl": "events.jsonl is not an outbox: it looks like events",
        "shop.yaml": "shop.yaml is not an outbox: it looks like a configuration",
        "empty": "empty is an empty file, not an outbox",
        "recipes.db": "recipes.db is an SQLite file of another program, not an outbox",
        "data": "data is damaged, or is not an SQLite file",
        ".": "is a folder, not an outbox",
        "nothing.sqlite3": "there is no outbox at nothing.sqlite3",
    }.items():
        target = str(folder) if name == "." else name
        said = call(run, folder, "hubspot_dest", "outbox", verb, target)
        assert message in said, said
        assert "move it away" not in said
        assert "  try: pass the FILE of `send --outbox FILE`" in said
    (folder / "events.jsonl.outbox.sqlite3").touch()
    assert "try: pass events.jsonl.outbox.sqlite3" in call(
        run, folder, "hubspot_dest", "outbox", verb, "events.jsonl"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "events.jsonl"), "events.jsonl looks like events, not a configuration"),
        (("replay", "shop.yaml"), "shop.yaml looks like a configuration, not a cassette"),
        (("replay", "events.jsonl"), "events.jsonl looks like events, not a cassette"),
        (("generate", "--cover", "events.jsonl"), "events.jsonl looks like events, not a configuration"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_simulator_says_what_a_wrong_file_is(
    run: Run, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in call(run, folder, "simulator", *arguments)


def test_diff_names_its_own_arguments_and_not_those_of_other_commands(run: Run, folder: Path) -> None:
    said = call(run, folder, "hubspot_dest", "diff", "events.jsonl", "shop.yaml", "shop.yaml")
    assert "the order is OLD NEW EVENTS" in said
    assert "CONFIG" not in said


def test_follow_refuses_events_even_if_the_id_is_one_of_theirs(run: Run, folder: Path) -> None:
    assert "events.jsonl looks like events, not a trail" in call(
        run, folder, "hubspot_dest", "follow", "a2", "events.jsonl"
    )


def test_explain_as_an_option_of_verify_points_to_what_explains(run: Run, folder: Path) -> None:
    said = call(run, folder, "hubspot_dest", "verify", "shop.yaml", "events.jsonl", "--explain")
    assert "No such option '--explain'" in said
    assert "hubspot-dest preview --explain" in said
    assert "hubspot-dest explain CODE" in said
