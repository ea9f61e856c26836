"""Whoever only sends installs no server: what needs an extra says which, in one sentence."""

from __future__ import annotations

import importlib.util
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
