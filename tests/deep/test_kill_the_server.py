"""kill -9 at random under load, 50 times, on one account (`make deep`)."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.simulator.hubspot.store.killing import Acknowledged, load_and_kill, missing_in


@pytest.mark.deep
def test_fifty_deaths_lose_no_acknowledged_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, acknowledged, chance = tmp_path / "account.db", Acknowledged(), random.Random(50)
    for number in range(50):
        load_and_kill(file, acknowledged, chance, number)
        assert missing_in(file, acknowledged) == []
    with capsys.disabled():
        told = f"{len(acknowledged.uuids):,} occurrences, {len(acknowledged.contacts)} contacts"
        size = f"{file.stat().st_size / 1e6:.1f} MB"
        sys.stdout.write(f"\n50 times kill -9: {told} acknowledged, 0 lost, {size}\n")
