"""`--account` and `--switch` of `run`, `serve` and `tui`: HubSpot has what they say, and the findings follow."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from hubspot_dest.account.pull import pull_account
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from tests import warm

ACCOUNT = {
    "version": 1,
    "portalId": 55,
    "eventDefinitions": [{"name": "purchase", "properties": [{"name": "revenue", "type": "number"}]}],
    "contactProperties": [{"name": "birthday", "type": "date"}],
    "limits": {"callsPerDay": 3},
}
MAPPING = {
    "order": {
        "complete": {
            "settings": {
                "eventName": "purchase",
                "properties": {"map": {"revenue": "data.total", "coupon": "data.coupon"}},
            }
        },
        "view": {"settings": {"eventName": "view"}},
    }
}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write a configuration and three events, the second of which the account has no definition of."""
    config = {"settings": {"eventNamePrefix": "pe55_"}, "mapping": MAPPING}
    event = {"timestamp": 1_767_600_000_000, "user": {"email": "ada@example.org"}, "data": {"total": 5}}
    events = [
        {**event, "name": "order complete"},
        {**event, "name": "order view"},
        {**event, "name": "order complete", "data": {"total": 5, "coupon": "A"}},
    ]
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    (tmp_path / "account.json").write_text(json.dumps(ACCOUNT), encoding="utf-8")
    return [str(tmp_path / name) for name in ("config.json", "events.jsonl", "account.json")]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put back what a command changes in its process."""
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def sim(name: str, *arguments: str) -> Result:
    return CliRunner().invoke(import_module(f"simulator.commands.{name}").command, arguments)


def reasons(done: Result) -> dict[str, tuple[str, int]]:
    return {
        finding["code"]: (finding["severity"], finding["count"])
        for finding in json.loads(done.stdout)["findings"]
    }


def test_run_refuses_what_the_account_has_not_and_says_so_beside_the_outcome(files: list[str]) -> None:
    config, events, account = files
    assert json.loads(sim("run", config, events, "--json").stdout)["counts"]["outcomes"]["sent"] == 3
    done = sim("run", config, events, "--account", account, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["counts"]["outcomes"]["failed"] == 2
    assert reasons(done) == {"event_undefined": ("refused", 1), "property_undefined": ("doubtful", 1)}
    text = sim("run", config, events, "--account", account).stdout
    assert "refused   event_undefined" in text


@pytest.mark.parametrize(("value", "severity", "sent"), [("reject", "refused", 1), ("drop", "doubtful", 2)])
def test_a_finding_behind_a_switch_follows_the_switch_of_the_run(
    files: list[str], value: str, severity: str, sent: int
) -> None:
    config, events, account = files
    options = ["--account", account, "--switch", f"unknown_property={value}", "--json"]
    done = sim("run", config, events, *options)
    assert json.loads(done.stdout)["counts"]["outcomes"]["sent"] == sent
    assert reasons(done)["property_undefined"] == (severity, 1)


def test_serve_has_what_the_account_file_says_and_refuses_the_rest(files: list[str]) -> None:
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--json", "--account", files[2]]
    process = warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        where: dict[str, Any] = json.loads(process.stdout.readline())
        client = HubSpotClient(SecretStr(where["token"]), base_url=where["baseUrl"])
        pulled = pull_account(client)
        client.send(
            {"eventName": "pe55_purchase", "email": "ada@example.org", "properties": {"revenue": "5"}}
        )
        with pytest.raises(DeliveryError, match="pe55_view does not exist"):
            client.send({"eventName": "pe55_view", "email": "ada@example.org", "properties": {}})
        with pytest.raises(DeliveryError, match="daily limit"):  # the file's three calls a day are used up
            client.update_contact("ada@example.org", {"firstname": "Ada"}, "email")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert pulled["portalId"] == 55
    assert [definition["fullyQualifiedName"] for definition in pulled["eventDefinitions"]] == [
        "pe55_purchase"
    ]
    assert "birthday" in [prop["name"] for prop in pulled["contactProperties"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["serve", "--account", "ACCOUNT", "--auto-define"],
            "--account and --auto-define exclude each other",
        ),
        (["serve", "--account", "ACCOUNT", "--portal", "7"], "is not the account file's portal 55"),
        (["serve", "--account", "missing.json"], "missing.json: cannot be read"),
        (["run", "CONFIG", "EVENTS", "--account", "EVENTS"], "is not an account file: it looks like events"),
        (
            ["tui", "CONFIG", "--account", "CONFIG", "--check"],
            "is not an account file: it looks like a configuration",
        ),
        (["tui", "CONFIG", "--switch", "unknown_propety=drop", "--check"], "did you mean 'unknown_property'"),
        (["run", "CONFIG", "EVENTS", "--switch", "unknown_property"], "has no value"),
    ],
)
def test_an_account_file_or_switch_that_cannot_be_used_is_named(
    files: list[str], arguments: list[str], says: str
) -> None:
    known = dict(zip(("CONFIG", "EVENTS", "ACCOUNT"), files, strict=True))
    done = sim(*[known.get(argument, argument) for argument in arguments])
    assert done.exit_code == 2
    assert says in done.stderr


def test_the_terminal_takes_an_account_file(files: list[str]) -> None:
    done = sim("tui", files[0], "--account", files[2], "--check")
    assert done.exit_code == 0, done.stderr
