"""Letters in a topic: those that a dedicated group has not committed are still open."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.kafka_client import (
    client_options,
    consumer_only,
    kafka_module,
    quiet_logger,
    raised,
)
from hubspot_dest.streams.kafka_errors import kafka_error
from hubspot_dest.streams.kafka_publisher import KafkaPublisher, Record
from hubspot_dest.streams.letters import StoredLetter, consent_granted, without_notes

__all__ = ["KafkaLetterBox"]

_SECONDS: Final = 10.0
_TOGETHER: Final = 500


class KafkaLetterBox:
    """The dead letters of a topic, or its events that wait for consent.

    Kafka cannot remove single messages from a topic, so the letters that were sent again are those that the group
    `<group>.retry` (`<group>.release` for waiting events) has committed.

    Args:
        address: the topic of the events, and the group.
        waiting: whether to read waiting events instead of dead letters.

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """

    def __init__(self, address: StreamAddress, *, waiting: bool) -> None:
        self._address = address
        self._events = address.streams[0]
        self._topic = address.waiting_of(self._events) if waiting else address.dead_of(self._events)
        self._where = ",".join(address.hosts)
        self._module = kafka_module()
        self._failure: Any = None
        options = consumer_only(client_options(address)) | {
            "group.id": f"{address.group}.{'release' if waiting else 'retry'}",
            "enable.auto.commit": False,
            "error_cb": self._on_error,
        }
        try:
            self._consumer = self._module.Consumer(options, logger=quiet_logger())
        except self._module.KafkaException as error:
            raise raised(error, address, "reading", self._topic) from None

    def _on_error(self, error: Any) -> None:
        self._failure = error

    def _ranges(self) -> dict[int, tuple[int, int]]:
        """Return partition to (offset of the first open letter, end offset)."""
        partition = self._module.TopicPartition
        try:
            self._consumer.poll(0)
            metadata = self._consumer.list_topics(self._topic, timeout=_SECONDS).topics[self._topic]
            if metadata.error is not None:
                if metadata.error.name() == "UNKNOWN_TOPIC_OR_PART":
                    return {}  # no letter was ever written
                raise kafka_error(metadata.error, self._where, "reading", self._topic)
            places = [partition(self._topic, number) for number in sorted(metadata.partitions)]
            ranges = {}
            for item in self._consumer.committed(places, timeout=_SECONDS):
                low, high = self._consumer.get_watermark_offsets(
                    partition(self._topic, item.partition), timeout=_SECONDS
                )
                begin = max(low, item.offset) if item.offset >= 0 else low
                if begin < high:
                    ranges[item.partition] = (begin, high)
        except self._module.KafkaException as error:
            if self._failure is not None:
                raise kafka_error(self._failure, self._where, "reading", self._topic) from None
            raise raised(error, self._address, "reading", self._topic) from None
        return ranges

    def _read(self) -> Iterator[tuple[Any, StoredLetter]]:
        ranges = self._ranges()
        if not ranges:
            return
        partition = self._module.TopicPartition
        self._consumer.assign(
            [partition(self._topic, number, begin) for number, (begin, _) in ranges.items()]
        )
        left = {number: end for number, (_, end) in ranges.items()}
        until = time.monotonic() + _SECONDS
        while left:
            raw = self._consumer.poll(0.5)
            if raw is None:
                if time.monotonic() > until:
                    raise StreamError(
                        "unreachable", f"Kafka at {self._where} stopped answering ({self._topic})", heals=True
                    )
                continue
            if raw.error() is not None:
                raise kafka_error(raw.error(), self._where, "reading", self._topic)
            until = time.monotonic() + _SECONDS
            if raw.partition() not in left:
                continue  # it was written after reading began
            if raw.offset() + 1 >= left[raw.partition()]:
                del left[raw.partition()]
            notes, others = without_notes((name, value or b"") for name, value in raw.headers() or ())
            place = f"{self._topic}/{raw.partition()}@{raw.offset()}"
            yield raw, StoredLetter(place, raw.value(), raw.key(), notes, tuple(others))

    def letters(self) -> Iterator[StoredLetter]:
        """Yield the open letters."""
        for _, letter in self._read():
            yield letter

    def count(self) -> int:
        """Return the number of open letters."""
        return sum(end - begin for begin, end in self._ranges().values())

    def send_again(self, consent: Mapping[str, bool]) -> int:
        """Write every open letter to the topic of the events, and commit it; return the number of letters."""
        publisher = KafkaPublisher(self._address)
        count = 0
        try:
            page: list[tuple[Any, StoredLetter]] = []
            for pair in self._read():
                page.append(pair)
                if len(page) == _TOGETHER:
                    count += self._send_page(publisher, page, consent)
                    page = []
            if page:
                count += self._send_page(publisher, page, consent)
        finally:
            publisher.close()
        return count

    def _send_page(
        self, publisher: KafkaPublisher, page: list[tuple[Any, StoredLetter]], consent: Mapping[str, bool]
    ) -> int:
        publisher.publish(
            [
                Record(
                    self._events,
                    consent_granted(stored_letter.value, consent),
                    stored_letter.key,
                    stored_letter.others,
                )
                for _, stored_letter in page
            ]
        )
        newest: dict[int, int] = {}
        for raw, _ in page:
            newest[raw.partition()] = raw.offset() + 1
        offsets = [
            self._module.TopicPartition(self._topic, number, offset) for number, offset in newest.items()
        ]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except self._module.KafkaException as error:
            raise raised(error, self._address, "committing", self._topic) from None
        return len(page)

    def drop(self) -> int:
        """Commit every letter, so that none is open; they are removed by the topic's retention."""
        ranges = self._ranges()
        offsets = [
            self._module.TopicPartition(self._topic, number, end) for number, (_, end) in ranges.items()
        ]
        if offsets:
            try:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            except self._module.KafkaException as error:
                raise raised(error, self._address, "committing", self._topic) from None
        return sum(end - begin for begin, end in ranges.values())

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()
