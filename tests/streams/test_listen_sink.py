"""`listen --sink`: what was answered 200 is in the stream, and a broker that is away costs no event."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hubspot_dest.events.collector import Collector
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.publisher import StreamFront, open_publisher, person_key
from simulator.brokers.kafka import MockKafka
from simulator.brokers.redis import RedisServer
from tests.cli.listening import listening
from tests.streams.cli import write_config
from tests.streams.shop import page_view


def eventually(check: Callable[[], bool], seconds: float = 15.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.05)
    return False


def test_an_accepted_event_is_in_the_stream_and_an_absent_broker_is_503(tmp_path: Path) -> None:
    with RedisServer() as server:
        sink = f"redis://{server.host}/0?stream=events"
        with listening(write_config(tmp_path), "--sink", sink) as endpoint:
            assert endpoint.post(page_view(1)).status == 200
            (entry,) = server.client().xrange("events")
            assert json.loads(entry[1][b"event"])["id"] == "e1"
            assert endpoint.post({"name": "nameless"}).status == 400
            assert endpoint.ask("GET", "/ready").status == 200

            server.stop()
            refused = endpoint.post(page_view(2))
            assert refused.status == 503
            assert int(refused.headers["retry-after"]) > 0
            assert endpoint.ask("GET", "/ready").status == 503
            assert endpoint.ask("GET", "/health").status == 200

            server.start()
            assert eventually(lambda: endpoint.post(page_view(2)).status == 200)
            assert eventually(lambda: endpoint.ask("GET", "/ready").status == 200)
            code, said = endpoint.stop()
    assert code == 0
    assert "2 events are in the stream" in said


class BrokenPublisher:
    """A publisher that the broker refuses as often as the test says."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.written: list[tuple[str, bytes]] = []
        self.calls = 0

    def publish_events(self, events: Sequence[tuple[str, bytes]]) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise StreamError("unreachable", "the broker is away", heals=True)
        self.written += events

    def probe(self) -> None: ...

    def close(self) -> None: ...


def test_events_that_are_handed_in_together_are_written_together_in_order() -> None:
    publisher = BrokenPublisher(0)
    front = StreamFront(Collector(now_ms=lambda: 1), publisher)

    async def push() -> list[Any]:
        return await asyncio.gather(*[front.push_many([page_view(number)]) for number in range(50)])

    outcomes = asyncio.run(push())
    assert all(outcome[0].kind == "queued" for outcome in outcomes)
    assert [json.loads(value)["id"] for _, value in publisher.written] == [f"e{n}" for n in range(50)]
    assert publisher.calls < 50
    assert front.pending == 0


def test_senders_do_not_wait_in_line_for_a_broker_that_is_away() -> None:
    publisher = BrokenPublisher(100)
    front = StreamFront(Collector(now_ms=lambda: 1), publisher)

    async def push() -> list[Any]:
        return [(await front.push_many([page_view(number)]))[0] for number in range(20)]

    outcomes = asyncio.run(push())
    assert all(outcome.kind == "failed" and outcome.reason == "stream" for outcome in outcomes)
    assert publisher.calls == 1
    assert front.trouble == "the broker is away"


def test_the_key_is_what_identifies_the_person() -> None:
    assert person_key({"user": {"email": " A@Example.org "}}, None) == "a@example.org"
    assert person_key({"user": {"id": "u7", "session": "s"}}, None) == "u7"
    assert person_key({"data": {"account": 7}}, "data.account") == "7"
    assert person_key({"user": {}}, None) == ""


def test_a_person_stays_on_one_partition_of_kafka(mock_kafka: MockKafka, topic: str) -> None:
    from confluent_kafka import Consumer, TopicPartition

    publisher = open_publisher(read_address(f"kafka://{mock_kafka.bootstrap}/{topic}", needs_group=False))
    publisher.publish_events([(f"p{number % 5}", b"{}") for number in range(50)])
    publisher.close()
    consumer = Consumer({"bootstrap.servers": mock_kafka.bootstrap, "group.id": "look", "log_level": 0})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(4)])
    places: dict[bytes, set[int]] = {}
    for _ in range(50):
        message = consumer.poll(5)
        assert message is not None
        places.setdefault(message.key(), set()).add(message.partition())
    consumer.close()
    assert len(places) == 5
    assert all(len(partitions) == 1 for partitions in places.values())
