"""Workers are killed at random moments under random faults: nothing is lost, doubled, or out of a person's order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.streams.killing import kill_run, make_broker


@pytest.mark.parametrize("kind", ["kafka", "redis"])
def test_a_killed_worker_loses_nothing_doubles_nothing_and_keeps_the_order(tmp_path: Path, kind: str) -> None:
    broker = make_broker(kind)()
    try:
        run = kill_run(tmp_path, broker, events=3_000, seed=7, workers=2, kills=2, faults=3)
    finally:
        broker.close()
    assert run.kills + run.stops == 2, run.said
    assert not run.wrong, run.said
