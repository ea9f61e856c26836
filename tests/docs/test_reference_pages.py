"""The generated reference pages are those of today's commands, and the page of JSON fields is what commands write."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.reference_pages import PAGES, every_command, options_of
from tests import warm
from tests.docs.command_blocks import ROOT, blocks_of, pages

JSON_PAGE = ROOT / "docs" / "json.md"
_SECTION = re.compile(r"^## `(?P<command>[^`]+)`$(?P<text>.*?)(?=^## |\Z)", re.S | re.M)
_FIELD = re.compile(r"`(\w+)`")

# Each command of the page with arguments that make it write every kind of its records.
COMMANDS = {
    "hubspot-dest preview": [
        "broken.yaml",
        "events.jsonl",
        "--consent",
        "marketing",
        "--explain",
        "--coverage",
    ],
    "hubspot-dest send": ["shop.yaml", "events.jsonl", "--consent", "marketing", "--dry-run"],
    "hubspot-dest verify": ["broken.yaml", "events.jsonl", "--consent", "marketing"],
    "hubspot-dest lint": ["broken.yaml"],
    "hubspot-dest diff": ["shop.yaml", "broken.yaml", "events.jsonl", "--consent", "marketing"],
    "hubspot-dest definitions plan": ["shop.yaml", "events.jsonl", "--consent", "marketing"],
    "hubspot-dest doctor": ["shop.yaml", "--offline"],
    "hubspot-sim check": [],
    "hubspot-sim conform": ["--walkeros", "4.7", str(ROOT / "tests" / "vectors" / "since44.jsonl")],
    "hubspot-sim run": ["shop.yaml", "--events", "20"],
    "hubspot-sim generate --cover": ["shop.yaml", "-o", "cover.jsonl"],
    "hubspot-sim replay": [str(ROOT / "cassettes" / "rate-limited.json")],
    "hubspot-sim compare": [str(ROOT / "cassettes" / "rate-limited.json")],
}
MODULES = {"hubspot-dest": "hubspot_dest", "hubspot-sim": "simulator"}


def sections() -> dict[str, str]:
    text = JSON_PAGE.read_text(encoding="utf-8")
    return {match["command"]: match["text"] for match in _SECTION.finditer(text)}


def fields_of(section: str) -> tuple[set[str], set[str]]:
    """Return the fields that a section documents, and those of them that are always there."""
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    every = {name for fields, _ in rows for name in _FIELD.findall(fields)}
    always = {name for fields, about in rows if "only" not in about for name in _FIELD.findall(fields)}
    return every, always


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_shows_the_commands_as_they_are(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == PAGES[name](), "run `python -m scripts.reference_pages`"


def test_the_page_of_json_fields_has_a_case_for_each_command() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_json_field_that_a_command_writes_is_documented(command: str, tmp_path: Path) -> None:
    for name in ("shop.yaml", "events.jsonl"):
        shutil.copy(ROOT / "examples" / name, tmp_path / name)
    broken = (
        (tmp_path / "shop.yaml").read_text(encoding="utf-8").replace("large_order_completed", "Large Order!")
    )
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")
    program, *words = command.split()
    done = warm.run(
        [sys.executable, "-m", MODULES[program], *words, *COMMANDS[command], "--json"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    written = {name for line in done.stdout.splitlines() for name in json.loads(line)}
    documented, always = fields_of(sections()[command])
    assert written <= documented, f"not in docs/json.md: {sorted(written - documented)}"
    assert always <= written, f"documented, and never written: {sorted(always - written)}"


def commands_of(text: str) -> list[str]:
    """Return the commands of a synopsis; an indented line continues the one before."""
    commands: list[str] = []
    for line in text.splitlines():
        code = line.partition("  # ")[0]
        if code.startswith(" ") and commands:
            commands[-1] += " " + code.strip()
        elif code.strip():
            commands.append(code.strip())
    return commands


def test_every_option_of_a_synopsis_is_one_of_its_command() -> None:
    known = {context.command_path: options_of(context) for context in every_command()}
    unknown = []
    for page in pages():
        for block in blocks_of(page):
            for command in commands_of(block.text) if block.language == "synopsis" else ():
                path = next((path for path in known if f"{command} ".startswith(f"{path} ")), None)
                wrong = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", command)) - known.get(path or "", set())
                if path is not None and wrong:
                    unknown.append(
                        f"{block.page}, line {block.line}: {path} has no {', '.join(sorted(wrong))}"
                    )
    assert not unknown
