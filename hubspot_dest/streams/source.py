"""`Source`: where a worker gets events from. `KafkaSource` and `RedisSource` implement it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

__all__ = ["Lag", "Letter", "Message", "Partition", "PartitionOwner", "Source", "TrimWatch"]


class Partition(NamedTuple):
    """Whose messages keep their order: a partition of a topic, or a stream."""

    stream: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.stream}/{self.number}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        partition: where it is from.
        position: offset, or the entry's id.
        value: the event as JSON; None without one.
        key: of Kafka.
        headers: of Kafka.
        fields: all fields of a Redis entry.
        at_ms: when it was written, in ms since 1970; None where that is not known.
        deliveries: how often workers got it, this time included, as far as the broker counts that.

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
        """Where it is, for people: `topic/2@17`."""
        return f"{self.partition}@{self.position}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that goes to the dead letters, or to those that wait for consent.

    Attributes:
        message: the message, unchanged.
        waiting: it waits for consent; else it is dead.
        reason: a stable code.
        sentence: why.
        details: more of it, as texts: `status`, `what`, `payload`.

    """

    message: Message
    waiting: bool
    reason: str
    sentence: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrimWatch:
    """How near a stream is to losing entries that no worker has read.

    Attributes:
        stream: its name.
        unread: entries that no worker has read.
        stored: entries that are in the stream.
        trimmed: the stream is being trimmed, as far as that can be seen.
        lost: entries that were removed unread, so far.
        exact: `lost` is a count; else a lower bound.

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
        messages: how many are not committed; None where that is not known.
        exact: it is a count; else a lower bound.
        trims: what is known of trimming; of Redis only.

    """

    messages: int | None
    exact: bool = True
    trims: tuple[TrimWatch, ...] = ()


class PartitionOwner(Protocol):
    """The Protocol of what works on partitions; called by the source in the thread that calls the source."""

    def on_assigned(self, states: Mapping[Partition, str]) -> None:
        """Take partitions, each with the state that was committed with it; an empty text for none."""

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        """Finish partitions or give them up: they belong to another worker once this returns."""

    def on_lost(self, partitions: Sequence[Partition]) -> None:
        """Give partitions up: they belong to another worker already, and nothing of them may be committed."""

    def on_warning(self, sentence: str) -> None:
        """Report a warning about a partition."""


class Source(Protocol):
    """A consumer in a group. For one thread.

    Every method raises StreamError where the broker did not do it.
    """

    def open(self, owner: PartitionOwner) -> None:
        """Connect, and join the group."""

    def fetch(self, most: int, seconds: float) -> list[Message]:
        """Return the next messages, in the order of each partition; wait for the first so long at most."""

    def keep_alive(self) -> None:
        """Stay a member of the group while nothing is fetched; partitions may be revoked meanwhile."""

    def pause(self) -> None:
        """Fetch nothing, also of partitions that are assigned later."""

    def resume(self) -> None:
        """Fetch again."""

    def commit(self, done: Sequence[Message], states: Mapping[Partition, str]) -> None:
        """Note messages as done: of each partition everything that was fetched up to the last of them.

        Raises:
            LeaseLostError: another worker owns a partition.
            RebalancingError: a worker came or went; it can be tried again after `keep_alive`.

        """

    def post(self, letters: Sequence[Letter]) -> None:
        """Write dead letters and waiting events; they are durable when this returns."""

    def lag(self) -> Lag:
        """Return how far the group is behind."""

    def share(self) -> float:
        """Return which part of the group's partitions this worker has: 0 to 1."""

    @property
    def assigned(self) -> int:
        """How many partitions this worker has."""

    def close(self) -> None:
        """Leave the group; partitions are revoked first."""
