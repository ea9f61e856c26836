"""No false alarms: the examples and synthetic events give no finding against an account that has what they need."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.account.account_file import read_account_file
from hubspot_dest.checks.finding import Finding
from hubspot_dest.config.loading import load_config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reader import BadLine, read_events
from hubspot_dest.verdict.judge import Judge
from simulator.engine.story import story_path
from simulator.synthesis import events

EXAMPLES = Path(__file__).parents[2] / "examples"


def judged(config: Path, stream: Iterable[dict[str, Any]]) -> tuple[list[Finding], int]:
    """Return every finding of the events, and how many of them would go out or write a contact."""
    loaded, _ = load_config(config, needs_token=False)
    judge = Judge(loaded.raw, source=loaded.source, account=read_account_file(EXAMPLES / "account.json"))
    found: list[Finding] = []
    went = 0
    with HubSpotDestination(loaded, client=NullClient(), judge=judge) as made:
        for event in stream:
            outcome = made.push(event)
            found += outcome.findings
            went += outcome.kind in ("sent", "queued", "identified")
        return [*found, *judge.summary(made.state.view.consent)], went


def test_the_examples_give_no_finding() -> None:
    lines = [
        event.event for event in read_events(str(EXAMPLES / "events.jsonl")) if not isinstance(event, BadLine)
    ]
    found, went = judged(EXAMPLES / "shop.yaml", lines)
    assert (found, went) == ([], 7)


@pytest.mark.parametrize("config", ["shop.yaml", "flow.json"])
def test_synthetic_events_give_no_finding(config: str) -> None:
    found, went = judged(EXAMPLES / config, itertools.islice(events(5), 1_000))
    assert found == []
    assert went > 250


def test_the_story_has_the_one_finding_that_it_is_there_to_show() -> None:
    found, _ = judged(story_path(), itertools.islice(events(5), 1_000))
    assert {(finding.code, finding.config_path.rpartition(".")[2]) for finding in found} == {
        ("path_never_met", "form_type")
    }


@pytest.mark.deep
def test_a_hundred_thousand_synthetic_events_give_no_finding() -> None:
    count = int(os.environ.get("SYNTHETIC_EVENTS", "100000"))
    found, went = judged(EXAMPLES / "shop.yaml", itertools.islice(events(11), count))
    assert found == []
    assert went > count // 4
