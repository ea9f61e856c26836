"""Check whether the keys of messages preserve the order of each person's events. Pure."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["PersonKeys"]

_ENOUGH: Final = 50
_MOST: Final = 20_000
_ADVICE: Final = (
    "set settings.kafka.key of walkerOS' destination to what identifies a person, "
    "such as user.id or user.email"
)


class PersonKeys:
    """Collect statistics about keys.

    walkerOS' default key is the event's name, `entity_action`: all events with the same name are in one partition, and
    the events of a person in several (walkerOS 4.4, server destination kafka).
    """

    def __init__(self) -> None:
        self._seen = 0
        self._of_name = 0
        self._without = 0
        self._partition_of: dict[str, int] = {}
        self._moved = 0

    def add(self, key: bytes | None, name: Any, person: str, partition: int) -> None:
        """Add an event.

        Args:
            key: the key of the message.
            name: the name of the event.
            person: the e-mail or object id; empty if there is none.
            partition: the number of the message's partition.

        """
        if self._seen >= _MOST:
            return
        self._seen += 1
        self._without += not key
        if key and isinstance(name, str):
            self._of_name += key.decode("utf-8", "replace") == "_".join(name.split())
        if person:
            self._moved += self._partition_of.setdefault(person, partition) != partition

    def warning(self) -> str:
        """Return a warning about the keys; empty if there is nothing to report."""
        if self._seen < _ENOUGH and not (self._seen and self._seen == self._of_name):
            return ""
        if self._of_name > self._seen / 2:
            return (
                "the messages' keys are entity_action, walkerOS' default: no order per person, and one hot partition "
                f"per event name; {_ADVICE}"
            )
        if self._without > self._seen / 2:
            return f"the messages have no keys: no order per person; {_ADVICE}"
        if self._moved:
            return f"one person's events are in several partitions: no order per person; {_ADVICE}"
        return ""
