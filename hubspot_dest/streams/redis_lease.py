"""Who works on which stream: a lease a stream, and the group's live workers, as keys of Redis.

One stream has no partitions, so one worker reads it at a time and the others stand by. Several streams are shared out
evenly. A lease that is not renewed expires; its next holder then claims what the former one left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["Leases"]

# Only the holder renews, releases and notes: a worker that was suspended may believe that it still is.
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
    """The leases of one worker.

    Args:
        client: of Redis.
        streams: all streams of the group.
        group: the group's name.
        worker: this worker's name, unlike any other's.
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
        """Return the key of the hash that keeps what the next worker on a stream has to know."""
        return f"hubspot-dest:{stream}:{self._group}:state"

    def _key(self, stream: str) -> str:
        return f"hubspot-dest:{stream}:{self._group}:lease"

    def announce(self) -> None:
        """Count this worker among the live ones, and count those, by the clock of Redis: those of machines differ."""
        seconds, microseconds = self._client.time()
        now = seconds + microseconds / 1e6
        pipe = self._client.pipeline()
        pipe.zadd(self._members, {self._worker: now + self._ms / 1000})
        pipe.zremrangebyscore(self._members, "-inf", now)
        pipe.zcard(self._members)
        self.live = max(1, int(pipe.execute()[-1]))

    @property
    def fair(self) -> int:
        """How many streams one worker may have."""
        return math.ceil(len(self._streams) / self.live)

    def acquire(self, stream: str) -> bool:
        """Take the lease of a stream; return whether it was free."""
        return bool(self._client.set(self._key(stream), self._worker, nx=True, px=self._ms))

    def renew(self, stream: str) -> bool:
        """Keep the lease of a stream; return whether it was still this worker's."""
        return bool(self._client.eval(_RENEW, 1, self._key(stream), self._worker, self._ms))

    def release(self, stream: str) -> None:
        """Give a lease back; what is pending may be claimed at once."""
        self._client.eval(_RELEASE, 2, self._key(stream), self.state_key(stream), self._worker)

    def note(self, pipe: Any, stream: str, facts: Mapping[str, str]) -> None:
        """Add to a pipeline: keep what the next worker on a stream has to know, if the lease is this worker's."""
        pairs = [text for pair in facts.items() for text in pair]
        pipe.eval(_NOTE, 2, self._key(stream), self.state_key(stream), self._worker, *pairs)

    def leave(self) -> None:
        """Remove this worker from the live ones."""
        self._client.zrem(self._members, self._worker)
