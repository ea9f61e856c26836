"""The routes that describe the account."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.account_info import handler
from simulator.hubspot.endpoints.account_info.answers import SHAPES
from simulator.hubspot.endpoints.route import Route, versioned

__all__ = ["ROUTES", "SHAPES"]

_ACCOUNT: Final = ("/account-info/v3", "/account-info/{date}")

ROUTES: Final = (
    Route(
        "GET",
        versioned(_ACCOUNT, "/details"),
        handler.account_details,
        tag="Account",
        summary="Describe the account",
        answers={200: "AccountDetails"},
    ),
    Route(
        "GET",
        versioned(_ACCOUNT, "/api-usage/daily/private-apps"),
        handler.api_usage,
        tag="Account",
        summary="Count today's calls",
        answers={200: "AnyObject"},
    ),
)
