"""Groups of workers that are killed at random moments under random faults, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from simulator.brokers.kafka import MockKafka
from simulator.brokers.redis import RedisServer
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.streams.shop import Shop, open_hubspot

KINDS = [
    FaultKind.LOCKED,
    FaultKind.RATE_LIMITED,
    FaultKind.INTERNAL_ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
    FaultKind.LATENCY,
    FaultKind.CLOSE_BEFORE,
    FaultKind.CLOSE_DURING,
    FaultKind.LOST,
    FaultKind.TRUNCATED,
    FaultKind.NOT_UTF8,
    FaultKind.EMPTY_200,
]
PEOPLE = 200


class Broker(Protocol):
    """A broker on this machine, as the runs need it."""

    url: str
    options: list[str]

    def produce(self, shop: Shop) -> None: ...

    def is_committed(self) -> bool:
        """Return whether the group has committed everything that was produced."""
        ...

    def close(self) -> None: ...


class KafkaRun:
    """One topic of the mock cluster; sessions are short so that a killed worker is missed soon."""

    def __init__(self, session_ms: int = 4_000) -> None:
        self._kafka = MockKafka()
        self.url = self._kafka.url("events")
        self.options = [f"session.timeout.ms={session_ms}", "heartbeat.interval.ms=200"]
        self.bootstrap = self._kafka.bootstrap

    def produce(self, shop: Shop) -> None:
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.bootstrap, "acks": "all", "log_level": 0})
        for event in shop.events:
            value = json.dumps(event).encode()
            while True:
                try:
                    producer.produce("events", value=value, key=event["user"]["email"].encode())
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(30) == 0

    def is_committed(self) -> bool:
        from confluent_kafka import Consumer, TopicPartition

        group = parse_qs(urlsplit(self.url).query)["group"][0]
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, "log_level": 0})
        try:
            known = consumer.list_topics("events", timeout=10).topics["events"].partitions
            partitions = consumer.committed(
                [TopicPartition("events", number) for number in known], timeout=10
            )
            return all(
                max(partition.offset, 0) >= consumer.get_watermark_offsets(partition, timeout=10)[1]
                for partition in partitions
            )
        finally:
            consumer.close()

    def close(self) -> None:
        self._kafka.close()


class RedisRun:
    """One or several streams of a real redis-server."""

    def __init__(self, streams: int = 1, lease: float = 2.0) -> None:
        self._redis = RedisServer()
        self._names = [f"events{number}" for number in range(streams)]
        self.url = self._redis.url(",".join(self._names))
        self.options = [f"lease.seconds={lease}"]

    def produce(self, shop: Shop) -> None:
        client = self._redis.client()
        pipe = client.pipeline(transaction=False)
        for number, event in enumerate(shop.events, 1):
            person = int(event["user"]["email"].partition("@")[0][1:])
            pipe.xadd(self._names[person % len(self._names)], {"event": json.dumps(event)})
            if number % 2000 == 0:
                pipe.execute()
        pipe.execute()
        client.close()

    def is_committed(self) -> bool:
        client = self._redis.client()
        try:
            for name in self._names:
                last = client.xinfo_stream(name)["last-generated-id"]
                for group in client.xinfo_groups(name):
                    if group["pending"] or group["last-delivered-id"] != last:
                        return False
            return True
        finally:
            client.close()

    def close(self) -> None:
        self._redis.close()


@dataclass
class Run:
    """What one run came to."""

    kills: int = 0
    stops: int = 0
    launches: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    said: str = ""


def kill_run(
    folder: Path,
    broker: Broker,
    *,
    events: int,
    seed: int,
    workers: int = 2,
    kills: int = 3,
    faults: int = 4,
    limit: float = 240.0,
) -> Run:
    """Let a group deliver everything, while its members are killed and restarted."""
    rng = random.Random(seed)
    shop = Shop.of(events, PEOPLE, rng)
    config = shop.write_config(folder)
    run = Run()
    begun = time.monotonic()
    with open_hubspot() as hubspot:
        for kind in rng.sample(KINDS, faults):
            hubspot.faults.add(_fault(kind, rng), now=time.time())
        broker.produce(shop)
        group = [_Member(folder, config, broker, hubspot, number) for number in range(workers)]
        for member in group:
            member.launch()
        run.launches = workers
        # By progress, not by time: a fast machine is struck as often as a slow one, at the end at the latest.
        strikes = sorted(int(events * rng.uniform(0.02, 0.9)) for _ in range(kills))
        try:
            while time.monotonic() - begun < limit:
                arrived = len(hubspot.account.log.rows)
                if strikes and arrived >= strikes[0]:
                    member = rng.choice(group)
                    softly = rng.random() < 0.3
                    member.end(signal.SIGTERM if softly else signal.SIGKILL)
                    run.stops += softly
                    run.kills += not softly
                    del strikes[0]
                    member.launch()
                    run.launches += 1
                elif arrived >= events and broker.is_committed():
                    break  # not before: what was handed back is delivered again, older contacts first
                time.sleep(0.02)
            for member in group:
                member.end(signal.SIGTERM)
        finally:
            for member in group:
                member.end(signal.SIGKILL)
        run.wrong = shop.faults_of(hubspot)
        if not broker.is_committed():
            run.wrong.append("the group left events uncommitted")
        run.said = "\n".join(member.said() for member in group)
    run.seconds = time.monotonic() - begun
    return run


class _Member:
    """One worker process, and those that took its place."""

    def __init__(self, folder: Path, config: Path, broker: Broker, hubspot: FakeHubSpot, number: int) -> None:
        self._said = folder / f"worker{number}.txt"
        options = [word for option in broker.options for word in ("--source-option", option)]
        self._command = [
            *(sys.executable, "-X", "faulthandler", "-m", "hubspot_dest", "work", str(config), broker.url),
            *("--base-url", hubspot.base_url, "--timeout", "2", *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        with self._said.open("ab") as file:
            self._process = subprocess.Popen(
                self._command, stdout=subprocess.DEVNULL, stderr=file, env={**os.environ}
            )

    def end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None

    def said(self) -> str:
        return self._said.read_text(encoding="utf-8", errors="replace") if self._said.exists() else ""


def _fault(kind: FaultKind, rng: random.Random) -> Fault:
    return Fault(
        kind,
        probability=rng.choice([0.01, 0.03]),
        seed=rng.randrange(1_000_000),
        delay_ms=50,
        retry_after=0 if kind is FaultKind.RATE_LIMITED else 1,
        policy=rng.choice(["TEN_SECONDLY_ROLLING", "SECONDLY"]),
    )


def make_broker(kind: str) -> Callable[[], Broker]:
    """Return what makes a broker by its name: `kafka`, `redis` or `redis-streams`."""
    makers: dict[str, Callable[[], Broker]] = {
        "kafka": KafkaRun,
        "redis": RedisRun,
        "redis-streams": lambda: RedisRun(streams=3),
    }
    return makers[kind]
