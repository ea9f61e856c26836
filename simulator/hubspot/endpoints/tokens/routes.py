"""The routes that describe a token; the token that the request names is all that they need."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.route import BAD_REQUEST, Route
from simulator.hubspot.endpoints.tokens import handler, requests
from simulator.hubspot.endpoints.tokens.answers import SHAPES

__all__ = ["ROUTES", "SHAPES"]

ROUTES: Final = (
    Route(
        "GET",
        ("/oauth/v1/access-tokens/{token}",),
        handler.token_info,
        tag="Account",
        summary="Describe what an OAuth token opens",
        answers={200: "AnyObject"},
        token_of=handler.token_in_path,
    ),
    Route(
        "POST",
        ("/oauth/v2/private-apps/get/access-token-info",),
        handler.private_app,
        tag="Account",
        summary="Describe what a private app's token opens",
        answers={200: "AnyObject", **BAD_REQUEST},
        request=requests.TokenRequest,
        token_of=handler.token_in_body,
    ),
)
