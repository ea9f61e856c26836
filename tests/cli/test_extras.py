"""Whoever only sends installs no server: what needs an extra says which, in one sentence."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hubspot_dest.cli.commands.listen import command
from tests.cli.conftest import EXAMPLES


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("uvicorn", [], "hubspot-dest[listen]"),
        ("prometheus_client", ["--metrics", "0"], "hubspot-dest[prometheus]"),
        ("opentelemetry", ["--otel"], "hubspot-dest[otel]"),
    ],
)
def test_what_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str, arguments: list[str], extra: str
) -> None:
    find = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == module else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    typed = [str(EXAMPLES / "shop.yaml"), "--base-url", "http://127.0.0.1:9", "--port", "0", "--no-outbox"]
    done = CliRunner().invoke(command, [*typed, *arguments])
    assert done.exit_code == 2
    assert f"pip install '{extra}'" in done.stderr


WITHOUT = """
import sys
sys.modules.update(dict.fromkeys(("jinja2", "jsonschema")))
sys.argv = ["hubspot-dest", *sys.argv[1:]]
from hubspot_dest.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["preview", "SHOP", "EVENTS"], 0, ""),
        (["lint", "SHOP"], 0, ""),
        (["verify", "SHOP", "EVENTS"], 0, ""),
        (["definitions", "plan", "SHOP", "EVENTS"], 0, ""),
        (["verify", "SHOP", "EVENTS", "--report", "report.html"], 2, "pip install 'hubspot-dest[verify]'"),
    ],
)
def test_the_base_installation_previews_lints_and_verifies_without_jinja_and_jsonschema(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    files = {"SHOP": str(EXAMPLES / "shop.yaml"), "EVENTS": str(EXAMPLES / "events.jsonl")}
    typed = [files.get(argument, argument) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *typed], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
