"""How to deliver: where the outbox is, how fast, how durable."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_dest.delivery.dispatch.retry import RetryPolicy

if TYPE_CHECKING:
    from hubspot_dest.delivery.contact_cache import SharedContactCache
    from hubspot_dest.storage.sqlite_file import Durability

__all__ = ["OutboxSettings", "StreamSettings"]


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """An outbox and how it is delivered.

    Attributes:
        path: the outbox's file; one process at a time.
        durability: `full`: an accepted event survives power loss (one fsync a commit); `normal`: it survives the death
            of the process.
        connections: how many requests are under way at once; 0 starts no thread: the owner of the destination delivers
            by calling `deliver_next`.
        flush_seconds: a batch that is not full is sent when its oldest event has this age.
        max_rps: requests a second at most; None for HubSpot's own limits.
        close_seconds: how long `close` and the end of the process wait for what is left; it stays in the outbox.
        policy: what is retried, and for how long.
        clock: UNIX time in seconds for everything that waits; None for the system's clocks.
        rng: draws the jitter; None for an unseeded generator.

    """

    path: Path | str
    durability: Durability = "full"
    connections: int = 4
    flush_seconds: float = 1.0
    max_rps: float | None = None
    close_seconds: float = 10.0
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Callable[[], float] | None = None
    rng: random.Random | None = None


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How the events of a stream are delivered; the stream keeps them until its worker has committed them.

    Attributes:
        connections: how many requests are under way at once.
        max_rps: requests a second at most; None for HubSpot's own limits.
        close_seconds: how long `close` waits for what is on its way.
        policy: what is retried, and for how long.
        contacts: what HubSpot knows of contacts; None for this process' memory.
        clock: UNIX time in seconds for everything that waits; None for the system's clocks.
        rng: draws the jitter; None for an unseeded generator.

    """

    connections: int = 4
    max_rps: float | None = None
    close_seconds: float = 7.0
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    contacts: SharedContactCache | None = None
    clock: Callable[[], float] | None = None
    rng: random.Random | None = None
