"""The whole way through Kafka: the command line, the mock cluster, a HubSpot over HTTP."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.errors import LeaseLostError, RebalancingError, StreamError
from hubspot_dest.streams.kafka_source import KafkaSource
from hubspot_dest.streams.source import Letter, Message, Partition
from simulator.brokers.kafka import MockKafka
from simulator.hubspot import FakeHubSpot
from tests.streams.cli import run_here, work_here, write_config
from tests.streams.shop import page_view

CONSENT = {"consent": {"marketing": True}}
# After each change of a group the mock cluster waits for a session before it shares partitions out again.
SESSION = "session.timeout.ms=4000"


def produce(kafka: MockKafka, topic: str, *messages: tuple[str | None, Any]) -> None:
    from confluent_kafka import Producer

    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap, "message.max.bytes": 20_000_000, "log_level": 0}
    )
    for key, value in messages:
        content = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        producer.produce(topic, key=key, value=content, headers=[("content-type", b"application/json")])
    assert producer.flush(10) == 0


def stored(hubspot: FakeHubSpot) -> set[str]:
    return {row.id for row in hubspot.account.log.rows}


def uuids(*numbers: int) -> set[str]:
    return {occurrence_uuid(f"e{number}") for number in numbers}


def test_from_topic_to_hubspot_to_dead_and_waiting_letters_and_back(
    mock_kafka: MockKafka, hubspot: FakeHubSpot, topic: str
) -> None:
    granted = {"consent": {"marketing": True}}
    produce(
        mock_kafka,
        topic,
        *[(f"p{number % 3}", page_view(number, number % 3, **granted)) for number in range(6)],
        ("bad", b"no json at all"),
        ("data", {"revenue": 5}),
        ("big", b'{"name":"page view","data":{"x":"' + b"x" * 2_000_000 + b'"}}'),
        ("p0", page_view(90)),
        ("p0", page_view(91, consent={"marketing": False})),
    )
    url = mock_kafka.url(topic)
    done = work_here(url, hubspot, SESSION, **CONSENT)
    assert done.code == 1, done.said  # there are dead letters
    assert stored(hubspot) == uuids(*range(6))
    wanted = {"fetched": 11, "delivered": 6, "dead": 3, "waiting": 1, "consentRefused": 1, "handedBack": 0}
    assert wanted.items() <= done.result.items()
    assert (
        "11 fetched = 6 delivered + 1 refused by their own consent + 1 wait for consent + 3 dead" in done.said
    )

    status = run_here("outbox", "status", url, "--json")
    assert (status.result["lag"], status.result["dead"], status.result["forConsent"]) == (0, 3, 1)
    listed = run_here("outbox", "dead", url)
    assert listed.code == 1
    assert "not JSON" in listed.out
    assert "mapped data" in listed.out
    assert "at most" in listed.out
    exported = [json.loads(line) for line in run_here("outbox", "export", url).out.splitlines()]
    assert {item["reason"] for item in exported} == {"no_json", "mapped_data", "too_large"}
    assert all(item["from"].startswith(f"{topic}/") for item in exported)

    assert (
        "1 waiting event is in the stream again"
        in run_here("outbox", "release", url, "--consent", "marketing").said
    )
    assert "3 dead letters are in the stream again" in run_here("outbox", "retry", url).said
    again = work_here(url, hubspot, SESSION, **CONSENT)
    assert occurrence_uuid("e90") in stored(hubspot)
    assert again.result["dead"] == 3
    assert "3 dead letters" in run_here("outbox", "dead", url).said  # those of the second run alone


def test_a_broker_that_is_not_there_is_one_clear_message(hubspot: FakeHubSpot) -> None:
    source = KafkaSource(read_address("kafka://127.0.0.1:1/t?group=g", environment={}))
    try:
        with pytest.raises(StreamError, match=r"127\.0\.0\.1:1 cannot be reached") as caught:
            source.open(Nobody())
        assert caught.value.heals
    finally:
        source.close()


def test_a_broker_that_went_away_is_not_said_to_be_back_before_it_answers(topic: str) -> None:
    cluster = MockKafka()
    produce(cluster, topic, ("p0", page_view(1)))
    source = KafkaSource(read_address(cluster.url(topic), environment={}))
    try:
        source.open(Nobody())
        source.fetch(10, 0.1)
        cluster.close()
        until = time.monotonic() + 20
        failed = False
        while not failed and time.monotonic() < until:
            try:
                source.fetch(10, 0.1)
            except StreamError:
                failed = True
        assert failed
        for _ in range(3):  # librdkafka itself reports it once, and then nothing for a while
            with pytest.raises(StreamError, match="cannot be reached"):
                source.fetch(10, 0.0)
        with pytest.raises(StreamError, match="cannot be reached"):
            source.keep_alive()
    finally:
        source.close()


def test_an_error_that_the_client_reports_is_raised_by_the_next_fetch(
    mock_kafka: MockKafka, topic: str
) -> None:
    from confluent_kafka import KafkaError

    source = KafkaSource(read_address(mock_kafka.url(topic), environment={}))
    try:
        source._on_error(KafkaError(KafkaError._AUTHENTICATION, "SASL authentication error"))
        with pytest.raises(StreamError, match="rejects the credentials") as caught:
            source.fetch(10, 0.0)
        assert not caught.value.heals
        source._on_error(KafkaError(KafkaError._TRANSPORT, "connection closed by peer"))
        assert source.fetch(10, 0.0) == []  # an idle connection that ends is not a fault
    finally:
        source.close()


def test_a_commit_during_a_rebalance_is_tried_again_but_not_for_ever(
    mock_kafka: MockKafka, topic: str
) -> None:
    from confluent_kafka import KafkaError

    source = KafkaSource(read_address(mock_kafka.url(topic), environment={}))
    try:
        with pytest.raises(RebalancingError):
            source._require_group(KafkaError(KafkaError.ILLEGAL_GENERATION))
        source._rebalancing_since = time.monotonic() - 61
        with pytest.raises(LeaseLostError):
            source._require_group(KafkaError(KafkaError.REBALANCE_IN_PROGRESS))
        # Another process has this very member's identity: no poll heals that.
        with pytest.raises(LeaseLostError):
            source._require_group(KafkaError(KafkaError.FENCED_INSTANCE_ID))
    finally:
        source.close()


def test_an_option_that_librdkafka_does_not_know_is_a_sentence() -> None:
    with pytest.raises(StreamError, match=r"no\.such\.option"):
        KafkaSource(read_address("kafka://h/t?group=g", ["no.such.option=1"], {}))


def test_a_letter_that_is_too_large_for_its_topic_is_cut_and_says_so(
    mock_kafka: MockKafka, topic: str
) -> None:
    from hubspot_dest.streams.kafka_source import _cut, letter_record

    address = read_address(mock_kafka.url(topic), environment={})
    big = Message(Partition(topic, 0), "5", b"x" * 100_000)
    record = _cut(letter_record(address, Letter(big, False, "too_large", "it is large"), 0.0))
    assert len(record.value or b"") == 65_536
    assert dict(record.headers)["hubspot-dest-cut"].startswith(b"100000 bytes")
    assert dict(record.headers)["hubspot-dest-from"] == f"{topic}/0@5".encode()


def test_doctor_looks_at_keys_and_forecasts_quotas(
    mock_kafka: MockKafka, hubspot: FakeHubSpot, topic: str, tmp_path: Path
) -> None:
    produce(mock_kafka, topic, *[("page_view", page_view(number, number)) for number in range(60)])
    done = run_here(
        *("doctor", write_config(tmp_path), "--offline", "--json", "--source", mock_kafka.url(topic))
    )
    probes = {item["check"]: item for item in map(json.loads, done.out.splitlines()) if "check" in item}
    assert probes["keys"]["verdict"] == "warning"
    assert "settings.kafka.key" in probes["keys"]["sentence"]
    assert "60 messages in 4 partitions; 60 wait" in probes["stream"]["sentence"]
    assert "pace" in probes
    assert "definitions" in probes


class Nobody:
    """An owner that wants nothing."""

    def on_assigned(self, states: Any) -> None: ...

    def on_revoked(self, partitions: Any) -> None: ...

    def on_lost(self, partitions: Any) -> None: ...

    def on_warning(self, sentence: str) -> None: ...
