"""Random keys break nothing; a thousand sessions of it are in the deep tests."""

from __future__ import annotations

import pytest

from tests.simulator.tui.monkey import session


@pytest.mark.parametrize("seed", range(2))
def test_random_keys_neither_crash_nor_stick(seed: int) -> None:
    session(seed)
