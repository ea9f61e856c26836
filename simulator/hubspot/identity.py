"""Tell an account about itself (design of issue 3: account and access-token information)."""

from __future__ import annotations

from .call import Call
from .errors import answer_json
from .exchange import Answer

__all__ = ["account_details"]


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
