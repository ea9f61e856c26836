"""Requests in flight, reports about them, and the outcomes of these reports."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hubspot_dest.amounts import amount
from hubspot_dest.delivery.client.codec import decode, encode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.outbox.schema import Intent
from hubspot_dest.outcome import Outcome

__all__ = [
    "InFlightRequest",
    "Report",
    "What",
    "by_email",
    "dead_letters_of",
    "log_outcomes",
    "merged",
    "outcomes_of",
    "parts",
]

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


_UNKNOWN_CONTACT: Final = "walkerOS would lose this event: the contact is unknown, and its update answers 404"


def outcomes_of(
    report: Report, left: int, now: float, where: str = "are safe in the outbox"
) -> list[Outcome]:
    """Return the outcomes of a report.

    Args:
        report: what happened.
        left: how many intents are not delivered yet.
        now: UNIX time in seconds.
        where: what keeps those, as the end of a sentence.

    """
    next_try = None if report.after is None else now + report.after
    if report.kind == "delivered":
        return [_delivered(report)] if report.intents else []
    error = report.error
    message = error.describe() if error is not None else ""
    if report.kind == "paused":
        sentence = f"delivery pauses ({report.reason}): {message}; {left} {where}"
        return [Outcome("failed", "delivery_paused", sentence, error=error, delivery=True, next_try=next_try)]
    if report.kind in ("failed", "postponed", "bisected"):
        ids = tuple(intent.event_id for intent in report.intents)
        return [_again(report, ids, message, next_try)]
    if report.kind == "resumed":
        return [Outcome("flushed", "delivery_resumed", "delivery goes on", delivery=True)]
    # A call is reported once, with the first of its intents.
    return [
        _dead(report, intent, message, () if number else _calls(report))
        for number, intent in enumerate(report.intents)
    ]


def log_outcomes(report: Report, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """Log what a report tells a person, and yield its outcomes, each after its record."""
    log = logging.getLogger("hubspot_dest")
    if report.kind in ("failed", "postponed", "bisected"):
        message = report.error.describe() if report.error is not None else ""
        log.info("%d %s will be tried again: %s", len(report.intents), report.what, message)
    for outcome in outcomes:
        if outcome.kind == "failed":
            level = logging.WARNING if report.kind == "paused" else logging.ERROR
            log.log(level, "%s", outcome.sentence)
        yield outcome


def dead_letters_of(report: Report) -> list[tuple[dict[str, Any], DeliveryError, str]]:
    """Return what a report gave up: each payload, the reason, and the e-mail of a contact (else empty)."""
    if report.kind != "dead" or report.error is None:
        return []
    letters = []
    for intent in report.intents:
        payload = decode(intent.payload)
        email = str(payload.get("email", "")).lower() if report.what == "contacts" else ""
        letters.append((payload, report.error, email))
    return letters


def _calls(report: Report) -> tuple[list[Any], ...]:
    return tuple([name] for name in report.calls)


def _delivered(report: Report) -> Outcome:
    ids = tuple(intent.event_id for intent in report.intents)
    calls = _calls(report)
    if report.what == "contacts":
        created = any(name.endswith(".create") for name in report.calls)
        return Outcome(
            "identified",
            "contact_written",
            f"{amount(len(ids), 'contact')} written",
            events=ids,
            calls=calls,
            upstream=_UNKNOWN_CONTACT if created else None,
            delivery=True,
        )
    if report.calls[-1].endswith("basicApi.send"):
        return Outcome("sent", "delivered", "HubSpot took it", event_id=ids[0], calls=calls, delivery=True)
    sentence = f"{amount(len(ids), 'event')} in one batch"
    return Outcome("flushed", "batch_sent", sentence, events=ids, calls=calls, delivery=True)


def _again(report: Report, ids: tuple[str, ...], message: str, next_try: float | None) -> Outcome:
    reason, sentence = "retry", f"it is tried again: {message}"
    if report.kind == "bisected":
        reason, sentence = "bisected", f"it is sent again in parts, to find what HubSpot refuses: {message}"
    return Outcome(
        "queued",
        reason,
        sentence,
        events=ids,
        calls=_calls(report),
        error=report.error,
        delivery=True,
        next_try=next_try,
    )


def _dead(report: Report, intent: Intent, message: str, calls: tuple[list[Any], ...]) -> Outcome:
    payload = decode(intent.payload)
    reason, sentence = report.reason, message
    if report.what == "contacts":
        reason, sentence = "contact_failed", f"HubSpot refused the contact; its events go on: {message}"
    object_id = payload.get("objectId")
    person = payload.get("email") or (f"objectId {object_id}" if object_id else "")
    return Outcome(
        "failed",
        reason,
        sentence,
        str(payload.get("eventName", "")),
        intent.event_id,
        calls=calls,
        error=report.error,
        delivery=True,
        person=str(person),
    )
