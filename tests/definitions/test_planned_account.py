"""The file of `definitions plan -o` is what every command takes that asks what the account has."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from hubspot_dest.account.pull import pull_account
from hubspot_dest.delivery.client.client import HubSpotClient
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from tests import warm

EXAMPLES = Path(__file__).parents[2] / "examples"
CONFIG, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")
OTHER_PREFIX = "pe55_"


@pytest.fixture
def account(tmp_path: Path) -> str:
    """Return the planned account of the example shop, as a file."""
    output = tmp_path / "account.json"
    done = invoke("hubspot_dest.cli.commands.definitions", "plan", CONFIG, EVENTS, "-o", str(output))
    assert done.exit_code == 0, done.output
    return str(output)


def invoke(module: str, *arguments: str) -> Result:
    return CliRunner().invoke(import_module(module).command, list(arguments))


def test_serve_takes_it_as_its_seed_file_with_its_portal_and_is_strict(account: str, tmp_path: Path) -> None:
    moved = tmp_path / "moved.json"
    text = Path(account).read_text("utf-8").replace("pe12345678_", OTHER_PREFIX)
    moved.write_text(text.replace("12345678", "55"), "utf-8")
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--json", "--seed-file", str(moved)]
    process = warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        where: dict[str, Any] = json.loads(process.stdout.readline())
        pulled = pull_account(HubSpotClient(SecretStr(where["token"]), base_url=where["baseUrl"]))
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert pulled["portalId"] == 55
    assert {definition["fullyQualifiedName"] for definition in pulled["eventDefinitions"]} == {
        definition["fullyQualifiedName"]
        for definition in json.loads(moved.read_text("utf-8"))["eventDefinitions"]
    }


def test_a_strict_run_is_refused_without_it_and_accepted_with_it(account: str) -> None:
    def outcomes(*more: str) -> dict[str, int]:
        done = invoke("simulator.commands.run", CONFIG, EVENTS, "--json", *more)
        counts: dict[str, int] = json.loads(done.stdout)["counts"]["outcomes"]
        return counts

    assert outcomes("--strict").get("failed", 0) > 0
    assert outcomes("--account", account).get("failed", 0) == 0


def test_the_terminal_preview_and_verify_take_it(account: str) -> None:
    assert invoke("simulator.commands.tui", CONFIG, "--account", account, "--check").exit_code == 0
    assert invoke("hubspot_dest.cli.commands.preview", CONFIG, EVENTS, "--account", account).exit_code == 0
    assert (
        invoke("hubspot_dest.cli.commands.verify", CONFIG, EVENTS, "--account", account, "--strict").exit_code
        == 0
    )


def test_a_seed_that_is_the_account_file_of_another_portal_is_refused(account: str) -> None:
    with FakeHubSpot(HubSpot(portal_id=7)) as hubspot:
        with pytest.raises(ValueError, match="portal 12345678"):
            hubspot.service.seed(hubspot.account, json.loads(Path(account).read_text("utf-8")))
        assert not hubspot.account.definitions
