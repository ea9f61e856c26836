"""Assign streams to workers with a lease per stream and the set of live workers, stored in Redis.

A stream has no partitions, so only one worker reads it at a time, and the others stand by. Several streams are
distributed evenly. A lease that is not renewed expires; its next holder then claims what the previous one left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["Leases"]

# Only the holder renews, releases and notes; a suspended worker may believe that it still is the holder.
_RENEW: Final = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then "
    "return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
)
_RELEASE: Final = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then "
    "redis.call('HSET', KEYS[2], 'clean', '1') return redis.call('DEL', KEYS[1]) end return 0"
)
_NOTE: Final = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then "
    "return redis.call('HSET', KEYS[2], unpack(ARGV, 2)) end return 0"
)


class Leases:
    """The leases of a worker.

    Args:
        client: the Redis client.
        streams: all streams of the group.
        group: the name of the group.
        worker: the unique name of this worker.
        seconds: how long a lease is valid unless renewed.

    """

    def __init__(
        self,
        client: Any,
        streams: tuple[str, ...],
        group: str,
        worker: str,
        seconds: float,
    ) -> None:
        self._client = client
        self._streams = streams
        self._group = group
        self._worker = worker
        self._ms = max(1, round(seconds * 1000))
        self._members = f"hubspot-dest:{','.join(sorted(streams))}:{group}:workers"
        self.live = 1

    def state_key(self, stream: str) -> str:
        """Return the key of the hash with the state for the next worker on a stream."""
        return f"hubspot-dest:{stream}:{self._group}:state"

    def _key(self, stream: str) -> str:
        return f"hubspot-dest:{stream}:{self._group}:lease"

    def announce(self) -> None:
        """Register this worker as live, and update the number of live workers, by the clock of Redis."""
        seconds, microseconds = self._client.time()
        now = seconds + microseconds / 1e6
        pipe = self._client.pipeline()
        pipe.zadd(self._members, {self._worker: now + self._ms / 1000})
        pipe.zremrangebyscore(self._members, "-inf", now)
        pipe.zcard(self._members)
        self.live = max(1, int(pipe.execute()[-1]))

    @property
    def fair(self) -> int:
        """The number of streams that a worker may have."""
        return math.ceil(len(self._streams) / self.live)

    def acquire(self, stream: str) -> bool:
        """Acquire the lease of a stream; return whether it was free."""
        return bool(self._client.set(self._key(stream), self._worker, nx=True, px=self._ms))

    def renew(self, stream: str) -> bool:
        """Renew the lease of a stream; return whether this worker still held it."""
        return bool(self._client.eval(_RENEW, 1, self._key(stream), self._worker, self._ms))

    def release(self, stream: str) -> None:
        """Release a lease; pending entries may be claimed immediately."""
        self._client.eval(_RELEASE, 2, self._key(stream), self.state_key(stream), self._worker)

    def note(self, pipe: Any, stream: str, facts: Mapping[str, str]) -> None:
        """Add to a pipeline: store the state for the next worker on a stream, if this worker holds the lease."""
        pairs = [text for pair in facts.items() for text in pair]
        pipe.eval(_NOTE, 2, self._key(stream), self.state_key(stream), self._worker, *pairs)

    def leave(self) -> None:
        """Remove this worker from the live ones."""
        self._client.zrem(self._members, self._worker)
