"""Tell an account and a token about themselves: shapes of the official clients' models, values ours."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from .bodies import decode
from .call import Call, Grant
from .errors import Refusal, answer_json
from .exchange import Answer, Request

__all__ = ["TokenKey", "account_details", "named_token", "private_app", "token_info", "unknown_token"]

_APP, _USER = 1_000_001, 1_000_002


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


def unknown_token() -> Refusal:
    """Return the refusal of a token that there is not."""
    return Refusal(404, "access token not found", "token.unknown", category="OBJECT_NOT_FOUND")


def token_info(call: Call, grant: Grant, token: str, every: Collection[str]) -> Answer:
    """Tell what a token opens, as the OAuth endpoint does."""
    body = {
        "token": token,
        "user": "developer@example.com",
        "hub_domain": f"portal-{call.account.portal_id}.example.com",
        "scopes": sorted(every if grant.scopes is None else grant.scopes),
        "hub_id": call.account.portal_id,
        "app_id": _APP,
        "expires_in": 1800,
        "user_id": _USER,
        "token_type": "access",
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "token.info")


def private_app(call: Call, grant: Grant, token: str, every: Collection[str]) -> Answer:  # noqa: ARG001 - one shape
    """Tell what a private app's token opens."""
    body = {
        "userId": _USER,
        "hubId": call.account.portal_id,
        "appId": _APP,
        "scopes": sorted(every if grant.scopes is None else grant.scopes),
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "token.private_app")
