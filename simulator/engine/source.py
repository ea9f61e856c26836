"""Where the engine's events come from. Anything that yields events will do; None says: nothing just now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from simulator.synthesis import events

__all__ = ["Source", "synthetic"]

Source = Callable[[int], Iterator[Any]]
"""Makes the stream for a seed; the same seed gives the same events."""


def synthetic(seed: int) -> Iterator[Any]:
    """Return the project's synthetic events."""
    return events(seed)
