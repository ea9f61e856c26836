"""Whole files: every planted mistake in one run, nothing for what is documented, and no traceback for any file."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from hubspot_dest.cli.commands.verify import command as verify
from hubspot_dest.config.loading import ConfigFileError, load_config
from hubspot_dest.lint.linter import lint_text
from simulator.examples.documented import documented_examples

EXAMPLES = Path(__file__).parents[2] / "examples"
PLANTED = Path(__file__).with_name("planted.yaml")
EVENTS = str(EXAMPLES / "events.jsonl")


def test_twenty_and_more_planted_mistakes_are_found_whole_in_one_run_each_on_its_line() -> None:
    text = PLANTED.read_text("utf-8")
    planted = {
        (number, mark[1])
        for number, line in enumerate(text.splitlines(), 1)
        if (mark := re.search(r"#: (\w+)$", line))
    }
    assert len(planted) >= 20
    found = {
        (finding.line, finding.code) for finding in lint_text("planted.yaml", text, environment={}).findings
    }
    assert found == planted


def findings_of(config: Path, events: list[Any], folder: Path) -> set[str]:
    """Return the codes of what verify finds in a configuration with these events; it must be a GO."""
    path = folder / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, events)), "utf-8")
    done = CliRunner().invoke(verify, [str(config), str(path), "--json"])
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [record for record in records if record.get("blocking") is True], done.stdout
    return {record["code"] for record in records if "code" in record}


OF_THE_EVENTS = {"occurred_at_past", "object_id_not_number"}
"""Their timestamps are of 1970, and one object id is a word (tests/verdict/test_documented_examples.py)."""


def test_a_configuration_free_of_findings_stays_free_with_the_documented_events(tmp_path: Path) -> None:
    path = EXAMPLES / "flow.json"
    assert not lint_text("flow.json", path.read_text("utf-8"), environment={}).findings
    assert findings_of(path, [example.event for example in documented_examples()], tmp_path) <= OF_THE_EVENTS


@pytest.mark.parametrize("example", documented_examples(), ids=lambda example: example.name)
def test_a_documented_configuration_is_free_of_findings_with_its_own_event(
    example: Any, tmp_path: Path
) -> None:
    # The documented login takes the e-mail from data, and the event from user.
    own = {"identity_mismatch"} if example.key == "userLoginIdentify" else set()
    path = tmp_path / "config.json"
    path.write_text(json.dumps(example.config("")), "utf-8")
    linted = lint_text("config.json", path.read_text("utf-8"), environment={})
    assert {finding.code for finding in linted.findings} == own
    assert findings_of(path, [example.event], tmp_path) <= OF_THE_EVENTS | own


# ---- files that nobody means

_BASE: Final[dict[str, Any]] = json.loads((EXAMPLES / "flow.json").read_text("utf-8"))
_BASE["contract"] = {
    "base": {"schema": {"required": ["user"]}},
    "shop": {
        "extend": "base",
        "events": {"order": {"complete": {"properties": {"data": {"required": ["id"]}}}}},
    },
}
_ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 10**30, "", "x", "*", " ", "\x00", "ä" * 300, "order complete"),
    *("$var.none", "$env.A", "$contract.shop", "$code:(e)=>e.data", "$code:(", "$var.prefix", "$flow.shop"),
    *([], [1], [[]], {}, {"a": 1}, {"key": "data.id"}, {"fn": "$code:()=>1"}, {"map": {}}, {"map": 5}),
    *({"loop": ["nested", {"key": "x"}]}, {"loop": 5}, {"set": ["a"]}, {"value": None}, {"extend": "shop"}),
    *({"condition": "$code:()=>false"}, {"consent": {"m": True}}, ["data.a", {"key": "data.b"}]),
)
_NAMES: Final = ("x", "settings", "mapping", "*", "examples", "extend", "events", "config", "", "__proto__")
_PIECES: Final = (
    '"',
    "}",
    "\t",
    "\x00",
    "é",
    ",",
    "#",
    "&a ",
    "*a",
    "!!python/object:os.system ",
    "\ufeff",
    "---\n",
)


# 5,000 files, 500 a test, so that they can run side by side.
_DEEP_SEEDS: Final = tuple(
    pytest.param(seed, marks=pytest.mark.deep, id=f"500 files, seed {seed}") for seed in range(2, 12)
)


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


def fuzzed(rng: random.Random) -> tuple[str, str]:
    """Return the name and the text of a flow file in which something is wrong."""
    document = json.loads(json.dumps(_BASE))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
        path = rng.choice(list(paths(document))[1:])
        owner, key = at(document, path[:-1]), path[-1]
        kind = rng.random()
        if kind < 0.55:
            owner[key] = rng.choice(_ODD)
        elif kind < 0.7:
            owner.pop(key)
        elif kind < 0.85 and isinstance(owner, dict):
            owner[rng.choice([*_NAMES, f"{key}s"])] = owner.pop(key)
        else:
            owner[key] = json.loads(json.dumps(at(document, rng.choice(list(paths(document))))))
        if len(list(paths(document))) < 2:
            break
    text = json.dumps(document, indent=1)
    if rng.random() < 0.1:
        position = rng.randrange(len(text))
        text = text[:position] + rng.choice(_PIECES) + text[position + rng.randrange(3) :]
    return rng.choice(["flow.json", "flow.yaml"]), text


def test_no_file_gives_a_traceback_and_what_lint_calls_fine_can_be_loaded(tmp_path: Path) -> None:
    rng = random.Random(16)
    for _ in range(500):
        name, text = fuzzed(rng)
        (tmp_path / name).write_text(text, "utf-8")
        linted = lint_text(name, text, environment={})
        assert all(finding.sentence for finding in linted.findings), text
        if not any(finding.severity != "doubtful" for finding in linted.findings):
            try:
                load_config(tmp_path / name, needs_token=False)
            except ConfigFileError as error:
                pytest.fail(f"lint calls it fine: {error}\n{text}")


@pytest.mark.parametrize("seed", [pytest.param(1, id="40 files"), *_DEEP_SEEDS])
def test_no_file_makes_a_command_fail_with_a_traceback(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    logging.disable(logging.CRITICAL)
    try:
        for _ in range(40 if seed == 1 else 500):
            name, text = fuzzed(rng)
            path = tmp_path / name
            path.write_text(text, "utf-8")
            form = rng.choice(["text", "json", "sarif", "junit", "github"])
            for command, arguments in (
                ("lint", [str(path), "--format", form]),
                ("verify", [str(path), EVENTS, "--format", form]),
                ("definitions", ["plan", str(path), EVENTS]),
                ("definitions", ["plan", str(path)]),
                ("preview", [str(path), EVENTS]),
            ):
                module = import_module(f"hubspot_dest.cli.commands.{command}")
                done = CliRunner().invoke(module.command, arguments)
                assert done.exception is None or isinstance(done.exception, SystemExit), text
                assert done.exit_code in (0, 1, 2), text
    finally:
        logging.disable(logging.NOTSET)
