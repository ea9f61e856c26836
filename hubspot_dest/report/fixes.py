"""What to do about an event that was skipped, refused or waits: one short sentence a reason."""

from __future__ import annotations

from typing import Final

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.outcome import Outcome

__all__ = ["fix_for", "fix_for_error"]

_BY_REASON: Final = {
    "no_identity": "give the event user.email or user.id, or map settings.email or settings.objectId",
    "silent_rule": "take silent from the rule if the event is to be sent",
    "consent_missing": "--consent NAME grants it, or the events bring it themselves",
    "consent_refused": "nothing: the person refused",
    "consent_queue_full": "a larger queueMax, or none, keeps them",
    "contact_unchanged": "nothing: HubSpot has these values already",
    "mapping_error": "correct the rule; hubspot-dest preview --explain shows where the value came from",
    "invalid_event": 'an event name is two words, entity and action: "order complete"',
    "outbox": "make room on the disk or choose another --outbox, then send again",
    "attempts": "hubspot-dest outbox retry FILE sends it again",
    "age": "hubspot-dest outbox retry FILE sends it again",
    "mock": "take mock from the configuration",
}
_BY_STATUS: Final = {
    401: "make a new token in HubSpot (Development, Keys) and set HUBSPOT_ACCESS_TOKEN",
    403: "give the token's app the scopes that it lacks; hubspot-dest doctor names them",
    404: "check baseUrl and apiVersion; hubspot-dest doctor shows the paths",
    405: "check baseUrl and apiVersion; hubspot-dest doctor shows the paths",
    407: "check the user and password of the proxy",
    413: "smaller batches: settings.batchSize",
}
_BY_KIND: Final = {
    "rate_limited": "wait, or --max-rps N; it is sent again by itself",
    "unavailable": "wait; it is sent again by itself",
    "timeout": "wait, or a longer --timeout; it is sent again by itself",
    "unreachable": "check baseUrl, proxy and caBundle; hubspot-dest doctor tests them",
    "unreadable": "check that baseUrl is HubSpot; hubspot-dest doctor tests it",
    "unauthorized": "check HUBSPOT_ACCESS_TOKEN; hubspot-dest doctor tests it",
}


def fix_for(outcome: Outcome) -> str:
    """Return what to do about an outcome; empty where nothing is known."""
    if outcome.error is not None and outcome.error.kind != "impossible":
        return fix_for_error(outcome.error)
    return _BY_REASON.get(outcome.reason, "")


def fix_for_error(error: DeliveryError) -> str:
    """Return what to do about an error of HubSpot's."""
    if error.scopes:
        return f"give the token's app the scope {', '.join(error.scopes)}"
    if error.status is not None and 300 <= error.status < 400:
        return "set baseUrl to the address where HubSpot answers"
    known = _BY_STATUS.get(error.status or 0) or _BY_KIND.get(error.kind)
    if known:
        return known
    return "hubspot-dest doctor CONFIG EVENTS shows what HubSpot lacks"
