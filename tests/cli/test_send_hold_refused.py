"""`send --hold-refused`: what HubSpot would refuse is given up with its reason, and never sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests.cli.conftest import Run
from tests.verdict.previewing import order

CONFIG = {
    "settings": {"eventNamePrefix": "pe12345678_"},
    "mapping": {
        "order": {
            "complete": {"settings": {"eventName": "purchase"}},
            "cancel": {"settings": {"eventName": "No!"}},
        },
    },
}


@pytest.mark.parametrize("options", [["--no-outbox"], []])
def test_held_events_are_dead_letters_and_the_others_go_out(
    run: Run, tmp_path: Path, options: list[str]
) -> None:
    events = tmp_path / "events.jsonl"
    lines = [order(), order(name="order cancel", id="0000000000000002")]
    events.write_text("".join(json.dumps(entry) + "\n" for entry in lines), encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    with FakeHubSpot(HubSpot(portal_id=12345678, switches=Behaviours(auto_define=True))) as hubspot:
        done = run(
            "hubspot_dest", "send", str(tmp_path / "config.json"), str(events), "--base-url", hubspot.base_url,
            "--hold-refused", "--json", *options, HUBSPOT_ACCESS_TOKEN=hubspot.token,
        )  # fmt: skip
        sent = [occurrence["eventName"] for occurrence in hubspot.account.occurrences]
        refused = [pair for pair in hubspot.journal.entries() if pair.answer.status >= 400]
    assert done.returncode == 1, done.stderr
    assert sent == ["pe12345678_purchase"]
    assert refused == []
    held = [json.loads(line) for line in done.stdout.splitlines() if '"order cancel"' in line]
    assert held[0]["outcome"] == "failed"
    assert held[0]["reason"] == "event_name_characters"
    assert [finding["code"] for finding in held[0]["findings"]] == ["event_name_characters"]
