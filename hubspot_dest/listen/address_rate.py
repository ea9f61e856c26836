"""Limit the requests per second of each network address, with a bounded number of token buckets."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

__all__ = ["AddressRate"]

_MAX_ADDRESSES: Final = 100_000  # about 20 MB; beyond that, the least recently used address is discarded


class AddressRate:
    """Limit the requests of each address; an IPv6 /64 network counts as one address.

    Args:
        per_second: the allowed requests per second, which is also the burst size.
        clock: a monotonic clock, in seconds.

    """

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._burst = max(1.0, per_second)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Count a request; return 0 if it is allowed, else the seconds until the address may send again."""
        name = _network(address)
        now = self._clock()
        tokens, seen = self._buckets.pop(name, (self._burst, now))
        tokens = min(self._burst, tokens + (now - seen) * self.per_second)
        allowed = tokens >= 1.0
        self._buckets[name] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > _MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - tokens) / self.per_second


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64))
