"""Workers on a broker of this machine with a HubSpot that answers at once inside each worker: how they scale.

Beside a worker process there is the broker, and nothing else: the events are in the stream before, and the client is an
object. A run measures from the first fetch of any worker to the last commit of all; starting a process and joining a
group are not part of it. Rounds of all figures are taken in turn.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier, Event, Semaphore
from typing import Any

import orjson

from benchmarks.measuring import Figure
from benchmarks.workload import CONFIG, lines
from hubspot_dest import HubSpotDestination, OutboxSettings
from hubspot_dest.delivery.settings import StreamSettings
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.opening import open_contacts, open_source
from hubspot_dest.streams.source import Lag, Letter, Message, Partition, PartitionOwner, Source
from hubspot_dest.streams.worker import Worker, WorkerSettings
from simulator.brokers.kafka import PARTITIONS, MockKafka
from simulator.brokers.redis import RedisServer

__all__ = ["measure"]

COUNT = 16_000  # the mock cluster keeps 5 MB a partition
ROUNDS = 5
STREAMS = ("a", "b")


@dataclass(frozen=True, slots=True)
class _Answer:
    """HubSpot's answer to what it accepted."""

    status: int = 204
    data: bytes = b""


class AnswersAtOnce:
    """A HubSpot client that accepts everything at once, and makes the bodies that the official one would send."""

    def send(self, occurrence: dict[str, Any]) -> None:
        """Accept an occurrence."""

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Accept a batch."""

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Accept an update."""

    def create_contact(self, properties: dict[str, str]) -> None:
        """Accept a new contact."""

    def send_encoded(self, occurrence: bytes) -> _Answer:  # noqa: ARG002 - the Protocol's shape
        """Accept an occurrence."""
        return _Answer()

    def send_batch_encoded(self, occurrences: Sequence[bytes]) -> _Answer:
        """Accept a batch."""
        body = b'{"inputs":[' + b",".join(occurrences) + b"]}"
        return _Answer() if body else _Answer(400)

    def upsert_contacts(self, inputs: list[dict[str, Any]]) -> _Answer:
        """Accept contacts."""
        return _Answer(200, orjson.dumps({"results": inputs}))


@dataclass(frozen=True, slots=True)
class _Gate:
    """What the workers of a group do together, so that no rebalance falls into the measurement.

    Attributes:
        members: the workers join the group together, and leave it together.
        ready: released once by each worker that has its partitions.
        begin: set when every worker is ready.

    """

    members: Barrier
    ready: Semaphore
    begin: Event


class _GatedSource:
    """A source that fetches nothing before every worker of the group has its part, and notes when it begins and ends.

    Args:
        source: the source.
        part: how many partitions this worker waits for.
        gate: what it waits for together with the other workers.

    Attributes:
        begun: when the first fetch began, and the process' CPU time then, in seconds.
        ended: the same of the end of the last commit.

    """

    def __init__(self, source: Source, part: int, gate: _Gate) -> None:
        self._source = source
        self._part = part
        self._gate = gate
        self.begun = self.ended = (0.0, 0.0)

    def open(self, owner: PartitionOwner) -> None:
        self._source.open(owner)
        self._source.pause()
        while self._source.assigned != self._part:
            self._source.keep_alive()
            time.sleep(0.02)
        self._gate.ready.release()
        # A member that stops polling holds up the rebalance that gives a later member its partitions.
        while not self._gate.begin.wait(0.02):
            self._source.keep_alive()
        self._source.resume()
        self.begun = (time.monotonic(), time.process_time())

    def commit(self, done: Sequence[Message], states: Mapping[Partition, str]) -> None:
        self._source.commit(done, states)
        self.ended = (time.monotonic(), time.process_time())

    def fetch(self, most: int, seconds: float) -> list[Message]:
        return self._source.fetch(most, seconds)

    def keep_alive(self) -> None:
        self._source.keep_alive()

    def pause(self) -> None:
        self._source.pause()

    def resume(self) -> None:
        self._source.resume()

    def post(self, letters: Sequence[Letter]) -> None:
        self._source.post(letters)

    def lag(self) -> Lag:
        return self._source.lag()

    def share(self) -> float:
        return self._source.share()

    @property
    def assigned(self) -> int:
        return self._source.assigned

    def close(self) -> None:
        self._gate.members.wait(60)
        self._source.close()


@dataclass(frozen=True, slots=True)
class _Run:
    """What one group did: events a second, and CPU time an event in µs of the workers and of the broker."""

    rate: float
    worker: float
    broker: float


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    text = lines(COUNT)
    outbox: list[float] = []
    runs: dict[str, list[_Run]] = {"redis1": [], "redis2": [], "kafka1": [], "kafka2": []}
    for _ in range(ROUNDS):
        outbox.append(_outbox(text))
        for workers in (1, 2):
            runs[f"redis{workers}"].append(_redis(text, workers))
            runs[f"kafka{workers}"].append(_kafka(text, workers))
    return [
        Figure.of("`send --outbox`, durability full, in the same run", outbox),
        *_rows("Redis Streams", runs["redis1"], runs["redis2"], outbox),
        *_rows("Kafka (mock cluster)", runs["kafka1"], runs["kafka2"], outbox),
    ]


def _rows(engine: str, single: list[_Run], both: list[_Run], outbox: list[float]) -> list[Figure]:
    def ratios(runs: list[_Run], base: Sequence[float]) -> list[float]:
        return [run.rate / other for run, other in zip(runs, base, strict=True)]

    cores = os.cpu_count() or 1
    # A worker's time and the broker's on so many cores, to a worker that waits for no broker.
    allowed = [min(2.0, cores * run.worker / (run.worker + run.broker)) for run in single]
    return [
        Figure.of(f"one worker on {engine}", [run.rate for run in single]),
        Figure.of(f"two workers on {engine}", [run.rate for run in both]),
        Figure.of(f"CPU time an event of the worker, {engine}", [run.worker for run in single], "µs"),
        Figure.of("the same of two workers", [run.worker for run in both], "µs"),
        Figure.of("CPU time an event of the broker, one worker", [run.broker for run in single], "µs"),
        Figure.of("the same of two workers", [run.broker for run in both], "µs"),
        Figure.of(f"one worker on {engine} to the outbox", ratios(single, outbox), "times"),
        Figure.of(f"two workers on {engine} to one", ratios(both, [run.rate for run in single]), "times"),
        Figure.of(f"the same by CPU time an event alone, {cores} cores", allowed, "times"),
    ]


def _outbox(text: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        outbox = OutboxSettings(f"{folder}/outbox.sqlite3", close_seconds=60)
        begun = time.monotonic()
        with HubSpotDestination(CONFIG, client=AnswersAtOnce(), outbox=outbox) as destination:
            for start in range(0, len(text), 1000):
                destination.push_many([orjson.loads(line) for line in text[start : start + 1000]])
        assert destination.queued == 0
        return len(text) / (time.monotonic() - begun)


def _redis(text: list[bytes], workers: int) -> _Run:
    with RedisServer() as server:
        client = server.client()
        pipe = client.pipeline(transaction=False)
        for number, line in enumerate(text):
            pipe.xadd(STREAMS[number % len(STREAMS)], {"event": line})
        pipe.execute()

        def cpu() -> float:
            info = client.info("cpu")
            return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])

        try:
            return _run(server.url(",".join(STREAMS)), len(text), workers, len(STREAMS), cpu)
        finally:
            client.close()


def _kafka(text: list[bytes], workers: int) -> _Run:
    from confluent_kafka import Producer

    with MockKafka() as cluster:
        producer = Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
        for number, line in enumerate(text):
            if number % 1000 == 999:
                producer.flush()
            producer.produce("events", key=str(number % 997), value=line)
        producer.flush()
        del producer  # its threads belong to this process, as the mock cluster's do
        return _run(cluster.url("events"), len(text), workers, PARTITIONS, time.process_time)


def _run(url: str, count: int, workers: int, partitions: int, cpu: Callable[[], float]) -> _Run:
    """Let a group work on a stream that lies ready.

    Args:
        url: the stream and the group.
        count: how many messages it holds.
        workers: how many processes.
        partitions: how many partitions or streams it has.
        cpu: the broker's CPU time so far, in seconds.

    """
    context = multiprocessing.get_context("spawn")
    gate = _Gate(context.Barrier(workers), context.Semaphore(0), context.Event())
    results = context.Queue()
    part = partitions // workers
    group = [
        context.Process(target=_work, args=(url, part, gate, results), daemon=True) for _ in range(workers)
    ]
    for process in group:
        process.start()
    for _ in group:
        if not gate.ready.acquire(timeout=60):
            msg = f"a worker of {workers} has no partitions after a minute"
            raise RuntimeError(msg)
    before = cpu()
    gate.begin.set()
    spans = [results.get(timeout=120) for _ in group]
    broker = cpu() - before
    for process in group:
        process.join(30)
    assert sum(delivered for _, _, delivered in spans) == count
    seconds = max(ended for _, (ended, _), _ in spans) - min(begun for (begun, _), _, _ in spans)
    worker = sum(ended - begun for (_, begun), (_, ended), _ in spans)
    return _Run(count / seconds, worker / count * 1e6, broker / count * 1e6)


def _work(url: str, part: int, gate: _Gate, results: Any) -> None:
    options = ["lease.seconds=5"] if url.startswith("redis") else ["session.timeout.ms=6000"]
    address = read_address(url, options, {})
    settings = StreamSettings(contacts=open_contacts(address, "benchmark"))
    destination = HubSpotDestination(CONFIG, client=AnswersAtOnce(), stream=settings)
    source = _GatedSource(open_source(address), part, gate)
    worker = Worker(source, destination, WorkerSettings(stop_when_empty=True, fetch_seconds=0.05))
    gc.freeze()  # as the command does
    gate.members.wait(60)
    worker.run()
    results.put((source.begun, source.ended, worker.counts.results["delivered"]))
