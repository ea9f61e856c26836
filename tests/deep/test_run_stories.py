"""Stories through the outbox over fifty seeds: everything accepted is delivered or named."""

from __future__ import annotations

import pytest

from tests.simulator.engine.stories import STORY_NAMES, play

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("story", STORY_NAMES)
@pytest.mark.parametrize("seed", range(50))
def test_every_story_loses_nothing_and_counts_as_hubspot_does(story: str, seed: int) -> None:
    play(story, seed, 300, waits=seed < 3)
