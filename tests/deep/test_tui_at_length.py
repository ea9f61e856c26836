"""What takes long to prove of the terminal: a thousand monkeys, fifty seeds of counters. `-n 2` shares them out."""

from __future__ import annotations

import pytest

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from tests.simulator.engine.wandering import wander
from tests.simulator.tui.counting import compare_screen_and_account
from tests.simulator.tui.monkey import session

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("first", range(0, 1000, 25))
def test_a_thousand_sessions_of_random_keys_neither_crash_nor_stick(first: int) -> None:
    for seed in range(first, first + 25):
        session(seed)


@pytest.mark.parametrize("seed", range(50))
def test_the_counters_equal_hubspots_own_over_fifty_seeds(seed: int) -> None:
    with Engine(story_config(), simulated=True, seed=seed) as engine:
        assert len(list(wander(engine, seed))) == 8


@pytest.mark.parametrize("seed", range(50))
def test_the_screen_shows_the_accounts_own_numbers_over_fifty_seeds(seed: int) -> None:
    assert compare_screen_and_account(seed) == 8
