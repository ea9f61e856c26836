"""Kill -9 at random moments under random faults: nothing is lost, nothing counts twice, nobody's order changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.delivery.crashing import crash_run


@pytest.mark.parametrize("seed", range(2))
def test_500_events_survive_kills_and_faults_exactly_once_and_in_order(tmp_path: Path, seed: int) -> None:
    told = crash_run(tmp_path, 500, seed, kills=3)
    assert told.lost == []
    assert told.doubled == 0
    assert told.stored == 500
    assert told.disordered == []
    assert told.stale == []
