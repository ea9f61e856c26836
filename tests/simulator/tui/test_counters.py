"""The numbers in the room are true: the screen shows what the account holds. The deep tests have fifty seeds."""

from __future__ import annotations

import pytest

from tests.simulator.tui.counting import compare_screen_and_account


@pytest.mark.parametrize("seed", [100, 101])
def test_the_counters_on_the_screen_are_the_accounts_own_at_every_pause(seed: int) -> None:
    assert compare_screen_and_account(seed) == 8
