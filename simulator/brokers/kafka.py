"""A local Kafka: the mock cluster inside confluent-kafka's wheel.

It supports groups, commits and takeover, and is ready within milliseconds. It keeps the newest 5 MB or so of each
partition, does not support SASL, and creates a topic with four partitions on first use. A group's first assignment
takes three seconds. Each rebalance takes `session.timeout.ms` minus one second, even after a member has left, so
workers should use short sessions (at least 4 s).
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
    """A mock cluster, stopped by `close`; or the Kafka at HUBSPOT_DEST_KAFKA.

    Raises:
        StreamError: confluent-kafka is not installed.

    """

    def __init__(self) -> None:
        address = os.environ.get("HUBSPOT_DEST_KAFKA")
        self._holder: Any = None
        if address:  # a real Kafka, for the same tests
            self.bootstrap = address
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
        """Return the topic URL for workers."""
        return f"kafka://{self.bootstrap}/{topic}?group={group}"

    def close(self) -> None:
        """Stop the cluster."""
        self._holder = None
