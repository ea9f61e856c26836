"""The Kafka source of a worker: a cooperative-sticky member of a consumer group that commits what HubSpot accepted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import LeaseLostError, RebalancingError, StreamError
from hubspot_dest.streams.kafka_client import (
    client_options,
    consumer_only,
    kafka_module,
    quiet_logger,
    raised,
)
from hubspot_dest.streams.kafka_errors import GROUP_CODES, REBALANCING_CODES, kafka_error
from hubspot_dest.streams.kafka_publisher import KafkaPublisher, Record
from hubspot_dest.streams.letters import letter_notes, without_notes
from hubspot_dest.streams.source import Lag, Letter, Message, Partition, PartitionOwner

__all__ = ["KafkaSource", "letter_record"]

_ASK_SECONDS: Final = 5.0
_GATHER_SECONDS: Final = 0.2
_PROBE_SECONDS: Final = 1.0
_CUT_BYTES: Final = 65_536
_REBALANCE_SECONDS: Final = 60.0
"""How long a commit is retried during a rebalance; afterwards the partition's owner delivers the messages again."""
# Errors worth reporting; a closed connection alone is not one, since brokers close idle connections.
_REPORTED: Final = frozenset(
    {"_ALL_BROKERS_DOWN", "_AUTHENTICATION", "_SSL", "_RESOLVE", "SASL_AUTHENTICATION_FAILED"}
    | {"TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "UNSUPPORTED_SASL_MECHANISM"}
)


class KafkaSource:
    """A member of the consumer group of a topic.

    Args:
        address: the topic and the group.

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """

    def __init__(self, address: StreamAddress) -> None:
        self._address = address
        self._topic = address.streams[0]
        self._where = ",".join(address.hosts)
        self._module = kafka_module()
        options = consumer_only(client_options(address)) | {
            "group.id": address.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "partition.assignment.strategy": "cooperative-sticky",
            "error_cb": self._on_error,
        }
        try:
            self._consumer = self._module.Consumer(options, logger=quiet_logger())
        except self._module.KafkaException as error:
            raise raised(error, address, "reading", self._topic) from None
        self._publisher: KafkaPublisher | None = None
        self._owner: PartitionOwner | None = None
        self._owned: set[int] = set()
        self._partitions = 1
        self._paused = False
        self._stash: list[Message] = []
        self._failure: Any = None
        self._away: Any = None
        """The last error of the connection; None once a broker has answered."""
        self._positions: dict[int, int] = {}
        self._rebalancing_since: float | None = None

    def _on_error(self, error: Any) -> None:
        if error.name() in _REPORTED:
            self._failure = self._away = error

    # ---- the group

    def open(self, owner: PartitionOwner) -> None:
        """Look up the topic, and join the group; may be called again after a StreamError."""
        self._owner = owner
        self._count_partitions()
        self._consumer.subscribe(
            [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def _count_partitions(self) -> None:
        try:
            self._consumer.poll(0)  # delivers errors of the connection to the callback
            metadata = self._consumer.list_topics(self._topic, timeout=_ASK_SECONDS).topics[self._topic]
            self._consumer.poll(0)
        except self._module.KafkaException as error:
            self._raise_failure()
            raise raised(error, self._address, "reading", self._topic) from None
        if metadata.error is not None:
            raise kafka_error(metadata.error, self._where, "reading", self._topic)
        self._partitions = max(1, len(metadata.partitions))

    def _on_assign(self, consumer: Any, partitions: list[Any]) -> None:
        states: dict[Partition, str] = {}
        if partitions:
            try:
                for item in consumer.committed(partitions, timeout=_ASK_SECONDS):
                    states[Partition(self._topic, item.partition)] = item.metadata or ""
                    if item.offset >= 0:
                        self._positions[item.partition] = item.offset
            except self._module.KafkaException as error:
                # Without a committed state, a partition starts with that of the configuration.
                self._failure = error.args[0] if error.args else None
        consumer.incremental_assign(partitions)
        numbers = {partition.partition for partition in partitions}
        self._owned |= numbers
        if self._paused and partitions:
            consumer.pause(partitions)
        if numbers and self._owner is not None:
            self._owner.on_assigned(
                {
                    Partition(self._topic, number): states.get(Partition(self._topic, number), "")
                    for number in numbers
                }
            )

    def _on_revoke(self, consumer: Any, partitions: list[Any]) -> None:
        self._leave(partitions, lost=False)
        consumer.incremental_unassign(partitions)

    def _on_lost(self, consumer: Any, partitions: list[Any]) -> None:
        self._leave(partitions, lost=True)
        consumer.incremental_unassign(partitions)

    def _leave(self, partitions: list[Any], *, lost: bool) -> None:
        numbers = {partition.partition for partition in partitions}
        self._stash = [message for message in self._stash if message.partition.number not in numbers]
        left = [Partition(self._topic, item) for item in sorted(numbers)]
        if self._owner is not None and left:
            (self._owner.on_lost if lost else self._owner.on_revoked)(left)
        self._owned -= numbers
        for number in numbers:
            self._positions.pop(number, None)

    # ---- messages

    def fetch(self, most: int, seconds: float) -> list[Message]:
        """Return up to `most` messages; wait up to `seconds` for the first."""
        messages, self._stash = self._stash[:most], self._stash[most:]
        until = time.monotonic() + _GATHER_SECONDS
        wait = 0.0 if messages else seconds
        while len(messages) < most:
            message = self._poll(wait)
            wait = 0.0
            if message is None:
                break
            messages.append(message)
            if time.monotonic() > until + seconds:
                break
        if messages:
            self._failure = self._away = None
        self._require_broker()
        # A partition may have been revoked while others were fetched.
        return [message for message in messages if message.partition.number in self._owned]

    def _poll(self, seconds: float) -> Message | None:
        try:
            raw = self._consumer.poll(seconds)
        except self._module.KafkaException as error:
            raise raised(error, self._address, "reading", self._topic) from None
        if raw is None:
            return None
        fault = raw.error()
        if fault is not None:
            if fault.name() != "_PARTITION_EOF":
                self._failure = fault
            return None
        kind, at = raw.timestamp()
        self._positions[raw.partition()] = raw.offset() + 1
        return Message(
            Partition(self._topic, raw.partition()),
            str(raw.offset()),
            raw.value(),
            raw.key(),
            tuple((name, value or b"") for name, value in raw.headers() or ()),
            at_ms=at if kind else None,
        )

    def keep_alive(self) -> None:
        """Poll without fetching."""
        message = self._poll(0.0)
        while message is not None:  # from a partition that was just assigned
            self._stash.append(message)
            message = self._poll(0.0)
        self._stash = [message for message in self._stash if message.partition.number in self._owned]
        self._require_broker()

    def _raise_failure(self) -> None:
        """Raise the error that was reported since the last call, if there is one."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise kafka_error(failure, self._where, "reading", self._topic) from None

    def _require_broker(self) -> None:
        """Raise a reported error; after one, ask a broker, since silence does not prove that it is there."""
        self._raise_failure()
        if self._away is None:
            return
        try:
            self._consumer.list_topics(self._topic, timeout=_PROBE_SECONDS)
        except self._module.KafkaException:
            raise kafka_error(self._away, self._where, "reading", self._topic) from None
        self._away = None

    def pause(self) -> None:
        """Stop fetching, including partitions that are assigned later."""
        self._paused = True
        self._consumer.pause(self._topic_partitions())

    def resume(self) -> None:
        """Resume fetching."""
        self._paused = False
        self._consumer.resume(self._topic_partitions())

    def _topic_partitions(self) -> list[Any]:
        return [self._module.TopicPartition(self._topic, number) for number in sorted(self._owned)]

    def commit(self, done: Sequence[Message], states: Mapping[Partition, str]) -> None:
        """Commit offsets, with each partition's state as metadata."""
        newest: dict[Partition, int] = {}
        for message in done:
            offset = int(message.position) + 1
            newest[message.partition] = max(offset, newest.get(message.partition, 0))
        if not newest:
            return
        offsets = [
            self._module.TopicPartition(pair.stream, pair.number, offset, metadata=states.get(pair, ""))
            for pair, offset in newest.items()
        ]
        try:
            answered = self._consumer.commit(offsets=offsets, asynchronous=False)
        except self._module.KafkaException as error:
            self._require_group(error.args[0])
            raise raised(error, self._address, "committing", self._topic) from None
        for item in answered or ():
            if item.error is not None:
                self._require_group(item.error)
                raise kafka_error(item.error, self._where, "committing", self._topic)
        self._rebalancing_since = None

    def _require_group(self, fault: Any) -> None:
        """Raise what says that a commit failed because the group has changed."""
        code = fault.name()
        if code not in GROUP_CODES:
            return
        now = time.monotonic()
        since = self._rebalancing_since = self._rebalancing_since or now
        if code in REBALANCING_CODES and now - since < _REBALANCE_SECONDS:
            raise RebalancingError(fault.str())
        self._rebalancing_since = None
        raise LeaseLostError(fault.str())

    def post(self, letters: Sequence[Letter]) -> None:
        """Write letters to their topics, with their keys."""
        if self._publisher is None:
            self._publisher = KafkaPublisher(self._address)
        records = [letter_record(self._address, letter, time.time()) for letter in letters]
        try:
            self._publisher.publish(records)
        except StreamError as error:
            if error.kind != "too_large":
                raise
            self._publisher.publish([_cut(record) for record in records])

    # ---- figures

    def lag(self) -> Lag:
        """Return the number of messages in this worker's partitions that have not been fetched."""
        messages, exact = 0, True
        for number in self._owned:
            place = self._module.TopicPartition(self._topic, number)
            try:
                low, high = self._consumer.get_watermark_offsets(place, cached=True)
                if high < 0:
                    low, high = self._consumer.get_watermark_offsets(place, timeout=1.0)
            except self._module.KafkaException:
                exact = False
                continue
            # Without a commit, the group starts at the oldest message.
            position = max(self._positions.get(number, 0), low)
            messages += max(0, high - position)
        return Lag(messages, exact)

    def share(self) -> float:
        """Return the fraction of the topic's partitions that this worker has."""
        return len(self._owned) / self._partitions

    @property
    def assigned(self) -> int:
        """The number of partitions that this worker has."""
        return len(self._owned)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()
        if self._publisher is not None:
            self._publisher.close()


def letter_record(address: StreamAddress, letter: Letter, now: float) -> Record:
    """Return a letter as a message: the original's value, key and headers, with the reason as further headers."""
    stream = letter.message.partition.stream
    topic = address.waiting_of(stream) if letter.waiting else address.dead_of(stream)
    _, others = without_notes(letter.message.headers)
    headers = (*others, *letter_notes(letter, now))
    return Record(topic, letter.message.value, letter.message.key, headers, letter.message.at_ms)


def _cut(record: Record) -> Record:
    """Return a record with its value truncated to fit any topic; the original remains where `from` says."""
    if record.value is None or len(record.value) <= _CUT_BYTES:
        return record
    note = ("hubspot-dest-cut", f"{len(record.value)} bytes, truncated to {_CUT_BYTES}".encode())
    return Record(record.topic, record.value[:_CUT_BYTES], record.key, (*record.headers, note), record.at_ms)
