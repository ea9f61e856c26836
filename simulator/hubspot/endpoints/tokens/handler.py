"""Describe access tokens; the request contains the token and needs no `Authorization`."""

from __future__ import annotations

from typing import Final

import msgspec

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import answer_json
from simulator.hubspot.endpoints.request_bodies import decode
from simulator.hubspot.endpoints.tokens.requests import TokenRequest
from simulator.hubspot.messages import Answer, Request

__all__ = ["private_app", "token_in_body", "token_in_path", "token_info"]

_APP, _USER = 1, 1  # arbitrary ids of the private app and its creator
_REQUEST: Final = msgspec.json.Decoder(TokenRequest)


def token_in_path(_: Request, parts: tuple[str, ...]) -> str:
    """Return the token in the path."""
    return parts[0]


def token_in_body(request: Request, _: tuple[str, ...]) -> str:
    """Return the token in the body. Raises Refusal."""
    return decode(_REQUEST, request.body).tokenKey


def token_info(call: Call) -> Answer:
    """Describe an OAuth access token."""
    body = {
        "token": call.token,
        "user": "developer@example.com",
        "hub_domain": "example.com",
        "scopes": sorted(call.scopes),
        "hub_id": call.account.portal_id,
        "app_id": _APP,
        "expires_in": 1800,
        "user_id": _USER,
        "token_type": "access",
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "auth.token_info")


def private_app(call: Call) -> Answer:
    """Describe the access token of a private app."""
    body = {
        "userId": _USER,
        "hubId": call.account.portal_id,
        "appId": _APP,
        "scopes": sorted(call.scopes),
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "auth.private_app_info")
