"""A Kafka on this machine: the mock cluster inside confluent-kafka's wheel.

It has groups, commits and takeover, and is ready within milliseconds. It keeps about 5 MB of each partition and drops
the oldest, knows no SASL, and makes a topic of four partitions when it first sees its name. A group's first assignment
takes three seconds. After each change it waits for `session.timeout.ms` less a second, also where a member has left:
with workers on it, sessions should be short (4 s at least).
"""

from __future__ import annotations

import logging
import os
from typing import Any, Self

from hubspot_dest.streams.kafka_client import kafka_module

__all__ = ["MockKafka", "PARTITIONS", "RETAINED_BYTES"]

PARTITIONS = 4
RETAINED_BYTES = 5_000_000


class MockKafka:
    """One mock cluster, which ends with this object; or the Kafka at HUBSPOT_DEST_KAFKA.

    Raises:
        StreamError: confluent-kafka is not installed.

    """

    def __init__(self) -> None:
        given = os.environ.get("HUBSPOT_DEST_KAFKA")
        self._holder: Any = None
        if given:  # a real one, for the same tests
            self.bootstrap = given
            return
        quiet = logging.Logger("mock", logging.CRITICAL)
        quiet.addHandler(logging.NullHandler())
        module = kafka_module()
        options = {"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 0}
        self._holder = module.Producer(options, logger=quiet)
        brokers = self._holder.list_topics(timeout=10).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def url(self, topic: str, group: str = "hubspot") -> str:
        """Return the address of a topic for workers."""
        return f"kafka://{self.bootstrap}/{topic}?group={group}"

    def close(self) -> None:
        """End the cluster."""
        self._holder = None
