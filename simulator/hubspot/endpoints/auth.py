"""Check tokens and scopes (HubSpot wire facts, section 4)."""

from __future__ import annotations

from typing import Final, NoReturn

from simulator.hubspot.endpoints.call import Grant
from simulator.hubspot.endpoints.errors import Refusal

__all__ = ["check_scope", "refused", "token_of", "unknown_token"]

_DAY: Final = 86_400
_FAILURE: Final = (("X-HubSpot-Auth-Failure", "401 Unauthorized"),)
_SCOPES: Final = "https://developers.hubspot.com/scopes"


def token_of(authorization: str) -> str | None:
    """Return the bearer token of an `Authorization` header, or None for another scheme."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme == "Bearer" else None


def refused(authorization: str, now: float) -> NoReturn:
    """Refuse an unknown or malformed token.

    Args:
        authorization: the `Authorization` header.
        now: UNIX time in seconds.

    Raises:
        Refusal: 401, always.

    """
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme == "Bearer" and token and " " not in token and not token.startswith("pat-"):
        days = int(now // _DAY)
        message = f"The OAuth token used to make this call expired {days} day(s) ago."
        more = {"context": {"expire time": ["1970-01-01T00:00:00Z"]}}
        category, rule = "EXPIRED_AUTHENTICATION", "auth.not_a_token"
        raise Refusal(401, message, rule, category=category, more=more, headers=_FAILURE)
    raise unknown_token("auth.token")


def unknown_token(rule: str) -> Refusal:
    """Return the 401 for an unknown token."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return Refusal(401, message, rule, category="INVALID_AUTHENTICATION", headers=_FAILURE)


def check_scope(grant: Grant, scope: str) -> None:
    """Refuse a token that lacks a scope. Raises Refusal."""
    if not scope or grant.scopes is None or scope in grant.scopes:
        return
    message = (
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes "
        f"here: {_SCOPES}."
    )
    needed = {"requiredGranularScopes": [scope]}
    errors = [{"message": "One or more of the following scopes are required.", "context": needed}]
    more = {"errors": errors, "links": {"scopes": _SCOPES}}
    decision = f"the token lacks the scope {scope}"
    raise Refusal(403, message, "auth.scope", decision, category="MISSING_SCOPES", more=more)
