"""`account pull`: what a simulated portal has, as a file that says offline what the portal says online."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hubspot_dest.account.account_file import parse_account, read_account_file
from hubspot_dest.cli.commands.account import command
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.verdict.judge import Judge
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot

CASES = Path(__file__).parents[1] / "verdict" / "cases.jsonl"
ROWS = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
ACCOUNT: dict[str, Any] = next(row["account"] for row in ROWS if "account" in row)


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(portal_id=12345678)) as server:
        server.account.adopt(parse_account(ACCOUNT))
        server.account.add_contact({"email": "ada@example.org"}, 0.0)
        yield server


def pulled(hubspot: FakeHubSpot, folder: Path) -> Path:
    """Pull the account of a simulated portal, with read requests alone."""
    config = folder / "config.json"
    settings = {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_"}
    config.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    output = folder / "account.json"
    done = CliRunner().invoke(
        command, ["pull", str(config), "--base-url", hubspot.base_url, "-o", str(output)]
    )
    assert done.exit_code == 0, done.output
    assert "portal 12345678" in done.stderr
    assert {entry.method for entry in hubspot.journal.entries()} == {"GET"}
    return output


def test_the_file_says_what_the_portal_has_and_names_no_people_and_no_secrets(
    hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    output = pulled(hubspot, tmp_path)
    schema = read_account_file(output)
    assert schema.portal_id == 12345678
    assert schema.definitions is not None
    assert set(schema.definitions) == {"pe12345678_purchase"}
    assert schema.contact_properties["birthday"].type == "date"
    assert schema.contact_properties["createdate"].read_only
    assert [option.value for option in schema.contact_properties["interests"].options] == ["a", "b"]
    assert schema.limits.calls_a_day == 1_000_000
    text = output.read_text(encoding="utf-8")
    assert hubspot.token not in text
    assert "ada@example.org" not in text
    assert "UserId" not in text


def test_the_pulled_file_gives_the_verdict_of_the_one_written_by_hand(
    hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    known, by_hand = read_account_file(pulled(hubspot, tmp_path)), parse_account(ACCOUNT)
    for row in ROWS:
        offline, written = (
            HubSpotDestination(
                row["config"], client=NullClient(), judge=Judge(row["config"], account=account)
            )
            .push(row["event"])
            .findings
            for account in (known, by_hand)
        )
        assert [finding.code for finding in offline] == [finding.code for finding in written], row["id"]


def test_offline_the_file_says_what_a_strict_server_answers_online(
    hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    known = read_account_file(pulled(hubspot, tmp_path))
    for row in ROWS:
        config = {**row["config"], "settings": {**row["config"]["settings"], "accessToken": hubspot.token}}
        hubspot.journal.clear()
        HubSpotDestination(config, base_url=hubspot.base_url).push(row["event"])
        answered = {code for entry in hubspot.journal.entries() for code in entry.answer.checks}
        offline = HubSpotDestination(config, client=NullClient(), judge=Judge(config, account=known))
        said = {finding.code for finding in offline.push(row["event"]).findings}
        assert answered <= said, row["id"]


def test_a_portal_that_does_not_answer_is_named(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"settings": {"accessToken": "x", "eventNamePrefix": "pe1_"}}', encoding="utf-8")
    done = CliRunner().invoke(command, ["pull", str(config), "--base-url", "http://127.0.0.1:9"])
    assert done.exit_code == 2
    assert "the account cannot be read" in done.stderr
