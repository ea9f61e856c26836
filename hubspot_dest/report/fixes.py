"""Short fixes for events that are skipped, refused or waiting, by reason."""

from __future__ import annotations

from typing import Final

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.reason_catalogue import OUTCOME_WORDS

__all__ = ["fix_for", "fix_for_error"]

_BY_STATUS: Final = {
    401: "create a new token in HubSpot (Development, Keys) and set HUBSPOT_ACCESS_TOKEN",
    403: "grant the missing scopes to the token's app; hubspot-dest doctor lists them",
    404: "check baseUrl and apiVersion; hubspot-dest doctor shows the paths",
    405: "check baseUrl and apiVersion; hubspot-dest doctor shows the paths",
    407: "check the user and password of the proxy",
    413: "set a smaller settings.batchSize",
}


def fix_for(outcome: Outcome) -> str:
    """Return what to do about an outcome; empty if there is no advice."""
    if outcome.error is not None and outcome.error.kind != "impossible":
        return fix_for_error(outcome.error)
    return _fix_of(outcome.reason)


def fix_for_error(error: DeliveryError) -> str:
    """Return what to do about an error of HubSpot."""
    if error.scopes:
        return f"grant the scope {', '.join(error.scopes)} to the token's app"
    if error.status is not None and 300 <= error.status < 400:
        return "set baseUrl to HubSpot's address"
    known = _BY_STATUS.get(error.status or 0)
    if not known and error.kind not in ("refused", "impossible"):
        known = _fix_of(error.kind)
    return known or "run hubspot-dest doctor CONFIG EVENTS to see what is missing in HubSpot"


def _fix_of(word: str) -> str:
    entry = OUTCOME_WORDS.get(word)
    return "" if entry is None else entry.fix
