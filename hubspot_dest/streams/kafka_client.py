"""librdkafka's configuration, and the one place that imports it (`hubspot-dest[kafka]`)."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.kafka_errors import kafka_error

__all__ = ["client_options", "consumer_only", "kafka_module", "producer_only", "quiet_logger", "raised"]

_MOST_BYTES: Final = 20_000_000
# What the worker itself relies on: another value would lose events or repeat them.
_FIXED: Final = {
    "enable.auto.commit": "the worker commits what HubSpot took, and nothing else",
    "enable.auto.offset.store": "the worker commits what HubSpot took, and nothing else",
    "partition.assignment.strategy": "cooperative-sticky is what partitions are handed over with",
    "group.id": "it is group= in the address",
    "bootstrap.servers": "it is the host in the address",
    "acks": "dead letters are written to all replicas in sync",
}


def kafka_module() -> Any:
    """Return the module `confluent_kafka`.

    Raises:
        StreamError: it is not installed.

    """
    if importlib.util.find_spec("confluent_kafka") is None:
        raise StreamError(
            "configuration",
            "Kafka needs its client library, which is not installed",
            "pip install 'hubspot-dest[kafka]'",
        )
    import confluent_kafka

    return confluent_kafka


def client_options(address: StreamAddress) -> dict[str, Any]:
    """Return what consumers and producers have in common: brokers, credentials, the user's own options.

    Raises:
        StreamError: an option is the worker's own.

    """
    for name, why in _FIXED.items():
        if name in address.options:
            raise StreamError("configuration", f"--source-option {name} cannot be changed: {why}")
    options: dict[str, Any] = {
        "bootstrap.servers": ",".join(address.hosts),
        "client.id": "hubspot-dest",
        "log_level": 0,
        "socket.connection.setup.timeout.ms": 5_000,
        "reconnect.backoff.max.ms": 5_000,
    }
    who = address.credentials
    if who.username:
        options["sasl.username"] = who.username
        options["sasl.password"] = who.password.get_secret_value()
        options["sasl.mechanism"] = "PLAIN"
        options["security.protocol"] = "SASL_SSL"
    return options | dict(address.options)


def consumer_only(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with those of a consumer's session, which a producer does not know."""
    return {
        "max.poll.interval.ms": 300_000,
        "session.timeout.ms": 45_000,
        "fetch.message.max.bytes": 16_000_000,
        "queued.max.messages.kbytes": 16_384,
        "auto.offset.reset": "earliest",
        "topic.metadata.refresh.interval.ms": 30_000,
        **options,
    }


_CONSUMER_PREFIXES: Final = (
    "max.poll.",
    "session.",
    "heartbeat.",
    "fetch.",
    "auto.offset.",
    "queued.m",
    "group.",
    "isolation.",
    "check.crcs",
    "allow.auto.create",
    "coordinator.",
)


def producer_only(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options without those that only a consumer knows, and with what makes writing durable."""
    own = {name: value for name, value in options.items() if not name.startswith(_CONSUMER_PREFIXES)}
    return {
        "acks": "all",
        "enable.idempotence": True,
        "message.max.bytes": _MOST_BYTES,
        "message.timeout.ms": 10_000,
        "linger.ms": 2,
        "partitioner": "murmur2_random",  # as Kafka's own clients and walkerOS' have it
        **own,
    }


def quiet_logger() -> logging.Logger:
    """Return a logger for librdkafka's own lines, which say nothing that an error does not say."""
    logger = logging.Logger("librdkafka", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger


def raised(error: BaseException, address: StreamAddress, what: str, topic: str) -> StreamError:
    """Return an exception of confluent_kafka as a StreamError."""
    where = ",".join(address.hosts)
    fault: Any = error.args[0] if error.args else None
    if hasattr(fault, "name") and hasattr(fault, "str"):
        return kafka_error(fault, where, what, topic)
    return StreamError("unsupported", f"Kafka at {where}: {what} ({topic}) failed: {error}", heals=True)
