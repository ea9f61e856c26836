"""Tell an account and a token about themselves: shapes of the official clients' models, values ours."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from simulator.hubspot.endpoints.call import Call, Grant
from simulator.hubspot.endpoints.errors import answer_json
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.http.messages import Answer, Request
from simulator.hubspot.state.occurrences import iso
from simulator.hubspot.state.rate_limits import DAY_SECONDS

__all__ = ["TokenKey", "account_details", "api_usage", "named_token", "private_app", "token_info"]

_APP, _USER = 1, 1  # whoever made the private app


class TokenKey(msgspec.Struct):
    """The token that a private app asks about."""

    tokenKey: str  # noqa: N815 - HubSpot's name


_KEY = msgspec.json.Decoder(TokenKey)


def account_details(call: Call) -> Answer:
    """Show the portal's number and zone."""
    body = {
        "portalId": call.account.portal_id,
        "accountType": "DEVELOPER_TEST",
        "timeZone": "UTC",
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "account.details")


def named_token(request: Request, parts: tuple[str, ...]) -> str:
    """Return the token that a request asks about, in its path or its body. Raises Refusal."""
    return parts[0] if parts else decode(_KEY, request.body).tokenKey


def api_usage(call: Call) -> Answer:
    """Show how many calls of today's are used; the sends are exempt, and not counted."""
    with call.account.lock:
        used, limit = call.account.limits.today(call.now), call.account.limits.daily(call.account.switches)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limit,
        "currentUsage": used,
        "collectedAt": iso(call.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso((call.now // DAY_SECONDS + 1) * DAY_SECONDS),
    }
    return answer_json(200, {"results": [usage]}, f"200: {used} of {limit} calls used", "account.usage")


def token_info(call: Call, grant: Grant, token: str, every: Collection[str]) -> Answer:
    """Tell what a token opens, as the OAuth endpoint does."""
    body = {
        "token": token,
        "user": "developer@example.com",
        "hub_domain": "example.com",
        "scopes": sorted(every if grant.scopes is None else grant.scopes),
        "hub_id": call.account.portal_id,
        "app_id": _APP,
        "expires_in": 1800,
        "user_id": _USER,
        "token_type": "access",
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "auth.token_info")


def private_app(call: Call, grant: Grant, token: str, every: Collection[str]) -> Answer:  # noqa: ARG001 - one shape
    """Tell what a private app's token opens."""
    body = {
        "userId": _USER,
        "hubId": call.account.portal_id,
        "appId": _APP,
        "scopes": sorted(every if grant.scopes is None else grant.scopes),
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "auth.private_app_info")
