"""`LetterBox`: inspect and process the dead letters of a stream, or its events that wait for consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.letters import StoredLetter

__all__ = ["LetterBox", "open_letter_box"]


class LetterBox(Protocol):
    """The open letters of a stream; every method raises StreamError if the broker fails."""

    def letters(self) -> Iterator[StoredLetter]:
        """Yield the current letters, oldest first."""

    def count(self) -> int:
        """Return the number of letters."""

    def send_again(self, consent: Mapping[str, bool]) -> int:
        """Append every letter to the stream of events again; return the number of letters.

        Args:
            consent: consent names to grant, in addition to each event's own consent.

        """

    def drop(self) -> int:
        """Remove every letter permanently; return the number of letters."""

    def close(self) -> None:
        """Release all resources."""


def open_letter_box(address: StreamAddress, *, waiting: bool) -> LetterBox:
    """Open the dead letters of an address, or its events that wait for consent.

    Raises:
        StreamError: the client library is missing, or rejects its options.
    """
    if address.engine == "kafka":
        from hubspot_dest.streams.kafka_letter_box import KafkaLetterBox

        return KafkaLetterBox(address, waiting=waiting)
    from hubspot_dest.streams.redis_letter_box import RedisLetterBox

    return RedisLetterBox(address, waiting=waiting)
