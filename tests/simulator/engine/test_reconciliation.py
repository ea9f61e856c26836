"""What the engine counts is what HubSpot counts: nothing lost, nothing twice. The deep tests have fifty seeds."""

from __future__ import annotations

import pytest

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from tests.simulator.engine.wandering import wander


@pytest.mark.parametrize("seed", range(5))
def test_at_every_pause_the_counters_equal_hubspots_own(seed: int) -> None:
    with Engine(story_config(), simulated=True, seed=seed) as engine:
        assert len(list(wander(engine, seed))) == 8
