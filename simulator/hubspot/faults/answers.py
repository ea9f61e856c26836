"""Build the answers of faults: HubSpot's JSON errors and the HTML pages of its edge servers.

Bodies follow *HubSpot wire facts, sections 4 to 6*. `docs/simulator.md` marks what is only inferred there: the HTML of
502 to 504 and the scope in a 403.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

import orjson

from simulator.hubspot.faults.fault_board import Fault, FaultKind
from simulator.hubspot.messages import Answer

__all__ = ["fault_answer", "html_answer"]

_JSON = "application/json;charset=utf-8"
_REASONS = {
    413: "Request Entity Too Large",
    421: "Misdirected Request",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_MIGRATION_SECONDS = 86_400
_POLICY_MESSAGES = {
    "TEN_SECONDLY_ROLLING": ("ten_secondly_rolling", "ten-secondly"),
    "DAILY": ("daily", "daily"),
    "SECONDLY": ("secondly", "secondly"),
}


def fault_answer(fault: Fault) -> Answer:
    """Return the answer that a status fault or a `not-utf8` fault sends instead of the service's."""
    if fault.kind is FaultKind.NOT_UTF8:
        return Answer(
            500,
            (("Content-Type", _JSON),),
            b'{"status":"error","message":"\xff\xfe caf\xe9"}',
            "500: the body is not UTF-8",
            "fault.not-utf8",
        )
    status = int(fault.kind)
    decision = f"{status}: the fault {fault.label} struck"
    retry_after = fault.retry_after
    if fault.kind is FaultKind.MIGRATING and retry_after is None:
        retry_after = _MIGRATION_SECONDS
    extra = () if retry_after is None else (("Retry-After", str(retry_after)),)
    if status in (502, 503, 504):
        return html_answer(status, decision, f"fault.{status}", extra)
    correlation = str(uuid.uuid4())
    body = orjson.dumps({"status": "error", "correlationId": correlation, **_JSON_BODIES[fault.kind](fault)})
    headers = (("Content-Type", _JSON), ("X-HubSpot-Correlation-Id", correlation), *extra)
    if status == 401:
        headers = (*headers, ("X-HubSpot-Auth-Failure", "401 Unauthorized"))
    return Answer(status, headers, body, decision, f"fault.{status}")


def html_answer(status: int, decision: str, rule: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Return an HTML error page like those of edge servers."""
    title = f"{status} {_REASONS.get(status, 'Error')}"
    head = f"<html>\r\n<head><title>{title}</title></head>\r\n"
    page = f"{head}<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    return Answer(status, (("Content-Type", "text/html"), *headers), page.encode(), decision, rule)


def _unauthorized(_: Fault) -> Mapping[str, object]:
    return {
        "message": "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "category": "INVALID_AUTHENTICATION",
    }


def _forbidden(_: Fault) -> Mapping[str, object]:
    scopes = {"requiredGranularScopes": ["analytics.behavioral_events.send"]}
    return {
        "message": "This app hasn't been granted all required scopes to make this call. Read more about required "
        "scopes here: https://developers.hubspot.com/scopes.",
        "errors": [{"message": "One or more of the following scopes are required.", "context": scopes}],
        "links": {"scopes": "https://developers.hubspot.com/scopes"},
        "category": "MISSING_SCOPES",
    }


def _rate_limited(fault: Fault) -> Mapping[str, object]:
    policy_name, group = _POLICY_MESSAGES[fault.policy]
    return {
        "message": f"You have reached your {policy_name} limit.",
        "errorType": "RATE_LIMIT",
        "policyName": fault.policy,
        "groupName": f"publicapi:private-app-api-calls-{group}:1",
    }


def _locked(_: Fault) -> Mapping[str, object]:
    return {"message": "The resource is locked. Try again in at least 2 seconds."}


def _migrating(_: Fault) -> Mapping[str, object]:
    return {
        "message": "This account is being moved to another data center.",
        "category": "MIGRATION_IN_PROGRESS",
    }


def _internal(_: Fault) -> Mapping[str, object]:
    return {"message": "internal error"}


_JSON_BODIES: Mapping[FaultKind, Callable[[Fault], Mapping[str, object]]] = {
    FaultKind.UNAUTHORIZED: _unauthorized,
    FaultKind.FORBIDDEN: _forbidden,
    FaultKind.LOCKED: _locked,
    FaultKind.RATE_LIMITED: _rate_limited,
    FaultKind.MIGRATING: _migrating,
    FaultKind.INTERNAL_ERROR: _internal,
}
