"""Short fixes for events that are skipped, refused or waiting, by reason."""

from __future__ import annotations

from typing import Final

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.outcome import Outcome

__all__ = ["fix_for", "fix_for_error"]

_BY_REASON: Final = {
    "no_identity": "add user.email or user.id to the event, or map settings.email or settings.objectId",
    "silent_rule": "remove silent from the rule if the event should be sent",
    "consent_missing": "grant it with --consent NAME, or add consent to the events",
    "consent_refused": "nothing: the person refused",
    "consent_queue_full": "set a larger queueMax",
    "contact_unchanged": "nothing: HubSpot has these values already",
    "mapping_error": "correct the rule; hubspot-dest preview --explain shows where the value comes from",
    "invalid_event": 'an event name has two words, entity and action: "order complete"',
    "outbox": "free disk space or choose another --outbox, then send again",
    "attempts": "send it again with hubspot-dest outbox retry FILE",
    "age": "send it again with hubspot-dest outbox retry FILE",
    "mock": "remove mock from the configuration",
}
_BY_STATUS: Final = {
    401: "create a new token in HubSpot (Development, Keys) and set HUBSPOT_ACCESS_TOKEN",
    403: "grant the missing scopes to the token's app; hubspot-dest doctor lists them",
    404: "check baseUrl and apiVersion; hubspot-dest doctor shows the paths",
    405: "check baseUrl and apiVersion; hubspot-dest doctor shows the paths",
    407: "check the user and password of the proxy",
    413: "set a smaller settings.batchSize",
}
_BY_KIND: Final = {
    "rate_limited": "wait, or set --max-rps N; it is retried automatically",
    "unavailable": "wait; it is retried automatically",
    "timeout": "wait, or set a longer --timeout; it is retried automatically",
    "unreachable": "check baseUrl, proxy and caBundle; hubspot-dest doctor tests them",
    "unreadable": "check that baseUrl is HubSpot; hubspot-dest doctor tests it",
    "unauthorized": "check HUBSPOT_ACCESS_TOKEN; hubspot-dest doctor tests it",
}


def fix_for(outcome: Outcome) -> str:
    """Return what to do about an outcome; empty if there is no advice."""
    if outcome.error is not None and outcome.error.kind != "impossible":
        return fix_for_error(outcome.error)
    return _BY_REASON.get(outcome.reason, "")


def fix_for_error(error: DeliveryError) -> str:
    """Return what to do about an error of HubSpot."""
    if error.scopes:
        return f"grant the scope {', '.join(error.scopes)} to the token's app"
    if error.status is not None and 300 <= error.status < 400:
        return "set baseUrl to HubSpot's address"
    known = _BY_STATUS.get(error.status or 0) or _BY_KIND.get(error.kind)
    if known:
        return known
    return "run hubspot-dest doctor CONFIG EVENTS to see what is missing in HubSpot"
