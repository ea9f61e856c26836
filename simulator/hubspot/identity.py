"""Tell an account about itself, and what a token opens (issue 3: account and access-token information).

The shapes are those of HubSpot's OpenAPI files and of the official clients' models; the values are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from .auth import SCOPES, unknown_token
from .bodies import decode
from .call import Call, Grant
from .errors import answer_json
from .exchange import Answer, Request
from .occurrence_state import iso
from .rate_limits import DAY_SECONDS

__all__ = ["account_details", "api_usage", "token_information"]

_USER: Final = 1  # whoever made the private app
_APP: Final = 1
_LIFE_SECONDS: Final = 1800
_OAUTH: Final = re.compile(r"/oauth/v1/access-tokens/([^/]+)/?")
_PRIVATE_APP: Final = re.compile(r"/oauth/v2/private-apps/get/access-token-info/?")


class _TokenKey(msgspec.Struct):
    tokenKey: str  # noqa: N815 - HubSpot's name


_TOKEN_KEY: Final = msgspec.json.Decoder(_TokenKey)


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


def token_information(request: Request, grants: Mapping[str, Grant]) -> Answer | None:
    """Tell what a token opens; the request itself needs no `Authorization`. None for any other path.

    Raises:
        Refusal: 401 for an unknown token, 400 for a body that is none.

    """
    oauth = _OAUTH.fullmatch(request.path) if request.method == "GET" else None
    if oauth is not None:
        token = unquote(oauth[1])
        grant = grants.get(token)
        if grant is None:
            raise unknown_token("auth.token_info.unknown")
        return _told(grant, _oauth_shape(token, grant), "auth.token_info")
    if request.method == "POST" and _PRIVATE_APP.fullmatch(request.path):
        grant = grants.get(decode(_TOKEN_KEY, request.body).tokenKey)
        if grant is None:
            raise unknown_token("auth.token_info.unknown")
        return _told(grant, _private_app_shape(grant), "auth.private_app_info")
    return None


def _told(grant: Grant, body: dict[str, Any], rule: str) -> Answer:
    answer = answer_json(200, body, f"200: a token of portal {grant.account.portal_id}", rule)
    return Answer(answer.status, answer.headers, answer.body, answer.decision, rule, grant.account.portal_id)


def _oauth_shape(token: str, grant: Grant) -> dict[str, Any]:
    return {
        "token": token,
        "user": "developer@example.com",
        "hub_domain": "example.com",
        "scopes": _scopes(grant),
        "hub_id": grant.account.portal_id,
        "app_id": _APP,
        "expires_in": _LIFE_SECONDS,
        "user_id": _USER,
        "token_type": "access",
    }


def _private_app_shape(grant: Grant) -> dict[str, Any]:
    return {"userId": _USER, "hubId": grant.account.portal_id, "appId": _APP, "scopes": _scopes(grant)}


def _scopes(grant: Grant) -> list[str]:
    return sorted(SCOPES if grant.scopes is None else grant.scopes)
