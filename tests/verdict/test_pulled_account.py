"""An account file that was pulled says offline what a strict server says online, over every case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hubspot_dest.account.account_file import parse_account, read_account_file, write_account_file
from hubspot_dest.account.pull import pull_account
from hubspot_dest.checks.catalogue import CATALOGUE
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.verdict.judge import Judge
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests.verdict.drawing import ACCOUNT, PORTAL
from tests.verdict.test_cases import CASES

NOW = 1_790_000_000_000
STRICT = Behaviours()
MAPPING_CASES = [
    case
    for line in (Path(__file__).parents[1] / "cases" / "walkeros.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
    if not (case := json.loads(line))["config"].get("flow")  # a flow is resolved before it is judged
]
# The configuration of the step examples; `in` is the event.
SHOP = {
    "settings": {
        "accessToken": "pat-na1-00000000-0000-0000-0000-000000000000",
        "eventNamePrefix": f"pe{PORTAL}_",
    },
    "mapping": {"order": {"complete": {"settings": {"eventName": "purchase"}}}},
}
STEP_CASES = [
    {
        "id": "ex_good",
        "config": SHOP,
        "event": {"name": "order complete", "user": {"email": "ada@example.org"}},
    },
    {
        "id": "ex_event_key",
        "config": SHOP,
        "event": {"event": "order complete", "user": {"email": "a@example.org"}},
    },
]
EVERY_CASE = [*CASES, *MAPPING_CASES, *STEP_CASES]
CERTAIN = {check.code for check in CATALOGUE.values() if check.severity == "refused"}


@pytest.fixture(scope="module")
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(portal_id=PORTAL, switches=STRICT), clock=lambda: NOW / 1000) as server:
        yield server


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="hubspot_dest")


@pytest.mark.parametrize("case", EVERY_CASE, ids=[case["id"] for case in EVERY_CASE])
def test_the_file_says_what_the_server_says(
    hubspot: FakeHubSpot, case: dict[str, Any], tmp_path: Path
) -> None:
    hubspot.reset()
    hubspot.account.adopt(parse_account(case.get("account") or ACCOUNT))
    client = HubSpotClient(SecretStr(hubspot.token), base_url=hubspot.base_url)
    write_account_file(tmp_path / "account.json", pull_account(client))
    schema = read_account_file(tmp_path / "account.json")
    offline = {}
    for name, switches in (
        ("plain", {}),
        ("switched", {key: str(value) for key, value in asdict(STRICT).items()}),
    ):
        judge = Judge(case["config"], account=schema, behaviours=switches)
        made = HubSpotDestination(case["config"], client=NullClient(), judge=judge, now_ms=lambda: NOW)
        findings = made.push(json.loads(json.dumps(case["event"]))).findings
        offline[name] = {finding.code for finding in findings if finding.severity == "refused"}
    hubspot.journal.clear()
    HubSpotDestination(case["config"], client=client, now_ms=lambda: NOW).push(case["event"])
    answers = [entry.answer for entry in hubspot.journal.entries()]
    told = {code for answer in answers for code in answer.checks if answer.status >= 400}
    assert told & CERTAIN <= offline["plain"], "the server refuses what the file takes"
    assert offline["plain"] <= told | _shadowed(offline["plain"], told), (
        "the file refuses what the server takes"
    )
    assert told <= offline["switched"], "with the server's switches, nothing is refused without a word"


def _shadowed(predicted: set[str], told: set[str]) -> set[str]:
    """Return what the server does not come to say, since it refuses the same request for something else."""
    return predicted if predicted & told else set()
