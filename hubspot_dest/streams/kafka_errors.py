"""Kafka's errors as sentences.

Each code was provoked, or comes from librdkafka's list. docs/workers.md names those that no broker has sent in a test.
"""

from __future__ import annotations

from typing import Final, Protocol

from hubspot_dest.streams.errors import Kind, StreamError

__all__ = ["GROUP_CODES", "REBALANCING_CODES", "KafkaFault", "kafka_error"]


class KafkaFault(Protocol):
    """What `confluent_kafka.KafkaError` says."""

    def name(self) -> str:
        """Return the code's name."""

    def str(self) -> str:
        """Return the sentence of librdkafka or of the broker."""


REBALANCING_CODES: Final = frozenset({"ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "REBALANCE_IN_PROGRESS"})
"""A member came or went. The next poll says which partitions are left; those can be committed then."""

GROUP_CODES: Final = REBALANCING_CODES | {
    *("FENCED_INSTANCE_ID", "_ASSIGNMENT_LOST", "FENCED_MEMBER_EPOCH", "STALE_MEMBER_EPOCH"),
    "UNRELEASED_INSTANCE_ID",
}
"""Another member owns the partition, or soon will: nothing may be committed now, and nothing is lost."""

_CERTIFICATE: Final = ("certificate", "ssl handshake", "ssl_")
_ACLS: Final = "let an administrator grant it (kafka-acls)"


def kafka_error(error: KafkaFault, where: str, what: str, topic: str) -> StreamError:
    """Return an error of Kafka as one sentence.

    Args:
        error: why it failed.
        where: the brokers.
        what: what was tried: `reading`, `committing`, `writing dead letters`.
        topic: what it was tried on.

    """
    code, said = error.name(), error.str()
    kind: Kind = "unsupported"
    hint, heals = "", True
    if any(sign in said.lower() for sign in _CERTIFICATE) or code == "_SSL":
        kind, heals = "authentication", False
        sentence = f"Kafka at {where}: TLS fails: {said}"
        hint = "--source-option ssl.ca.location=FILE, and the host's name as in its certificate"
    elif code in ("_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM"):
        kind, heals = "authentication", False
        sentence = f"Kafka at {where} refuses the credentials: {said}"
        hint = "KAFKA_USERNAME and KAFKA_PASSWORD, and --source-option sasl.mechanism=SCRAM-SHA-512"
    elif code in (
        "_ALL_BROKERS_DOWN",
        "_TRANSPORT",
        "_RESOLVE",
        "_TIMED_OUT",
        "_TIMED_OUT_QUEUE",
        "_MSG_TIMED_OUT",
    ):
        kind = "unreachable"
        sentence = f"Kafka at {where} cannot be reached: {said}"
        hint = "look at host and port; --source-option security.protocol=SASL_SSL where the broker wants TLS"
    elif code in ("TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"):
        kind, heals = "authorization", False
        right = "group" if code.startswith("GROUP") else "topic" if code.startswith("TOPIC") else "cluster"
        sentence = f"Kafka at {where}: no rights on the {right} for {what} ({topic})"
        hint = _ACLS
    elif code in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION", "UNKNOWN_TOPIC_ID"):
        kind = "no_topic"
        sentence = f"Kafka at {where} has no topic {topic}"
        hint = "`walkeros setup` or kafka-topics --create makes it; the worker continues as soon as it exists"
    elif code in ("MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "_MSG_SIZE_TOO_LARGE"):
        kind, heals = "too_large", False
        sentence = f"Kafka at {where} takes no message of that size in {topic}"
        hint = "raise max.message.bytes of the topic"
    elif code in ("_INVALID_ARG", "INVALID_CONFIG", "_INVALID_CONFIG"):
        kind, heals = "configuration", False
        sentence = f"Kafka's client refuses its options: {said}"
        hint = "--source-option NAME=VALUE, as in librdkafka's CONFIGURATION.md"
    elif code in ("NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "_PARTITION_EOF"):
        kind = "unreachable"
        sentence = f"Kafka at {where}: too few replicas are in sync for {what} ({topic})"
    else:
        sentence = f"Kafka at {where}: {what} ({topic}) failed: {said} ({code})"
    return StreamError(kind, sentence, hint, heals=heals)
