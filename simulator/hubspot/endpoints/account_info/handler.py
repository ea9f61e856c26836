"""Describe the account. Fields follow the official clients' models; values are the simulator's own."""

from __future__ import annotations

from urllib.parse import urlsplit

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import answer_json
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.rate_limits import DAY_SECONDS
from simulator.hubspot.state.timestamps import iso

__all__ = ["account_details", "api_usage"]


def account_details(call: Call) -> Answer:
    """Return the portal id, time zone and currency of the account."""
    body = {
        "portalId": call.account.portal_id,
        "accountType": "DEVELOPER_TEST",
        "timeZone": "UTC",
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": urlsplit(call.base_url).netloc,  # links to records must not point to the real HubSpot
        "dataHostingLocation": "na1",
    }
    return answer_json(200, body, f"200: portal {call.account.portal_id}", "account.details")


def api_usage(call: Call) -> Answer:
    """Return the number of calls today (UTC); send requests are exempt and not counted."""
    account = call.account
    with account.lock:
        used, limit = account.limits.today(call.now), account.limits.daily(account.behaviours)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limit,
        "currentUsage": used,
        "collectedAt": iso(call.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso((call.now // DAY_SECONDS + 1) * DAY_SECONDS),
    }
    return answer_json(200, {"results": [usage]}, f"200: {used} of {limit} calls used", "account.usage")
