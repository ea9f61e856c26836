"""The configuration of librdkafka, and the only module that imports it (`hubspot-dest[kafka]`)."""

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
# The worker relies on these: other values would lose or repeat events.
_FIXED: Final = {
    "enable.auto.commit": "the worker commits only what HubSpot accepted",
    "enable.auto.offset.store": "the worker commits only what HubSpot accepted",
    "partition.assignment.strategy": "handing over partitions requires cooperative-sticky",
    "group.id": "it is group= in the address",
    "bootstrap.servers": "it is the host in the address",
    "acks": "dead letters must be written to all in-sync replicas",
}


def kafka_module() -> Any:
    """Return the module `confluent_kafka`.

    Raises:
        StreamError: the library is not installed.

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
    """Return the common options of consumers and producers: brokers, credentials and the user's options.

    Raises:
        StreamError: the user sets an option that is reserved for the worker.

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
    """Return options for a consumer, with the session options that producers do not have."""
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
    """Return options for a producer, without consumer options and with durable writes."""
    own = {name: value for name, value in options.items() if not name.startswith(_CONSUMER_PREFIXES)}
    return {
        "acks": "all",
        "enable.idempotence": True,
        "message.max.bytes": _MOST_BYTES,
        "message.timeout.ms": 10_000,
        "linger.ms": 2,
        "partitioner": "murmur2_random",  # the default of Kafka's own clients and of walkerOS
        **own,
    }


def quiet_logger() -> logging.Logger:
    """Return a logger that discards librdkafka's own lines, which add nothing to the errors."""
    logger = logging.Logger("librdkafka", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger


def raised(error: BaseException, address: StreamAddress, what: str, topic: str) -> StreamError:
    """Convert an exception of confluent_kafka to a StreamError."""
    where = ",".join(address.hosts)
    fault: Any = error.args[0] if error.args else None
    if hasattr(fault, "name") and hasattr(fault, "str"):
        return kafka_error(fault, where, what, topic)
    return StreamError("unsupported", f"Kafka at {where}: {what} ({topic}) failed: {error}", heals=True)
