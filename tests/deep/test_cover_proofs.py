"""No proof of `generate --cover` is refuted by an event, over configurations that nobody would write."""

from __future__ import annotations

import pytest

from hubspot_dest.config.model import Config, ConfigError
from simulator.coverage import cover
from simulator.coverage.search import Search
from tests.simulator.coverage.wild_configurations import wild_configuration

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("first", range(0, 120, 10))
def test_what_is_called_unreachable_is_reached_by_no_event_that_is_tried(first: int) -> None:
    looked_at = 0
    for seed in range(first, first + 10):
        try:
            config = Config.strict(wild_configuration(seed), token="x")
        except ConfigError:
            continue
        looked_at += 1
        cover(config, seed)  # raises if the sender's planner would plan any event differently
        search = Search(config, seed)
        proofs, search.proofs = search.proofs, {}
        search.run()
        assert not set(proofs) & set(search.found), f"seed {seed}"
    assert looked_at > 5
