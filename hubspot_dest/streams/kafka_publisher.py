"""Write messages durably to Kafka: when `publish` returns, they are on all in-sync replicas."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.kafka_client import (
    client_options,
    kafka_module,
    producer_only,
    quiet_logger,
    raised,
)
from hubspot_dest.streams.kafka_errors import kafka_error

__all__ = ["KafkaPublisher", "Record"]

_SECONDS: Final = 12.0


@dataclass(frozen=True, slots=True)
class Record:
    """A message to write; `at_ms` is its time stamp, in ms since 1970."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    at_ms: int | None = None


class KafkaPublisher:
    """A producer that waits for acknowledgements; for use in one thread.

    Args:
        address: the brokers.
        seconds: how long to wait for the brokers.

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """

    def __init__(self, address: StreamAddress, seconds: float = _SECONDS) -> None:
        self._address = address
        self._seconds = seconds
        self._module = kafka_module()
        options = producer_only(client_options(address))
        options["message.timeout.ms"] = max(1, round((seconds - 2) * 1000)) if seconds > 3 else 1000
        self._failure: Any = None
        options["error_cb"] = self._on_error
        try:
            self._producer = self._module.Producer(options, logger=quiet_logger())
        except self._module.KafkaException as error:
            raise raised(error, address, "writing", ",".join(address.streams)) from None

    def _on_error(self, error: Any) -> None:
        self._failure = error

    def publish(self, records: Sequence[Record]) -> None:
        """Write records, preserving the order of each key.

        Raises:
            StreamError: at least one record was not written; all of them may be written again.

        """
        failed: list[tuple[Any, str]] = []
        answered = 0

        def on_delivery(error: Any, message: Any) -> None:
            nonlocal answered
            answered += 1
            if error is not None:
                failed.append((error, message.topic()))

        where = ",".join(self._address.hosts)
        until = time.monotonic() + self._seconds
        for record in records:
            self._produce(record, on_delivery, until)
        while answered < len(records) and time.monotonic() < until:
            self._producer.poll(0.1)
        if failed:
            error, topic = failed[0]
            # The connection's error is more specific than "Message timed out".
            if error.name() in ("_MSG_TIMED_OUT", "_TIMED_OUT") and self._failure is not None:
                error = self._failure
            raise kafka_error(error, where, "writing", topic)
        if answered < len(records):
            self._producer.purge()
            self._producer.poll(0)
            raise StreamError(
                "unreachable", f"Kafka at {where} did not answer in {self._seconds:g} s", heals=True
            )

    def _produce(self, record: Record, on_delivery: Any, until: float) -> None:
        more: dict[str, Any] = {"timestamp": record.at_ms} if record.at_ms is not None else {}
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    on_delivery=on_delivery,
                    **more,
                )
                return
            except BufferError:
                if time.monotonic() >= until:
                    where = ",".join(self._address.hosts)
                    sentence = f"Kafka at {where} does not accept more messages"
                    raise StreamError("unreachable", sentence, heals=True) from None
                self._producer.poll(0.1)
            except self._module.KafkaException as error:
                raise raised(error, self._address, "writing", record.topic) from None

    def probe(self) -> None:
        """Request metadata from the broker.

        Raises:
            StreamError: the broker does not answer.
        """
        try:
            self._producer.list_topics(timeout=2.0)
        except self._module.KafkaException as error:
            raise raised(error, self._address, "asking", ",".join(self._address.streams)) from None

    def close(self) -> None:
        """Close the producer, and discard what is not written."""
        self._producer.purge()
        self._producer.flush(0.5)
