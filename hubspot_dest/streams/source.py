"""`Source`: the interface of a worker's source of events, implemented by `KafkaSource` and `RedisSource`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

__all__ = ["Lag", "Letter", "Message", "Partition", "PartitionOwner", "Source", "TrimWatch"]


class Partition(NamedTuple):
    """A partition of a topic, or a stream; its messages are ordered."""

    stream: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.stream}/{self.number}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes:
        partition: the partition of the message.
        position: the offset, or the id of the entry.
        value: the event as JSON; None if there is none.
        key: the key of a Kafka message.
        headers: the headers of a Kafka message.
        fields: all fields of a Redis entry.
        at_ms: the time when it was written, in ms since 1970; None if unknown.
        deliveries: how often it was delivered to workers, including this time, if the broker counts it.

    """

    partition: Partition
    position: str
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    fields: tuple[tuple[bytes, bytes], ...] = ()
    at_ms: int | None = None
    deliveries: int = 1

    @property
    def place(self) -> str:
        """The position for people: `topic/2@17`."""
        return f"{self.partition}@{self.position}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to store as a dead letter, or as an event that waits for consent.

    Attributes:
        message: the message, unchanged.
        waiting: whether it waits for consent; otherwise it is a dead letter.
        reason: a stable code.
        sentence: the reason in one sentence.
        details: further details as text: `status`, `what`, `payload`.

    """

    message: Message
    waiting: bool
    reason: str
    sentence: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrimWatch:
    """How close a stream is to losing entries that no worker has read.

    Attributes:
        stream: the name of the stream.
        unread: the number of entries that no worker has read.
        stored: the number of entries in the stream.
        trimmed: whether the stream is known to be trimmed.
        lost: the number of entries removed unread so far.
        exact: whether `lost` is exact; otherwise it is a lower bound.

    """

    stream: str
    unread: int
    stored: int
    trimmed: bool
    lost: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the group is behind.

    Attributes:
        messages: the number of messages that are not committed; None if unknown.
        exact: whether the number is exact; otherwise it is a lower bound.
        trims: the observations about trimming, for Redis only.

    """

    messages: int | None
    exact: bool = True
    trims: tuple[TrimWatch, ...] = ()


class PartitionOwner(Protocol):
    """The owner of partitions, which the source calls in the thread that calls the source."""

    def on_assigned(self, states: Mapping[Partition, str]) -> None:
        """Receive partitions, each with its committed state; empty text if there is none."""

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        """Finish or give up partitions, which belong to another worker once this returns."""

    def on_lost(self, partitions: Sequence[Partition]) -> None:
        """Give up partitions that belong to another worker already; nothing of them may be committed."""

    def on_warning(self, sentence: str) -> None:
        """Report a warning about a partition."""


class Source(Protocol):
    """A consumer in a group, for use in one thread.

    Every method raises StreamError if the broker fails.
    """

    def open(self, owner: PartitionOwner) -> None:
        """Connect, and join the group."""

    def fetch(self, most: int, seconds: float) -> list[Message]:
        """Return up to `most` messages, in the order of each partition; wait up to `seconds` for the first."""

    def keep_alive(self) -> None:
        """Remain a member of the group while nothing is fetched; partitions may be revoked meanwhile."""

    def pause(self) -> None:
        """Stop fetching, including partitions that are assigned later."""

    def resume(self) -> None:
        """Resume fetching."""

    def commit(self, done: Sequence[Message], states: Mapping[Partition, str]) -> None:
        """Commit messages: in each partition, everything that was fetched up to the last of them.

        Raises:
            LeaseLostError: another worker owns a partition.
            RebalancingError: a worker came or went; it can be tried again after `keep_alive`.

        """

    def post(self, letters: Sequence[Letter]) -> None:
        """Write dead letters and waiting events; they are durable when this returns."""

    def lag(self) -> Lag:
        """Return how far the group is behind."""

    def share(self) -> float:
        """Return the fraction of the group's partitions that this worker has, 0 to 1."""

    @property
    def assigned(self) -> int:
        """The number of partitions that this worker has."""

    def close(self) -> None:
        """Leave the group, after all partitions are revoked."""
