"""A source in memory, which does what the test says and notes what the worker asks of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubspot_dest.delivery.settings import StreamSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.streams.source import Lag, Letter, Message, Partition, PartitionOwner
from hubspot_dest.streams.worker import Worker, WorkerSettings
from simulator.hubspot import FakeHubSpot
from tests.streams.shop import shop_config

ZERO, ONE = Partition("events", 0), Partition("events", 1)


def message(event: Any, position: int = 0, partition: Partition = ZERO, **more: Any) -> Message:
    """Return a message whose value is the event's JSON, or the bytes that are given."""
    value = event if isinstance(event, bytes) or event is None else json.dumps(event).encode()
    return Message(partition, str(position), value, **more)


class MemorySource:
    """Hands out batches one by one, and stops the worker after the last.

    Attributes:
        done: the positions that were committed, by partition.
        log: what was asked, in order.
        letters: what was posted.
        states: what was committed beside positions.
        on_keep_alive: called at every keep-alive.
        on_commit: called before every commit; may raise.
        part: the part of the group's partitions that the worker has.

    """

    def __init__(self, *batches: list[Message], states: Mapping[Partition, str] | None = None) -> None:
        self._batches = list(batches)
        self._given = dict(states or {ZERO: "", ONE: ""})
        self.owner: PartitionOwner | None = None
        self.worker: Worker | None = None
        self.done: dict[Partition, list[str]] = {}
        self.log: list[str] = []
        self.letters: list[Letter] = []
        self.states: dict[Partition, str] = {}
        self.on_keep_alive: Callable[[], None] = lambda: None
        self.on_commit: Callable[[], None] = lambda: None
        self.on_fetch: Callable[[], None] = lambda: None
        self.on_post: Callable[[], None] = lambda: None
        self.last_lag = Lag(0)
        self.part = 1.0

    def open(self, owner: PartitionOwner) -> None:
        self.owner = owner
        owner.on_assigned(self._given)

    def fetch(self, most: int, seconds: float) -> list[Message]:
        self.on_fetch()
        self.log.append("fetch")
        if self._batches:
            return self._batches.pop(0)
        assert self.worker is not None
        self.worker.stop()
        return []

    def keep_alive(self) -> None:
        self.log.append("keep_alive")
        self.on_keep_alive()

    def pause(self) -> None:
        self.log.append("pause")

    def resume(self) -> None:
        self.log.append("resume")

    def commit(self, done: Sequence[Message], states: Mapping[Partition, str]) -> None:
        self.on_commit()
        self.log.append("commit")
        for current_message in done:
            self.done.setdefault(current_message.partition, []).append(current_message.position)
        self.states.update(states)

    def post(self, letters: Sequence[Letter]) -> None:
        self.on_post()
        self.log.append("post")
        self.letters += letters

    def lag(self) -> Lag:
        return self.last_lag

    def share(self) -> float:
        return self.part

    @property
    def assigned(self) -> int:
        return len(self._given)

    def close(self) -> None:
        self.log.append("close")


def worker_on(
    source: MemorySource,
    hubspot: FakeHubSpot,
    config: dict[str, Any] | None = None,
    *,
    consent: dict[str, bool] | None = None,
    say: Callable[[str], None] = lambda line: None,
    timeout_ms: int = 2000,
    **settings: Any,
) -> Worker:
    """Return a worker that delivers a memory source to a HubSpot on this machine."""
    destination = HubSpotDestination(
        config or shop_config(),
        base_url=hubspot.base_url,
        consent=consent,
        stream=StreamSettings(),
    )
    quick = {"pause_seconds": 0.05, "drain_seconds": 0.5, "stop_seconds": 1.0, **settings}
    worker = Worker(source, destination, WorkerSettings(**quick), say=say)
    source.worker = worker
    return worker
