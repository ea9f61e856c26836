"""The disturbed runs at full size, two at a time. HUBSPOT_DEST_DISTURBED_RUNS and _EVENTS make it smaller."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.delivery.disturbing import Findings, disturbed_run

RUNS = int(os.environ.get("HUBSPOT_DEST_DISTURBED_RUNS", "200"))
EVENTS = int(os.environ.get("HUBSPOT_DEST_DISTURBED_EVENTS", "1500"))
AT_A_TIME = int(os.environ.get("HUBSPOT_DEST_DISTURBED_AT_A_TIME", "3"))


@pytest.mark.deep
@pytest.mark.usefixtures("frozen_code")
def test_random_runs_under_disturbance_lose_double_and_disorder_nothing_and_end_in_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(seed: int) -> Findings:
        folder = tmp_path / str(seed)
        folder.mkdir()
        return disturbed_run(folder, EVENTS, seed)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = list(pool.map(run, range(RUNS)))
    total = Counter(result.source for result in results)
    figures = {
        name: sum(getattr(result, name) for result in results)
        for name in ("launches", "signals", "kills", "full_disks", "repeats", "doubled")
    }
    wrong = [(seed, result) for seed, result in enumerate(results) if result.wrong]
    with capsys.disabled():
        print(f"\n{RUNS} runs of {EVENTS} events, {dict(total)}: {figures}; wrong: {len(wrong)}")  # noqa: T201
    assert not wrong, wrong[:3]
