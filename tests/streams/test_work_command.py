"""`hubspot-dest work` as a process: health, metrics, its end, and what it says when it cannot run."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.streams.health import serve_health
from simulator.brokers.redis import RedisServer
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.streams.cli import run_here, working, write_config
from tests.streams.memory_source import MemorySource, message, worker_on
from tests.streams.shop import page_view


def test_a_running_worker_tells_how_it_is_and_sigterm_hands_over_within_ten_seconds(
    redis_server: RedisServer, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    client = redis_server.client()
    for number in range(5):
        client.xadd("events", {"event": json.dumps(page_view(number))})
    client.xadd("events", {"event": json.dumps({"name": "page view", "id": "nobody"})})
    url = redis_server.url("events")
    config = write_config(tmp_path)
    with working(config, url, hubspot, "--health", "0", "--metrics", "0", "--json") as process:
        assert process.stderr is not None
        addresses: dict[str, str] = {}
        while len(addresses) < 2:
            line = process.stderr.readline()
            if found := re.search(r"(health|metrics) at (http://\S+)", line):
                addresses[found[1]] = found[2]
        base = addresses["health"].removesuffix("/health")
        until = time.monotonic() + 20
        status: dict[str, object] = {}
        while (status.get("delivered"), status.get("skipped")) != (5, 1) and time.monotonic() < until:
            with urlopen(f"{base}/status", timeout=5) as answer:
                status = json.load(answer)
            time.sleep(0.05)
        assert status["partitions"] == ["events/0"]
        with urlopen(f"{base}/health", timeout=5) as answer:
            assert answer.status == 200
        with urlopen(f"{base}/ready", timeout=5) as answer:
            assert json.load(answer) == {"status": "ready"}
        with urlopen(addresses["metrics"], timeout=5) as answer:
            text = answer.read().decode()
        assert 'hubspot_dest_stream_messages_total{result="delivered"} 5.0' in text
        assert "hubspot_dest_stream_partitions 1.0" in text
        assert "hubspot_dest_stream_lag 0.0" in text
        assert "hubspot_dest_stream_paused 0.0" in text
        assert "hubspot_dest_stream_rebalances_total 1.0" in text
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=15)
    assert time.monotonic() - begun < 10
    assert process.returncode == 0
    told = json.loads(out)
    assert told["delivered"] == 5
    assert "handed over: events/0" in said
    assert "6 fetched = 5 delivered + 1 skipped by the mapping" in said
    results = (
        "delivered",
        "skipped",
        "consentRefused",
        "waiting",
        "dropped",
        "dead",
        "commands",
        "handedBack",
    )
    assert told["fetched"] == sum(told[name] for name in results) == 6
    assert client.exists("hubspot-dest:events:hubspot:lease") == 0


def test_a_stream_that_fills_up_is_reported_before_the_first_loss_and_the_loss_is_measured(
    redis_server: RedisServer, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    client = redis_server.client()

    def add(count: int) -> None:
        pipe = client.pipeline(transaction=False)
        for number in range(count):
            event = json.dumps(page_view(number))
            pipe.xadd("events", {"event": event}, maxlen=300, approximate=False)
        pipe.execute()

    def read_until(process: subprocess.Popen[str], words: str) -> str:
        assert process.stderr is not None
        while line := process.stderr.readline():
            if words in line:
                return line
        raise AssertionError(words)

    hubspot.faults.add(Fault(FaultKind.UNAVAILABLE), now=time.time())
    add(1)
    url = redis_server.url("events", more="&maxlen=300")
    options = ("--metrics", "0", "--json", "--source-option", "lease.seconds=1")
    with working(write_config(tmp_path), url, hubspot, *options) as process:
        metrics = read_until(process, "metrics at ").split()[-1]
        read_until(process, "assigned: events/0")
        until = time.monotonic() + 10
        while not client.xpending("events", "hubspot")["pending"] and time.monotonic() < until:
            time.sleep(0.02)
        add(260)  # HubSpot takes nothing, so that they stay unread
        warning = read_until(process, "entries of events are unread")
        assert "after 40 more, unread entries are lost" in warning
        with urlopen(metrics, timeout=5) as answer:
            assert "\nhubspot_dest_stream_lost_total 0.0\n" in answer.read().decode()
        add(100)
        assert "trimmed or deleted before any worker had read" in read_until(process, "error: ")
        with urlopen(metrics, timeout=5) as answer:
            (lost,) = re.findall(r"^hubspot_dest_stream_lost_total (\S+)", answer.read().decode(), re.M)
        assert float(lost) >= 1
        hubspot.faults.clear()
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=15)
    assert process.returncode == 1
    assert json.loads(out)["lost"] >= 1
    assert "unread and" in said.splitlines()[-1]


def test_not_ready_is_503_with_the_reason() -> None:
    port, end = serve_health("127.0.0.1", 0, lambda: True, lambda: "Kafka is away", dict)
    try:
        with pytest.raises(HTTPError) as caught:
            urlopen(f"http://127.0.0.1:{port}/ready", timeout=5)
        assert caught.value.code == 503
        assert json.load(caught.value)["reason"] == "Kafka is away"
    finally:
        end()


class KilledError(BaseException):
    """Ends a worker as SIGKILL would: right there."""


def test_a_death_between_hubspots_answer_and_the_commit_counts_once(hubspot: FakeHubSpot) -> None:
    batch = [message(page_view(number), number) for number in range(3)]

    def die() -> None:
        raise KilledError

    first = MemorySource(list(batch))
    first.on_commit = die
    with pytest.raises(KilledError):
        worker_on(first, hubspot).run()
    assert not first.done
    second = MemorySource(list(batch))
    worker_on(second, hubspot).run()
    stored = [row.id for row in hubspot.account.log.rows]
    assert stored == [occurrence_uuid(f"e{number}") for number in range(3)]
    assert hubspot.account.counters().duplicates == 3
    assert [position for positions in second.done.values() for position in positions] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["work", "CONFIG", "events.jsonl"], "must begin with kafka://, redis:// or rediss://"),
        (["work", "CONFIG", "kafka://h/t"], "has no group"),
        (["work", "CONFIG", "kafka://me:pw-secret@h/t?group=g"], "contains credentials"),
        (["work", "CONFIG", "kafka://h/t?group=g"], "would send to the real HubSpot"),
        (["outbox", "dead", "redis://127.0.0.1:1/0?stream=s&group=g"], "cannot be reached"),
        (["outbox", "release", "outbox.sqlite3"], "is not a stream"),
        (["outbox", "purge", "redis://h/0?stream=s&group=g", "--pending"], "require an outbox file"),
        (["listen", "CONFIG", "--sink", "http://h"], "must begin with kafka://, redis:// or rediss://"),
        (["listen", "CONFIG", "--sink", "kafka://h/t", "--no-outbox"], "--sink excludes"),
        (["listen", "CONFIG", "--sink-key", "user.id"], "require --sink"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_2(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    config = write_config(tmp_path)
    done = run_here(*[config if argument == "CONFIG" else argument for argument in arguments])
    assert done.code == 2
    assert sentence in done.said
    assert "pw-secret" not in done.said
    assert "Traceback" not in done.said
