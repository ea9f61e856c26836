"""The official Node client, 13 and 14, from npm: every endpoint that it offers here, each field and each exception.

Needs Node and its registry. Both versions must see the same: walkerOS' own destination uses 13, new users get 14.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.journal.journal import Filter

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm"),
]

SCRIPT = Path(__file__).parent / "official_node_client.mjs"
CHANGING = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|pat-na1-[0-9a-f-]{36}|\d+ day\(s\)|127\.0\.0\.1:\d+|[A-Za-z0-9%]{40,}%3D"
)


def transcript(folder: Path, version: str) -> list[dict[str, Any]]:
    """Install this version, let it work a day, and give what each of its calls brought."""
    install = ["npm", "install", "--silent", "--prefix", str(folder), f"@hubspot/api-client@{version}"]
    subprocess.run(install, check=True, timeout=300)
    installed = json.loads((folder / "node_modules/@hubspot/api-client/package.json").read_text("utf-8"))
    assert installed["version"].split(".")[0] == version
    with FakeHubSpot() as fake:
        reader = fake.new_account(portal_id=12345678, scopes=["crm.objects.contacts.read"])
        done = subprocess.run(
            ["node", str(SCRIPT), str(folder), fake.base_url, fake.token, reader],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert not fake.journal.entries(Filter(rule="simulator.bug"))
    return [json.loads(line) for line in done.stdout.splitlines()]


def settled(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take out what differs from run to run: times, correlation ids, tokens, and headers."""
    out = []
    for line in lines:
        result = line.get("result")
        if isinstance(result, dict) and "httpStatusCode" in result:
            result = {"status": result["httpStatusCode"], "data": result.get("data")}
        text = json.dumps({**line, "result": result}, sort_keys=True)
        out.append(json.loads(CHANGING.sub("…", text)))
    return out


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    return {
        version: transcript(tmp_path_factory.mktemp(f"node{version}"), version) for version in ("13", "14")
    }


@pytest.mark.parametrize("version", ["13", "14"])
def test_a_day_of_at_least_forty_calls_goes_as_the_specification_says(
    days: dict[str, list[dict[str, Any]]], version: str
) -> None:
    assert len(days[version]) >= 40
    assert sum("code" in line for line in days[version]) >= 20  # refusals, each with its ApiException


def test_both_versions_see_the_same_fields_and_the_same_exceptions(
    days: dict[str, list[dict[str, Any]]],
) -> None:
    assert settled(days["13"]) == settled(days["14"])
