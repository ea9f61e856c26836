"""What a delivery from the outbox came to, in the words that everybody else uses."""

from __future__ import annotations

from typing import Final

from hubspot_dest.delivery.client.codec import decode
from hubspot_dest.delivery.dispatch.in_flight import Report
from hubspot_dest.delivery.dispatch.per_key_queue import Intent
from hubspot_dest.outcome import Outcome

__all__ = ["outcomes_of"]

_STRANGER: Final = "walkerOS would lose this event: the contact is unknown, and its update answers 404"


def outcomes_of(report: Report, left: int) -> list[Outcome]:
    """Return the outcomes of a report; `left` intents are still in the outbox."""
    if report.kind == "delivered":
        return [_delivered(report)] if report.intents else []
    error = report.error
    said = error.describe() if error is not None else ""
    if report.kind == "paused":
        sentence = f"delivery pauses ({report.reason}): {said}; {left} are safe in the outbox"
        return [Outcome("failed", "delivery_paused", sentence, error=error)]
    if report.kind == "failed":
        ids = tuple(one.event_id for one in report.intents)
        return [Outcome("queued", "retry", f"it is tried again: {said}", events=ids, error=error)]
    if report.kind == "resumed":
        return [Outcome("flushed", "delivery_resumed", "delivery goes on")]
    return [_dead(report, intent, said) for intent in report.intents]


def _delivered(report: Report) -> Outcome:
    ids = tuple(one.event_id for one in report.intents)
    if report.what == "contacts":
        outcome = Outcome("identified", "contact_written", f"{len(ids)} contacts written", events=ids)
        if any(name.endswith(".create") for name in report.calls):
            outcome.upstream = _STRANGER
    elif report.calls[0].endswith("basicApi.send"):
        outcome = Outcome("sent", "delivered", "HubSpot took it", event_id=ids[0])
    else:
        outcome = Outcome("flushed", "batch_sent", f"{len(ids)} events in one batch", events=ids)
    outcome.calls = tuple([name] for name in report.calls)
    return outcome


def _dead(report: Report, intent: Intent, said: str) -> Outcome:
    payload = decode(intent.payload)
    reason, sentence = report.reason, said
    if report.what == "contacts":
        reason, sentence = "contact_failed", f"HubSpot refused the contact; its events go on: {said}"
    object_id = payload.get("objectId")
    person = payload.get("email") or (f"objectId {object_id}" if object_id else "")
    return Outcome(
        "failed",
        reason,
        sentence,
        str(payload.get("eventName", "")),
        intent.event_id,
        error=report.error,
        person=str(person),
    )
