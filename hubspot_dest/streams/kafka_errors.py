"""Explain Kafka's errors.

Each code was either observed in a test or is from librdkafka's list; docs/workers.md lists those that were not
observed.
"""

from __future__ import annotations

from typing import Final, Protocol

from hubspot_dest.streams.errors import Kind, StreamError

__all__ = ["GROUP_CODES", "REBALANCING_CODES", "KafkaFault", "kafka_error"]


class KafkaFault(Protocol):
    """The interface of `confluent_kafka.KafkaError`."""

    def name(self) -> str:
        """Return the code's name."""

    def str(self) -> str:
        """Return the message of librdkafka or of the broker."""


REBALANCING_CODES: Final = frozenset({"ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "REBALANCE_IN_PROGRESS"})
"""Codes which mean that a member joined or left; the next poll returns the partitions that can be committed."""

GROUP_CODES: Final = REBALANCING_CODES | {
    *("FENCED_INSTANCE_ID", "_ASSIGNMENT_LOST", "FENCED_MEMBER_EPOCH", "STALE_MEMBER_EPOCH"),
    "UNRELEASED_INSTANCE_ID",
}
"""Codes which mean that another member owns the partition or soon will: nothing may be committed, nothing is lost."""

_CERTIFICATE: Final = ("certificate", "ssl handshake", "ssl_")
_ACLS: Final = "ask an administrator to grant them (kafka-acls)"


def kafka_error(error: KafkaFault, where: str, what: str, topic: str) -> StreamError:
    """Convert an error of Kafka to a StreamError.

    Args:
        error: the error.
        where: the brokers.
        what: the operation: `reading`, `committing`, `writing dead letters`.
        topic: the topic of the operation.

    """
    code, message = error.name(), error.str()
    kind: Kind = "unsupported"
    hint, heals = "", True
    if any(sign in message.lower() for sign in _CERTIFICATE) or code == "_SSL":
        kind, heals = "authentication", False
        sentence = f"Kafka at {where}: TLS failed: {message}"
        hint = "use --source-option ssl.ca.location=FILE, and the host name of the certificate"
    elif code in ("_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM"):
        kind, heals = "authentication", False
        sentence = f"Kafka at {where} rejects the credentials: {message}"
        hint = "check KAFKA_USERNAME, KAFKA_PASSWORD and --source-option sasl.mechanism=SCRAM-SHA-512"
    elif code in (
        "_ALL_BROKERS_DOWN",
        "_TRANSPORT",
        "_RESOLVE",
        "_TIMED_OUT",
        "_TIMED_OUT_QUEUE",
        "_MSG_TIMED_OUT",
    ):
        kind = "unreachable"
        sentence = f"Kafka at {where} cannot be reached: {message}"
        hint = "check host and port; if the broker requires TLS, --source-option security.protocol=SASL_SSL"
    elif code in ("TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"):
        kind, heals = "authorization", False
        right = "group" if code.startswith("GROUP") else "topic" if code.startswith("TOPIC") else "cluster"
        sentence = f"Kafka at {where}: no permissions on the {right} for {what} ({topic})"
        hint = _ACLS
    elif code in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION", "UNKNOWN_TOPIC_ID"):
        kind = "no_topic"
        sentence = f"Kafka at {where} has no topic {topic}"
        hint = "create it with `walkeros setup` or kafka-topics --create; the worker continues once it exists"
    elif code in ("MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "_MSG_SIZE_TOO_LARGE"):
        kind, heals = "too_large", False
        sentence = f"Kafka at {where} does not accept a message of that size in {topic}"
        hint = "raise max.message.bytes of the topic"
    elif code in ("_INVALID_ARG", "INVALID_CONFIG", "_INVALID_CONFIG"):
        kind, heals = "configuration", False
        sentence = f"Kafka's client rejects its options: {message}"
        hint = "use --source-option NAME=VALUE with names from librdkafka's CONFIGURATION.md"
    elif code in ("NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "_PARTITION_EOF"):
        kind = "unreachable"
        sentence = f"Kafka at {where}: too few replicas are in sync for {what} ({topic})"
    else:
        sentence = f"Kafka at {where}: {what} ({topic}) failed: {message} ({code})"
    return StreamError(kind, sentence, hint, heals=heals)
