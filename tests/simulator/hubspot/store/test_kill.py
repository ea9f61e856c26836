"""kill -9 under load: what was acknowledged is there (the long form, 50 times, is in tests/deep)."""

from __future__ import annotations

import random
from pathlib import Path

from tests.simulator.hubspot.store.killing import Acknowledged, load_and_kill, missing_in


def test_no_acknowledged_write_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    file, acknowledged, chance = tmp_path / "account.db", Acknowledged(), random.Random(7)
    for number in range(3):
        load_and_kill(file, acknowledged, chance, number)
        assert missing_in(file, acknowledged) == []
    assert acknowledged.uuids
