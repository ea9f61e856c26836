"""Letters in a stream, which are removed in the same transaction in which they are sent again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.letters import StoredLetter, consent_granted, without_notes
from hubspot_dest.streams.redis_client import connect_redis, redis_errors, text_of

__all__ = ["RedisLetterBox"]

_PAGE: Final = 500


class RedisLetterBox:
    """The dead letters of one or several streams, or their events that wait for consent.

    Args:
        address: the streams of the events.
        waiting: whether to read waiting events instead of dead letters.

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """

    def __init__(self, address: StreamAddress, *, waiting: bool) -> None:
        self._address = address
        self._client = connect_redis(address)
        place = address.waiting_of if waiting else address.dead_of
        self._boxes = tuple(dict.fromkeys(place(stream) for stream in address.streams))

    def _read(self) -> Iterator[tuple[str, str, StoredLetter]]:
        """Yield (box, entry, letter) up to the end of each stream at the time of the first read."""
        for box in self._boxes:
            with redis_errors(self._address, "reading", box):
                newest = self._client.xrevrange(box, count=1)
            end = text_of(newest[0][0]) if newest else None
            after = "-"
            while end is not None:
                with redis_errors(self._address, "reading", box):
                    page = self._client.xrange(box, after, end, count=_PAGE)
                for entry, fields in page:
                    yield box, text_of(entry), _letter(box, text_of(entry), fields)
                if len(page) < _PAGE:
                    break
                after = f"({text_of(page[-1][0])}"

    def letters(self) -> Iterator[StoredLetter]:
        """Yield the letters."""
        for _, _, letter in self._read():
            yield letter

    def count(self) -> int:
        """Return the number of letters."""
        with redis_errors(self._address, "reading", ",".join(self._boxes)):
            return sum(int(self._client.xlen(box)) for box in self._boxes)

    def send_again(self, consent: Mapping[str, bool]) -> int:
        """Add every letter to its original stream, and remove it here; return the number of letters."""
        count = 0
        for box, entry, letter in self._read():
            fields = dict(letter.others)
            if letter.value is not None:
                fields["event"] = consent_granted(letter.value, consent) or b""
            if not fields:
                continue  # it has only its reason, and no event to send again
            with redis_errors(self._address, "writing", box):
                pipe = self._client.pipeline(transaction=True)
                pipe.xadd(self._origin(letter), fields)
                pipe.xdel(box, entry)
                pipe.execute()
            count += 1
        return count

    def _origin(self, letter: StoredLetter) -> str:
        """Return the original stream of a letter."""
        stream = letter.notes.get("from", "").rpartition("@")[0].rpartition("/")[0]
        return stream if stream in self._address.streams else self._address.streams[0]

    def drop(self) -> int:
        """Remove every letter; return the number of letters."""
        count = self.count()
        with redis_errors(self._address, "removing", ",".join(self._boxes)):
            for box in self._boxes:
                self._client.delete(box)
        return count

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _letter(box: str, entry: str, fields: Mapping[Any, Any]) -> StoredLetter:
    pairs = [(text_of(name), bytes(value)) for name, value in fields.items()]
    notes, others = without_notes(pairs)
    value = next((value for name, value in others if name == "event"), None)
    return StoredLetter(f"{box}@{entry}", value, None, notes, tuple(others))
