"""Turn reports of deliveries from the outbox into outcomes."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.delivery.client.codec import decode
from hubspot_dest.delivery.dispatch.in_flight import Report
from hubspot_dest.delivery.outbox.schema import Intent
from hubspot_dest.outcome import Outcome

__all__ = ["outcomes_of"]

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
    # A call is told once, with the first of its intents.
    return [
        _dead(report, intent, message, () if number else _calls(report))
        for number, intent in enumerate(report.intents)
    ]


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
