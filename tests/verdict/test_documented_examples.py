"""The documented examples are no reason to worry: what is doubtful in them is written down here exactly."""

from __future__ import annotations

import pytest

from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.verdict.judge import Judge
from simulator.examples.documented import Example, documented_examples

DOUBTFUL: dict[str, list[str]] = {
    # Their timestamps are seconds, so that they lie in January 1970.
    "default event": ["occurred_at_past"],
    "default properties": ["occurred_at_past"],
    "destination identify": ["occurred_at_past"],
    "mapped event name": ["occurred_at_past"],
    "no identity": [],
    "object id association": ["object_id_not_number", "occurred_at_past"],
    "user login identify": [],
    "wildcard ignored": [],
}


@pytest.mark.parametrize("example", documented_examples(), ids=lambda example: example.name)
@pytest.mark.parametrize("parity", [False, True])
def test_a_documented_example_is_neither_refused_nor_lost(example: Example, parity: bool) -> None:
    config = example.config("pat-test-xxx")
    judge = Judge(config)
    destination = HubSpotDestination(config, client=NullClient(), judge=judge, parity=parity)
    findings = destination.push(example.event).findings
    assert sorted(finding.code for finding in findings) == sorted(DOUBTFUL[example.name])
    assert {finding.severity for finding in findings} <= {"doubtful"}
