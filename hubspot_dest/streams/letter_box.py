"""`LetterBox`: the topic or stream of dead letters, or of events that wait for consent, for people who look into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.letters import StoredLetter

__all__ = ["LetterBox", "open_letter_box"]


class LetterBox(Protocol):
    """Dead letters that were not sent again. Every method raises StreamError if the broker fails."""

    def letters(self) -> Iterator[StoredLetter]:
        """Yield the letters that are there now, oldest first."""

    def count(self) -> int:
        """Return how many there are."""

    def send_again(self, consent: Mapping[str, bool]) -> int:
        """Add every letter to the events again, behind the existing ones; return how many.

        Args:
            consent: names that are granted, added to each event's own consent.

        """

    def drop(self) -> int:
        """Drop every letter for good; return how many."""

    def close(self) -> None:
        """Release everything."""


def open_letter_box(address: StreamAddress, *, waiting: bool) -> LetterBox:
    """Return the dead letters of an address, or what waits for consent. Raises StreamError."""
    if address.engine == "kafka":
        from hubspot_dest.streams.kafka_letter_box import KafkaLetterBox

        return KafkaLetterBox(address, waiting=waiting)
    from hubspot_dest.streams.redis_letter_box import RedisLetterBox

    return RedisLetterBox(address, waiting=waiting)
