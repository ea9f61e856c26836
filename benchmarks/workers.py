"""Workers on a broker of this machine against a sink that answers at once; beside them the outbox, in the same run.

A run measures from the first fetch to the last commit: starting a process and joining a group are not part of it.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import orjson

from benchmarks.delivery import outbox_rate
from benchmarks.measuring import Figure
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, events
from hubspot_dest import HubSpotDestination
from hubspot_dest.delivery.settings import StreamSettings
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.opening import open_contacts, open_source
from hubspot_dest.streams.worker import Worker, WorkerSettings
from simulator.brokers.kafka import MockKafka
from simulator.brokers.redis import RedisServer

__all__ = ["measure"]

COUNT = 20_000
ROUNDS = 3
STREAMS = ("a", "b")


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    whole = events(COUNT)
    rounds: dict[str, list[float]] = {"outbox": [], "redis1": [], "redis2": [], "kafka1": []}
    with sink() as base_url:
        for _ in range(ROUNDS):
            rounds["outbox"].append(outbox_rate(base_url, whole, "full"))
            rounds["redis1"].append(_redis(base_url, whole, 1))
            rounds["redis2"].append(_redis(base_url, whole, 2))
            rounds["kafka1"].append(_kafka(base_url, whole))
    ratio = [number / other for number, other in zip(rounds["redis1"], rounds["outbox"], strict=True)]
    kafka = [number / other for number, other in zip(rounds["kafka1"], rounds["outbox"], strict=True)]
    both = [two / number for two, number in zip(rounds["redis2"], rounds["redis1"], strict=True)]
    return [
        Figure.of("`send` with an outbox, durability full, in the same run", rounds["outbox"]),
        Figure.of("one worker on Redis Streams", rounds["redis1"]),
        Figure.of("two workers on Redis Streams, a stream each", rounds["redis2"]),
        Figure.of("one worker on Kafka (mock cluster)", rounds["kafka1"]),
        Figure.of("one worker on Redis to the outbox", ratio, "times"),
        Figure.of("one worker on Kafka to the outbox", kafka, "times"),
        Figure.of("two workers on Redis to one", both, "times"),
    ]


def _redis(base_url: str, whole: list[dict[str, Any]], workers: int) -> float:
    with RedisServer() as server:
        client = server.client()
        pipe = client.pipeline(transaction=False)
        for number, event in enumerate(whole):
            pipe.xadd(STREAMS[number % 2], {"event": orjson.dumps(event)})
        pipe.execute()
        client.close()
        return _rate(server.url(",".join(STREAMS)), base_url, len(whole), workers)


def _kafka(base_url: str, whole: list[dict[str, Any]]) -> float:
    from confluent_kafka import Producer

    with MockKafka() as cluster:
        producer = Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
        for number, event in enumerate(whole):
            if number % 1000 == 999:
                producer.flush()
            producer.produce("events", key=str(number % 997), value=orjson.dumps(event))
        producer.flush()
        return _rate(cluster.url("events"), base_url, len(whole), 1)


def _rate(url: str, base_url: str, count: int, workers: int) -> float:
    """Return messages a second of a group, from the first fetch of any worker to the last commit of all."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(workers)
    results = context.Queue()
    group = [context.Process(target=_work, args=(url, base_url, barrier, results)) for _ in range(workers)]
    for spawn_process in group:
        spawn_process.start()
    spans = [results.get(timeout=120) for _ in group]
    for spawn_process in group:
        spawn_process.join(30)
    assert sum(delivered for _, _, delivered in spans) == count
    seconds: float = max(end for _, end, _ in spans) - min(begun for begun, _, _ in spans)
    return count / seconds


def _work(url: str, base_url: str, barrier: Any, results: Any) -> None:
    options = ["lease.seconds=2"] if url.startswith("redis") else ["session.timeout.ms=6000"]
    address = read_address(url, options, {})
    settings = StreamSettings(contacts=open_contacts(address))
    destination = HubSpotDestination(CONFIG, base_url=base_url, stream=settings)
    source = open_source(address)
    worker = Worker(source, destination, WorkerSettings(stop_when_empty=True, fetch_seconds=0.05))
    begun = ended = 0.0
    fetch, commit = source.fetch, source.commit

    def timed_fetch(most: int, seconds: float) -> Any:
        nonlocal begun
        found = fetch(most, seconds)
        if found and not begun:
            begun = time.monotonic()
        return found

    def timed_commit(done: Any, states: Any) -> None:
        nonlocal ended
        commit(done, states)
        ended = time.monotonic()

    source.fetch, source.commit = timed_fetch, timed_commit  # type: ignore[method-assign]
    barrier.wait(60)
    worker.run()
    results.put((begun, ended, worker.counts.results["delivered"]))
