"""How near a stream of Redis is to losing entries that no worker has read. Pure: it is given what Redis says.

`XADD MAXLEN ~ n` removes the oldest entries, read or not. Redis 7 counts what was added and read; before that only the
oldest id and the group's last id tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hubspot_dest.streams.source import TrimWatch

__all__ = ["StreamFigures", "Trimming", "entry_id", "warning_of"]

_NEAR: Final = 0.8
"""The unread share of a stream from which on it is reported."""
_SMALL: Final = 100
"""A shorter stream is read before it can be trimmed."""


def entry_id(text: str) -> tuple[int, int]:
    """Return an entry's id as numbers that can be compared."""
    at, _, number = text.partition("-")
    return int(at), int(number or 0)


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """What Redis says of a stream and a group.

    Attributes:
        length: entries in the stream.
        first: the oldest entry's id; None for an empty stream.
        last_delivered: up to where the group has read.
        unread: entries behind that; None where they were not counted.
        added: entries that were ever added; None before Redis 7.
        read: entries that the group has read; None before Redis 7, or where Redis does not know.
        next_unread: the id of the first unread entry; None for none.

    """

    length: int
    first: str | None
    last_delivered: str
    unread: int | None
    added: int | None
    read: int | None
    next_unread: str | None


class Trimming:
    """Watches one stream.

    Args:
        stream: its name.
        maxlen: at what length its producer trims it; None where that is not known.
        next_unread: what the worker before knew to be the first unread entry; empty where that is not known.
        gone: how many lost entries the previous worker has reported.
        lost: how many lost entries this worker has reported before.

    Attributes:
        next_unread: the first unread entry.
        gone: how many lost entries are reported by now, as Redis 7 counts them.
        lost: how many lost entries this worker has reported.

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
        """Note entries that were trimmed after a worker got them and before it was done."""
        self.lost += count

    def observe(self, now: StreamFigures) -> TrimWatch:
        """Return how near the stream is to a loss, and what is lost."""
        if self._first is not None and now.first is not None and entry_id(now.first) > entry_id(self._first):
            self._trimmed = True
        if now.added is not None and now.added > now.length:
            self._trimmed = True
        # What is neither stored nor read is gone; entries that are read later do not bring it back.
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
        """Return whether the entry that was to be read next is neither stored nor read."""
        expected = self.next_unread
        if not expected or entry_id(now.last_delivered) >= entry_id(expected):
            return False
        return now.first is None or entry_id(now.first) > entry_id(expected)

    def _overrun(self, now: StreamFigures) -> bool:
        """Return whether a stream was full of unread entries when it was first looked at: more came than it holds."""
        if self._first is not None or self._maxlen is None or now.first is None:
            return False
        last = entry_id(now.last_delivered)
        return now.length >= self._maxlen and (0, 0) < last < entry_id(now.first)

    @property
    def trims(self) -> bool:
        """Whether the stream is trimmed, as far as that can be seen."""
        return self._trimmed or self._maxlen is not None


def warning_of(watch: TrimWatch, maxlen: int | None) -> str:
    """Return what to say of a stream that is about to be trimmed; empty if it is not."""
    limit = maxlen if maxlen is not None else watch.stored
    if watch.unread < _SMALL or watch.unread < limit * _NEAR:
        return ""
    room = max(0, limit - watch.unread)
    unread = f"{watch.unread:,} of {limit:,} entries of {watch.stream} are unread"
    advice = "raise maxLen in walkerOS' redis settings, or let the workers catch up"
    if watch.trimmed:
        return f"{unread}, and it is trimmed: after {room:,} more, entries are lost unread; {advice}"
    return (
        f"{unread}, and it is unknown whether it is trimmed; maxlen=N in the source, walkerOS' maxLen, makes that "
        "exact"
    )
