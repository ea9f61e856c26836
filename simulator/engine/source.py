"""The Protocol of event sources. Anything that yields events is one; None means that there is no event right now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from simulator.synthesis import Crowd, events

__all__ = ["ROOM", "Source", "synthetic"]

Source = Callable[[int], Iterator[Any]]
"""Makes the stream for a seed; the same seed gives the same events."""

ROOM: Final = Crowd(people=40, at_once=5, familiar=0.5, pause=60.0)
"""So few that an audience can follow each of them."""


def synthetic(seed: int) -> Iterator[Any]:
    """Return the project's synthetic events, of people who can be followed one by one."""
    return events(seed, crowd=ROOM)
