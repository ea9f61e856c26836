"""Foreign clients work against the server with their own code: HubSpot's new Python client, and a Singer tap."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.journal.journal import Filter

pytestmark = pytest.mark.deep

FOLDER = Path(__file__).parent


def run(folder: Path, package: str, script: str, fake: FakeHubSpot) -> str:
    """Install a package in an environment of its own, and let a script work with it."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", package], check=True, timeout=300)
    done = subprocess.run(
        [str(python), str(FOLDER / script), fake.base_url, fake.token],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not fake.journal.entries(Filter(rule="simulator.bug"))
    assert not fake.journal.entries(Filter(rule="route.unknown"))
    return done.stdout


def test_everything_that_hubspot_sdk_offers_of_this_is_answered(tmp_path: Path) -> None:
    with FakeHubSpot() as fake:
        told: dict[str, Any] = json.loads(
            run(tmp_path / "sdk", "hubspot-sdk==0.1.0a9", "hubspot_sdk_calls.py", fake)
        )
    assert {name: what for name, what in told.items() if isinstance(what, str)} == {}
    assert told["property.batch.get"]["results"][0]["label"] == "The plan"
    assert told["contact.search"]["results"][0]["properties"]["plan"] == "pro"
    assert told["contact.batch.upsert"]["results"][0]["new"] is True
    assert "total" in [prop["name"] for prop in told["definition.get"]["properties"]]
    assert [result["properties"] for result in told["events.list"]["results"]] == [{"total": "9.5"}] * 3


def test_the_contact_stream_of_a_singer_tap_brings_every_contact(tmp_path: Path) -> None:
    with FakeHubSpot() as fake:
        fake.service.seed(fake.account, {"contacts": [{"email": f"p{n}@example.org"} for n in range(250)]})
        for contact in fake.account.contacts():  # the tap takes what changed since its start date
            fake.account.book.change(contact, {"firstname": "Jo"}, fake.clock())
        out = run(tmp_path / "tap", "tap-hubspot==4.5.0", "tap_hubspot_calls.py", fake)
    records = [item["record"] for item in map(json.loads, out.splitlines()) if item["type"] == "RECORD"]
    assert len({record["id"] for record in records}) == 250
    assert records[0]["properties"]["email"] == "p0@example.org"
