"""Requests in flight, and reports about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from hubspot_dest.delivery.client.codec import decode, encode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.schema import Intent

__all__ = ["InFlightRequest", "Report", "What", "by_email", "merged", "parts"]

What = Literal["contacts", "events"]

_SMALLER_PART: Final = 0.382  # see `parts`


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to some intents.

    Attributes:
        kind: `delivered`, `dead`, `failed` (it will be tried again), `postponed` (the same, after a pause), `bisected`
            (it is sent again in parts), `paused` (for the first time) or `resumed`; the last two without intents.
        what: contacts or events.
        intents: the intents.
        calls: the names of the calls that were made since the request's report before, failed ones included.
        reason: a stable code.
        error: HubSpot's error.
        after: seconds until the next attempt; None if there is none.

    """

    kind: Literal["delivered", "dead", "failed", "postponed", "bisected", "paused", "resumed"]
    what: What = "events"
    intents: Sequence[Intent] = ()
    calls: Sequence[str] = ()
    reason: str = ""
    error: DeliveryError | None = None
    after: float | None = None


@dataclass(slots=True)
class InFlightRequest:
    """Intents in flight: one request, or what is left of one that is bisected.

    Attributes:
        what: contacts or events.
        groups: the last is sent next; True: if it succeeds, the one before it is bad.
        failures: how often the last group failed.
        failed_at: when it failed last.
        made: the names of the calls that were made for it, and that no report has yet.

    """

    what: What
    groups: list[tuple[list[Intent], bool]]
    failures: int = 0
    failed_at: float | None = None
    made: list[str] = field(default_factory=list)

    def take_made(self) -> tuple[str, ...]:
        """Return the calls for the next report, each once."""
        made, self.made = tuple(self.made), []
        return made


def parts(group: list[Intent]) -> list[tuple[list[Intent], bool]]:
    """Return the parts of a group that HubSpot refused, the first one last, since it is sent next.

    If the first part passes, the second must be the bad one and is divided again without being sent undivided. A bad
    first part therefore costs two requests and a bad second one costs one, so the first is made smaller, by the golden
    ratio: then finding a single bad occurrence among 500 takes at most 14 requests, not 18.
    """
    if len(group) == 1:
        return [(group, False)]
    cut = max(1, round(len(group) * _SMALLER_PART))
    return [(group[cut:], False), (group[:cut], True)]


def by_email(group: list[Intent]) -> list[list[Intent]]:
    """Return contact intents by their e-mail, each contact's in order."""
    contacts: dict[str, list[Intent]] = {}
    for intent in group:
        contacts.setdefault(intent.keys[0], []).append(intent)
    return list(contacts.values())


def merged(intents: list[Intent]) -> bytes:
    """Return one contact upsert for several of one contact; later values win."""
    if len(intents) == 1:
        return intents[0].payload or b"{}"
    contacts = [decode(intent.payload) for intent in intents]
    properties: dict[str, str] = {}
    for contact in contacts:
        properties |= contact["properties"]
    return encode({"email": contacts[0]["email"], "properties": properties})
