"""Workers at length: a hundred killed groups, an outage of ten poll intervals, four workers against the limits."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.streams.killing import KafkaRun, kill_run, make_broker
from tests.streams.shop import Shop, open_hubspot

pytestmark = pytest.mark.deep

EVENTS = 60_000
KINDS = ["kafka", "redis", "redis-streams", "kafka"]


@pytest.mark.parametrize("kind", ["kafka", "redis"])
def test_one_quiet_worker_proves_that_the_harness_itself_loses_nothing(tmp_path: Path, kind: str) -> None:
    broker = make_broker(kind)()
    try:
        run = kill_run(tmp_path, broker, events=EVENTS, seed=1, workers=1, kills=0, faults=0, limit=600)
    finally:
        broker.close()
    assert not run.wrong, run.said


@pytest.mark.parametrize("seed", range(100))
def test_killed_groups_lose_nothing_double_nothing_and_keep_the_order(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    broker = make_broker(KINDS[seed % len(KINDS)])()
    workers = rng.randint(2, 4)
    try:
        run = kill_run(
            tmp_path, broker, events=EVENTS, seed=seed, workers=workers, kills=rng.randint(2, 6), limit=900
        )
    finally:
        broker.close()
    assert not run.wrong, run.said


def start(
    folder: Path, config: Path, url: str, hubspot: FakeHubSpot, number: int, *options: str
) -> subprocess.Popen[bytes]:
    with (folder / f"said{number}.txt").open("wb") as said:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "hubspot_dest", "work", str(config), url),
                *("--base-url", hubspot.base_url, "--json", *options),
            ],
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ},
        )


def resident_kib(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0])


def test_an_outage_of_ten_poll_intervals_costs_no_rebalance_and_no_memory(tmp_path: Path) -> None:
    shop = Shop.of(20_000, 200, random.Random(1))
    broker = KafkaRun(session_ms=6_000)
    config = shop.write_config(tmp_path)
    with open_hubspot() as hubspot:
        hubspot.faults.add(Fault(FaultKind.UNAVAILABLE), now=time.time())
        broker.produce(shop)
        options = ["max.poll.interval.ms=10000", "session.timeout.ms=6000"]
        more = [word for option in options for word in ("--source-option", option)]
        process = start(tmp_path, config, broker.url, hubspot, 0, *more)
        try:
            time.sleep(20)  # real time on purpose: the broker's clock is what counts
            before = resident_kib(process.pid)
            time.sleep(100)
            after = resident_kib(process.pid)
            hubspot.faults.clear()
            until = time.monotonic() + 120
            while len(hubspot.account.log.rows) < 20_000 and time.monotonic() < until:
                time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
            broker.close()
        wrong = shop.faults_of(hubspot)
    result = json.loads(out)
    assert not wrong
    assert result["handedBack"] == 0
    assert result["rebalances"] == 2, (tmp_path / "said0.txt").read_text(encoding="utf-8")  # in, and out
    assert after < before * 1.2


def test_four_workers_stay_below_the_accounts_limits(tmp_path: Path) -> None:
    events = 40_000
    shop = Shop.of(events, events, random.Random(2))  # nearly every event is another person's, so limits bind
    broker = KafkaRun()
    config = shop.write_config(tmp_path)
    with open_hubspot(enforce_rate_limits=True) as hubspot:
        broker.produce(shop)
        more = [word for option in broker.options for word in ("--source-option", option)]
        group = [start(tmp_path, config, broker.url, hubspot, number, *more) for number in range(4)]
        try:
            until = time.monotonic() + 300
            while len(hubspot.account.log.rows) < events and time.monotonic() < until:
                time.sleep(0.2)
        finally:
            for process in group:
                process.send_signal(signal.SIGTERM)
            for process in group:
                process.communicate(timeout=30)
            broker.close()
        entries = hubspot.journal.entries()
        wrong = shop.faults_of(hubspot)
    refused = [entry for entry in entries if entry.answer.status == 429]
    calls = [entry.received_at for entry in entries if entry.target.startswith(b"/crm/")]
    most = max(sum(first <= moment < first + 10 for moment in calls) for first in calls)
    assert not wrong
    assert 95 < most <= 190  # the limit was within reach, and was kept
    assert len(refused) <= 1
