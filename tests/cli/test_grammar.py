"""One grammar for both programs: EVENTS after CONFIG, `-` for standard input, suggestions, completion, environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.cli.main import SIMULATOR_COMMANDS
from simulator.cli import COMMANDS
from tests import warm
from tests.cli.conftest import EXAMPLES, Run

SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")
EVENT = '{"name":"page view","id":"e1","timestamp":1700000000000,"user":{"email":"ada@example.org"}}\n'


def call(program: str, *arguments: str, stdin: Any = subprocess.DEVNULL, **options: Any) -> Any:
    environment = {**os.environ, "HUBSPOT_ACCESS_TOKEN": "pat-na1-x", **options.pop("env", {})}
    return warm.run(
        [sys.executable, "-m", program, *arguments],
        stdin=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env=environment,
        **options,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("hubspot_dest", "preview", SHOP),
        ("hubspot_dest", "doctor", SHOP, "--offline"),
        ("simulator", "run", SHOP, "--events", "1"),
    ],
)
def test_events_on_standard_input_that_nothing_reads_are_an_error_and_not_silence(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    read, write = os.pipe()
    os.write(write, EVENT.encode())
    os.close(write)
    with tempfile.TemporaryFile(dir=tmp_path) as file, os.fdopen(read) as pipe:
        file.write(EVENT.encode())
        file.seek(0)
        for source in (file, pipe):
            done = call(*command, stdin=source)
            assert done.returncode == 2, done.stderr
            assert b"read only if - is passed" in done.stderr


@pytest.mark.parametrize(
    "command", [("hubspot_dest", "preview", SHOP), ("simulator", "run", "--events", "1")]
)
def test_nothing_on_standard_input_is_no_error(command: tuple[str, ...]) -> None:
    assert call(*command).returncode == 0  # /dev/null
    read, write = os.pipe()
    os.close(write)
    with os.fdopen(read) as pipe:
        assert call(*command, stdin=pipe).returncode == 0


def test_a_dash_reads_standard_input_in_every_command(run: Run, tmp_path: Path) -> None:
    for command in (
        ("hubspot_dest", "preview", SHOP, "-", "--consent", "marketing"),
        ("hubspot_dest", "doctor", SHOP, "-", "--offline"),
        ("simulator", "run", SHOP, "-"),
    ):
        done = run(*command, stdin=EVENT, HUBSPOT_ACCESS_TOKEN="pat-na1-x")
        assert done.returncode in (0, 1), done.stderr  # 1: the verdict on the event


def test_run_takes_events_after_the_configuration_and_from_is_another_way(run: Run) -> None:
    told = []
    for arguments in ((SHOP, EVENTS), (SHOP, "--from", EVENTS), (SHOP, EVENTS, "--from", EVENTS)):
        done = run("simulator", "run", *arguments, "--json")
        result = json.loads(done.stdout)
        told.append((done.returncode, result["events"], result["counts"]["outcomes"]))
    assert told[0] == told[1] == told[2]
    assert told[0][1] == 10
    done = run("simulator", "run", SHOP, EVENTS, "--from", "-")
    assert done.returncode == 2
    assert "name two sources" in done.stderr
    assert run("simulator", "tui", SHOP, EVENTS, "--check").returncode == 0


def test_a_command_with_a_typo_is_told_the_command_that_was_meant(run: Run) -> None:
    assert "Did you mean send" in run("hubspot_dest", "sned").stderr
    assert "Did you mean preview" in run("hubspot_dest", "PREVIEW").stderr
    assert "Did you mean generate" in run("simulator", "genrate").stderr
    assert "hubspot-sim serve" in run("hubspot_dest", "serve").stderr
    assert "hubspot-dest send" in run("simulator", "send").stderr
    for done in (run("hubspot_dest", "sned"), run("simulator", "zzz")):
        assert done.returncode == 2


def test_the_sender_names_the_simulators_commands_as_they_are() -> None:
    assert sorted(SIMULATOR_COMMANDS) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("hubspot_dest", "send", SHOP, EVENTS, "--bas-url", "x"), "--base-url"),
        (("hubspot_dest", "outbox", "stats", "x"), "status"),
        (("simulator", "run", "--fautl", "x"), "--fault"),
    ],
)
def test_an_option_with_a_typo_is_told_the_option_that_was_meant(
    run: Run, arguments: tuple[str, ...], meant: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert meant in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("program", "variable", "words", "expected"),
    [
        ("hubspot_dest", "_HUBSPOT_DEST_COMPLETE", "hubspot-dest pre", "preview"),
        ("hubspot_dest", "_HUBSPOT_DEST_COMPLETE", "hubspot-dest send --base", "--base-url"),
        ("simulator", "_HUBSPOT_SIM_COMPLETE", "hubspot-sim ser", "serve"),
        ("simulator", "_HUBSPOT_SIM_COMPLETE", "hubspot-sim run --story out", "outage"),
    ],
)
def test_the_shell_completes_commands_options_and_values(
    shell: str, program: str, variable: str, words: str, expected: str
) -> None:
    script = call(program, env={variable: f"{shell}_source"})
    assert script.returncode == 0
    assert variable.encode() in script.stdout
    asked = {variable: f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = call(program, env=asked)
    assert expected in done.stdout.decode()
    assert done.stderr == b""


@pytest.mark.parametrize(
    "words", ["hubspot-dest send ", "hubspot-dest send cfg.json ", "hubspot-dest preview cfg "]
)
def test_the_shell_completes_files_for_config_and_events(words: str) -> None:
    asked = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split())),
        "_HUBSPOT_DEST_COMPLETE": "bash_complete",
    }
    assert "file," in call("hubspot_dest", env=asked).stdout.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "command",
    [
        ("hubspot_dest", "--help"),
        ("hubspot_dest", "send", "--help"),
        ("hubspot_dest", "--version"),
        ("hubspot_dest", "preview", SHOP, EVENTS),
        ("simulator", "--help"),
        ("simulator", "generate", "--events", "2"),
    ],
)
def test_a_full_disk_under_standard_output_is_no_bug(command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = warm.run(
            [sys.executable, "-m", *command], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"has a bug" not in done.stderr


def test_messages_that_cannot_be_written_do_not_change_the_exit_code() -> None:
    """As when the connection to a terminal is lost in the middle of a frame."""
    code = (
        "import sys; from hubspot_dest.cli.console import guarded\n"
        "sys.stderr.write('half a frame'); guarded(lambda: 143, 'test')"
    )
    reading, writing = os.pipe()
    os.close(reading)
    try:
        # Not a warm process: it is about the end of the interpreter.
        done = subprocess.run([sys.executable, "-c", code], stderr=writing, timeout=60, check=False)
    finally:
        os.close(writing)
    assert done.returncode == 143


@pytest.mark.parametrize(
    "command",
    [
        ("hubspot_dest", "preview", SHOP, "{events}"),
        ("hubspot_dest", "preview", SHOP, "{events}", "--json"),
        ("hubspot_dest", "preview", "kein-ü.json"),
        ("simulator", "run", SHOP, "{events}"),
        ("simulator", "check", "--only", "destinationIdentify"),
    ],
)
def test_an_ascii_locale_is_no_bug(command: tuple[str, ...], tmp_path: Path) -> None:
    events = tmp_path / "ü.jsonl"
    events.write_text(EVENT.replace("ada", "zoë"), encoding="utf-8")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    done = call(*(text.replace("{events}", str(events)) for text in command), env=ascii_only)
    assert b"has a bug" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.returncode in ((2,) if "kein" in command[-1] else (0, 1)), done.stderr


@pytest.mark.parametrize("key", ["? [a, b]\n  : x", "? {a: 1}\n  : x"])
def test_a_yaml_key_that_is_no_text_is_named_with_its_line(run: Run, tmp_path: Path, key: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"settings:\n  eventNamePrefix: pe1_\n  {key}\n", encoding="utf-8")
    done = run("hubspot_dest", "preview", str(path), EVENTS)
    assert done.returncode == 2
    assert "line 3" in done.stderr
    assert "not a list or a map" in done.stderr


def test_yaml_keys_are_the_text_that_is_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "settings:\n  eventNamePrefix: pe1_\n  defaultProperties: {1: a, on: b, null: c, 2026-01-01: d, 1.50: e}\n",
        encoding="utf-8",
    )
    done = run("hubspot_dest", "preview", str(path), "-", "--json", stdin=EVENT)
    call_made = json.loads(done.stdout.splitlines()[0])["calls"][0]
    assert call_made[1]["properties"] == {"1": "a", "on": "b", "null": "c", "2026-01-01": "d", "1.50": "e"}


@pytest.mark.parametrize("field", ["globals", "user"])
def test_a_field_that_an_export_made_null_is_named(run: Run, field: str) -> None:
    event = json.dumps({"name": "page view", "user": {"email": "a@example.org"}, field: None})
    done = run("hubspot_dest", "preview", SHOP, "-", "--consent", "marketing", stdin=event)
    assert done.returncode == 1
    assert f"{field} is null ($.{field})" in done.stdout


def test_a_destination_that_is_no_hubspot_is_told_with_those_that_are(run: Run, tmp_path: Path) -> None:
    package = "@walkeros/server-destination-hubspot"
    destinations = {
        "meta": {"package": "@walkeros/server-destination-meta", "config": {}},
        "crm": {"package": package, "config": {"settings": {"eventNamePrefix": "pe1_"}}},
    }
    flow = {"version": 4, "flows": {"shop": {"config": {"platform": "server"}, "destinations": destinations}}}
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow), encoding="utf-8")
    for wanted in ("meta", "shop.meta"):
        done = run("hubspot_dest", "preview", f"{path}#{wanted}", EVENTS)
        assert done.returncode == 2
        assert "is not a HubSpot destination" in done.stderr
        assert "HubSpot destinations: shop.crm" in done.stderr
    done = run("hubspot_dest", "preview", f"{path}#shp", EVENTS)
    assert "HubSpot destinations: shop.crm" in done.stderr
    assert run("hubspot_dest", "preview", f"{path}#shop", EVENTS).returncode == 0
