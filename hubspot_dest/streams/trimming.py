"""Detect how close a Redis stream is to losing entries that no worker has read. Pure: the figures are passed in.

`XADD MAXLEN ~ n` removes the oldest entries, whether read or not. Redis 7 counts additions and reads; older versions
only provide the oldest id and the group's last id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hubspot_dest.streams.source import TrimWatch

__all__ = ["StreamFigures", "Trimming", "entry_id", "warning_of"]

_NEAR: Final = 0.8
"""The unread fraction of a stream above which it is reported."""
_SMALL: Final = 100
"""Streams with fewer unread entries are read before they can be trimmed."""


def entry_id(text: str) -> tuple[int, int]:
    """Parse an entry's id into numbers that can be compared."""
    at, _, number = text.partition("-")
    return int(at), int(number or 0)


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """Redis' figures for a stream and a group.

    Attributes:
        length: the number of entries in the stream.
        first: the id of the oldest entry; None for an empty stream.
        last_delivered: the id of the last entry that the group has read.
        unread: the number of entries after that; None if they were not counted.
        added: the number of entries ever added; None before Redis 7.
        read: the number of entries that the group has read; None before Redis 7, or if Redis does not know.
        next_unread: the id of the first unread entry; None if there is none.

    """

    length: int
    first: str | None
    last_delivered: str
    unread: int | None
    added: int | None
    read: int | None
    next_unread: str | None


class Trimming:
    """Watch the trimming of a stream.

    Args:
        stream: the name of the stream.
        maxlen: the length at which the producer trims it; None if unknown.
        next_unread: the id of the first unread entry according to the previous worker; empty if unknown.
        gone: the number of lost entries that the previous worker has reported.
        lost: the number of lost entries that this worker has reported before.

    Attributes:
        next_unread: the id of the first unread entry.
        gone: the number of lost entries reported so far, as counted by Redis 7.
        lost: the number of lost entries that this worker has reported.

    """

    def __init__(
        self, stream: str, maxlen: int | None, next_unread: str = "", gone: int = 0, lost: int = 0
    ) -> None:
        self.stream = stream
        self._maxlen = maxlen
        self._first: str | None = None
        self.next_unread: str = next_unread
        self.gone = gone
        self._trimmed = False
        self._exact = True
        self.lost = lost
        self._unread = 0

    def lost_pending(self, count: int) -> None:
        """Count entries that were trimmed while a worker was processing them."""
        self.lost += count

    def observe(self, now: StreamFigures) -> TrimWatch:
        """Return how close the stream is to a loss, and the losses so far."""
        if self._first is not None and now.first is not None and entry_id(now.first) > entry_id(self._first):
            self._trimmed = True
        if now.added is not None and now.added > now.length:
            self._trimmed = True
        # Entries that are neither stored nor read are lost; later reads do not change that.
        gone = 0 if now.added is None or now.read is None else now.added - now.length - now.read
        if gone > self.gone:
            self.lost += gone - self.gone
            self.gone = gone
        elif self._gap(now) or (now.added is None and self._overrun(now)):
            self.lost += 1
            self._exact = False
        self._first = now.first
        self.next_unread = now.next_unread or ""
        self._unread = self._unread if now.unread is None else now.unread
        return TrimWatch(self.stream, self._unread, now.length, self.trims, self.lost, self._exact)

    def _gap(self, now: StreamFigures) -> bool:
        """Return whether the entry that should be read next is neither stored nor read."""
        expected = self.next_unread
        if not expected or entry_id(now.last_delivered) >= entry_id(expected):
            return False
        return now.first is None or entry_id(now.first) > entry_id(expected)

    def _overrun(self, now: StreamFigures) -> bool:
        """Return whether the stream was full of unread entries at the first observation, so that some were lost."""
        if self._first is not None or self._maxlen is None or now.first is None:
            return False
        last = entry_id(now.last_delivered)
        return now.length >= self._maxlen and (0, 0) < last < entry_id(now.first)

    @property
    def trims(self) -> bool:
        """Whether the stream is known to be trimmed."""
        return self._trimmed or self._maxlen is not None


def warning_of(watch: TrimWatch, maxlen: int | None) -> str:
    """Return a warning about a stream that is about to lose entries; empty if it is not."""
    limit = maxlen if maxlen is not None else watch.stored
    if watch.unread < _SMALL or watch.unread < limit * _NEAR:
        return ""
    room = max(0, limit - watch.unread)
    unread = f"{watch.unread:,} of {limit:,} entries of {watch.stream} are unread"
    advice = "raise maxLen in walkerOS' redis settings, or let the workers catch up"
    if watch.trimmed:
        return f"{unread}, and it is trimmed: after {room:,} more, unread entries are lost; {advice}"
    return (
        f"{unread}, and it is unknown whether it is trimmed; set maxlen=N in the source to walkerOS' maxLen for an "
        "exact warning"
    )
