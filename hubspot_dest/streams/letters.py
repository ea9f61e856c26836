"""Letters as messages: the value is the event itself, so that it can be sent again, with the reason as notes.

The notes are headers of a Kafka message or fields of a Redis entry, with names that begin with `hubspot-dest-`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from hubspot_dest.delivery.client.client import decode
from hubspot_dest.delivery.memory_store import GivenUpIntent
from hubspot_dest.delivery.outbox.schema import CONTACT
from hubspot_dest.streams.source import Letter, Message

__all__ = ["PREFIX", "StoredLetter", "consent_granted", "letter_notes", "letter_of_given_up", "without_notes"]

PREFIX: Final = "hubspot-dest-"
_MOST_SENTENCE: Final = 2_000
_MOST_PAYLOAD: Final = 16_384


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter read from the topic or stream of dead letters, or of waiting events.

    Attributes:
        place: the position of the letter, for people.
        value: the event.
        key: the key of a Kafka message.
        notes: the reason for the letter, by names without their prefix.
        others: the other headers of a Kafka message, or the other fields of a Redis entry.

    """

    place: str
    value: bytes | None
    key: bytes | None
    notes: Mapping[str, str]
    others: tuple[tuple[str, bytes], ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the record for `outbox export`; docs/workers.md describes the fields."""
        error = {"message": self.notes.get("error", "")}
        for name in ("status", "category"):
            if self.notes.get(name):
                error[name] = self.notes[name]
        return {
            "id": self.event_id,
            "what": self.notes.get("what", "event"),
            "reason": self.notes.get("reason", ""),
            "error": error,
            "givenUpAt": self.notes.get("at", ""),
            "from": self.notes.get("from", ""),
            "place": self.place,
            "payload": _json_or_none(self.notes.get("payload", "").encode()),
            "event": _json_or_none(self.value),
        }

    @property
    def event_id(self) -> str:
        """The event's id; empty if it has none."""
        event = _json_or_none(self.value)
        own = event.get("id") if isinstance(event, dict) else None
        return own if isinstance(own, str) else ""


def letter_of_given_up(message: Message, intent: GivenUpIntent) -> Letter:
    """Return the letter for an intent that was given up."""
    details = {
        "what": "contact" if intent.intent.kind == CONTACT else "event",
        "status": str(intent.error.status or ""),
        "category": str(intent.error.category or ""),
        "payload": intent.payload[:_MOST_PAYLOAD].decode("utf-8", "replace"),
    }
    return Letter(message, False, intent.reason, intent.error.describe(), details)


def letter_notes(letter: Letter, now: float) -> list[tuple[str, bytes]]:
    """Return the notes of a letter as (name, text).

    Args:
        letter: the letter.
        now: the current UNIX time, in seconds.

    """
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    notes = {
        "reason": letter.reason,
        "error": letter.sentence[:_MOST_SENTENCE],
        "at": moment,
        "from": letter.message.place,
        **letter.details,
    }
    return [(f"{PREFIX}{name}", text.encode("utf-8", "replace")) for name, text in notes.items() if text]


def without_notes(pairs: Iterable[tuple[str, bytes]]) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """Split the headers or fields of a letter into its notes, without prefix, and all others."""
    notes: dict[str, str] = {}
    others: list[tuple[str, bytes]] = []
    for name, value in pairs:
        if name.startswith(PREFIX):
            notes[name.removeprefix(PREFIX)] = (value or b"").decode("utf-8", "replace")
        else:
            others.append((name, value))
    return notes, others


def consent_granted(value: bytes | None, states: Mapping[str, bool]) -> bytes | None:
    """Return an event with consent granted in addition; consent that the event itself refuses remains refused."""
    event = _json_or_none(value)
    if not states or not isinstance(event, dict):
        return value
    own = event.get("consent")
    event["consent"] = {**states, **(own if isinstance(own, dict) else {})}
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _json_or_none(value: bytes | None) -> Any:
    if not value:
        return None
    try:
        return decode(value)
    except (ValueError, RecursionError):
        return None
