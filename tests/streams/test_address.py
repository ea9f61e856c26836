"""Whoever types an address is told what is wrong with it, and no secret is ever in one."""

from __future__ import annotations

import pytest

from hubspot_dest.streams.address import is_stream_url, read_address, read_options
from hubspot_dest.streams.errors import StreamError

KAFKA = "kafka://broker:9092/walkeros?group=hubspot"
REDIS = "redis://cache:6380/2?stream=walkeros:events&group=hubspot"


def test_an_address_of_kafka_names_brokers_topic_and_group() -> None:
    address = read_address("kafka://one:9092,two:9093/walkeros?group=hubspot", environment={})
    assert address.hosts == ("one:9092", "two:9093")
    assert address.streams == ("walkeros",)
    assert address.group == "hubspot"
    assert address.dead_of("walkeros") == "walkeros.dead"
    assert address.waiting_of("walkeros") == "walkeros.waiting"
    assert str(address) == "kafka://one:9092,two:9093/walkeros?group=hubspot"


def test_an_address_of_redis_names_database_and_streams() -> None:
    address = read_address("rediss://cache/3?stream=a,b,a&group=g&maxlen=5000&dead=d", environment={})
    assert address.hosts == ("cache:6379",)
    assert (address.database, address.streams, address.maxlen) == (3, ("a", "b"), 5000)
    assert address.tls
    assert address.dead_of("a") == "d"
    assert str(address) == "rediss://cache:6379/3?stream=a,b&group=g"


def test_an_address_of_ipv6_keeps_its_brackets() -> None:
    assert read_address("kafka://[::1]:9092/t?group=g", environment={}).hosts == ("[::1]:9092",)
    assert read_address("redis://[::1]/0?stream=t&group=g", environment={}).hosts == ("[::1]:6379",)


def test_credentials_come_from_the_environment_and_are_never_shown() -> None:
    environment = {"KAFKA_USERNAME": "me", "KAFKA_PASSWORD": "hidden-thing\n"}
    address = read_address(KAFKA, environment=environment)
    assert address.credentials.username == "me"
    assert address.credentials.password.get_secret_value() == "hidden-thing"
    assert "hidden-thing" not in f"{address} {address!r}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("http://host/topic?group=g", "must begin with kafka://, redis:// or rediss://"),
        ("events.jsonl", "must begin with kafka://, redis:// or rediss://"),
        ("kafka://host:9092/?group=g", "has no topic"),
        ("kafka://host:9092/t", "has no group"),
        ("kafka://host:9092/t?group=", "has no group"),
        ("kafka://host:x/t?group=g", "not a host:port"),
        ("kafka://host:70000/t?group=g", "not a host:port"),
        ("kafka:///t?group=g", "not a host:port"),
        ("kafka://host/a%20b?group=g", "not a valid topic name"),
        ("kafka://host/t?group=g&stream=s", "stream is not a parameter of kafka://"),
        ("kafka://host/t?group=g&group=h", "group occurs twice in the source"),
        ("kafka://me:secret@host/t?group=g", "contains credentials"),
        ("redis://:secret@host/0?stream=s&group=g", "contains credentials"),
        ("redis://host/0?group=g", "has no stream"),
        ("redis://host/zero?stream=s&group=g", "not the number of a Redis database"),
        ("redis://a,b/0?stream=s&group=g", "several hosts"),
        ("redis://host/0?stream=s&group=g&maxlen=many", "not a number of entries"),
        ("redis://host/0?stream=s&group=g&maxlen=0", "not a number of entries"),
        ("kafka://host/t?group=g&dead=t", "three different names"),
        ("kafka://host/t?group=g&dead=x&waiting=x", "three different names"),
        ("redis://host/0?stream=a,a.dead&group=g", "three different names"),
        ("kafka://host/t?group=g#x", "fragment"),
        ("kafka://host/t?group=g&dead=", "dead= is empty"),
        ("kafka://host/t?group=%00", "cannot be printed"),  # librdkafka aborts the process
        ("redis://host/0?stream=a%0a&group=g%07", "cannot be printed"),
        ("kafka://a host/t?group=g", "not a host:port"),
        ("redis://host:6379:1/0?stream=s&group=g", "not a host:port"),
        (f"kafka://host/{'t' * 248}?group=g", "too long for the name of a topic"),
    ],
)
def test_a_wrong_address_is_one_sentence_with_a_hint(text: str, sentence: str) -> None:
    with pytest.raises(StreamError) as caught:
        read_address(text, environment={})
    assert sentence in caught.value.sentence
    assert "secret" not in caught.value.sentence
    assert caught.value.hint


@pytest.mark.parametrize(
    "option", ["sasl.password=x", "ssl.key.password=x", "password=x", "ssl.key.pem=x", "ssl_password=x"]
)
def test_a_secret_on_the_command_line_is_refused(option: str) -> None:
    with pytest.raises(StreamError, match="process list") as caught:
        read_address(KAFKA, [option], {})
    assert "=x" not in caught.value.sentence


def test_an_option_that_is_no_pair_is_refused() -> None:
    with pytest.raises(StreamError, match="not key=value"):
        read_address(KAFKA, ["fetch.min.bytes"], {})


def test_a_stream_is_told_from_a_file() -> None:
    assert is_stream_url("kafka://h/t")
    assert is_stream_url("REDISS://h/0")
    assert not is_stream_url("events.sqlite3")


@pytest.mark.parametrize(
    "given", ["sasl.password hunter2pw", "sasl.password:hunter2pw", "hunter2pw", "hunter"]
)
def test_a_secret_in_an_option_without_equals_is_not_shown(given: str) -> None:
    with pytest.raises(StreamError) as refused:
        read_options([given])
    assert "hunter" not in str(refused.value.sentence)
    assert ("'sasl.password'" in refused.value.sentence) == given.startswith("sasl")
