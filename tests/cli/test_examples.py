"""The examples of docs/: what they type is what the commands take."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"
FILES = [*sorted(EXAMPLES.iterdir()), DOCS / "listen.md", DOCS / "doctor.md", DOCS / "watching.md"]


def commands(text: str) -> list[tuple[str, list[str]]]:
    flat = re.sub(r"\n +(?=[\[-])", " ", text.replace('", "', " "))
    typed = re.findall(r"hubspot-dest[\" ]+(doctor|listen|follow)\b([^\n]*)", flat)
    return [(name, re.findall(r"(?<![\w-])--[a-z-]+", rest)) for name, rest in typed]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_option_that_an_example_types_is_one(path: Path) -> None:
    for name, options in commands(path.read_text(encoding="utf-8")):
        command = importlib.import_module(f"hubspot_dest.cli.commands.{name}").command
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(options) <= known, f"{path.name}: {name}"


def test_every_option_of_the_commands_stands_in_their_page() -> None:
    for name in ("doctor", "listen"):
        command = importlib.import_module(f"hubspot_dest.cli.commands.{name}").command
        page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        options = {
            option for parameter in command.params for option in parameter.opts if option.startswith("--")
        }
        missing = {option for option in options if option not in page} - {"--no-color"}
        assert not missing, f"docs/{name}.md"


def test_the_examples_are_files_of_their_kind() -> None:
    for name in ("compose.yaml", "kubernetes.yaml"):
        assert isinstance(yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8")), dict)


def test_the_compose_file_starts_a_command_that_exists() -> None:
    compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text(encoding="utf-8"))
    for service in compose["services"].values():
        assert service["command"].split()[:2] == ["hubspot-dest", "listen"]
        assert (EXAMPLES / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
