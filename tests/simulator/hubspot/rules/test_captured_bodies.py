"""Bodies that somebody captured from the real HubSpot, matched field by field; ids, times and correlation ids aside.

Each row names the section of the wire facts that has the capture. The captures of sections 1.3 (required fields),
2.4, 3.1, 3.2 (conflict), 3.3 (duplicates) and 3.6 are whole in `test_fidelity.py`, in the rows with a `status`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulator.hubspot.faults.answers import fault_answer
from simulator.hubspot.faults.syntax import parse_fault
from simulator.hubspot.messages import Answer, Request
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.behaviours import Behaviours

NOW = 1_790_000_000.0  # 2026-09-21
CONTACTS, SEND = "/crm/v3/objects/contacts", "/events/v3/send"
VIEW = "pe12345678_view"
SEED = {
    "contacts": [{"email": "ada@example.org", "properties": {"firstname": "Ada"}}],
    "definitions": [{"name": VIEW, "properties": ["sku"]}],
    "occurrences": [
        {
            "eventName": VIEW,
            "email": "ada@example.org",
            "properties": {"sku": "x", "hs_page_url": "https://example.org/"},
            "occurredAt": "2026-01-02T03:04:05.678Z",
        }
    ],
}


class Like:
    """Equals any text that the pattern matches whole; stands where a capture has an id, a time or a number."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern, re.DOTALL)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._pattern.fullmatch(other) is not None

    def __hash__(self) -> int:
        return hash(self._pattern)

    def __repr__(self) -> str:
        return f"Like({self._pattern.pattern!r})"


ID, TIME = Like(r"\d+"), Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DOMAIN = Like(r"[a-z.]+")
CORRELATION = Like(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Row:
    """A request and the whole body that was captured for it; `headers` are those that the capture has."""

    section: str
    method: str
    target: str
    sent: Any
    status: int
    body: dict[str, Any]
    token: str = DEFAULT_TOKEN
    headers: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.section} {self.status}"


def error(message: Any, category: str | None = None, **more: Any) -> dict[str, Any]:
    """Give HubSpot's envelope."""
    known = {"status": "error", "message": message, "correlationId": CORRELATION, **more}
    return known if category is None else {**known, "category": category}


def invalid(code: str, name: str, message: str, value: str | None = None) -> dict[str, Any]:
    """Give the 400 of section 3.7, with its list as text inside the message."""
    problem: dict[str, Any] = {"isValid": False, "message": message, "error": code, "name": name}
    if value is not None:
        problem["propertyValue"] = value
    problem |= {"localizedErrorMessage": message, "portalId": 12345678}
    inside = json.dumps([problem], separators=(",", ":"), ensure_ascii=False)
    errors = [{"message": message, "code": code, "context": {"propertyName": [name]}}]
    return error(f"Property values were not valid: {inside}", "VALIDATION_ERROR", errors=errors)


def change(**properties: str) -> dict[str, Any]:
    return {"properties": properties}


def created(**more: Any) -> dict[str, Any]:
    """Give a contact as the reply to its creation shows it (section 3.2)."""
    properties = {
        "createdate": TIME,
        "lastmodifieddate": TIME,
        "hs_object_id": ID,
        "lifecyclestage": "lead",
        "hs_pipeline": "contacts-lifecycle-pipeline",
        "hs_is_unworked": "true",
        "hs_object_source": "INTEGRATION",
        "hs_object_source_id": ID,
        "hs_object_source_label": "INTEGRATION",
        "hs_email_domain": DOMAIN,
        "hs_all_contact_vids": ID,
        "hs_is_contact": "true",
        "hs_marketable_status": "false",
        "hs_marketable_until_renewal": "false",
        **more,
    }
    return {"id": ID, "properties": properties, "createdAt": TIME, "updatedAt": TIME, "archived": False}


def upsert(*inputs: tuple[str, str, dict[str, str]]) -> dict[str, Any]:
    return {
        "inputs": [
            {"id": email, "idProperty": "email", "objectWriteTraceId": trace, "properties": properties}
            for email, trace, properties in inputs
        ]
    }


DONE = {"status": "COMPLETE", "startedAt": TIME, "completedAt": TIME}
SCOPE = "analytics.behavioral_events.send"
AUTHENTICATION = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details "
    "at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)
UNAUTHORIZED = {
    "X-HubSpot-Auth-Failure": "401 Unauthorized",
    "X-HubSpot-Correlation-Id": CORRELATION,
    "Content-Type": "application/json;charset=utf-8",
}

ROWS = [
    Row(
        "1.3 malformed",
        "POST",
        SEND,
        b"{%",
        400,
        error(
            Like(
                r"Invalid input JSON on line 1, column 2: Unexpected character \('%' \(code 37\)\): "
                r"expected a valid value \(.+\)"
            )
        ),
    ),
    Row(
        "1.3 wrong type",
        "POST",
        CONTACTS,
        b'{"properties":{"email":{"value":"a@b.cc"}}}',
        400,
        error(
            Like(
                r"Invalid input JSON on line 1, column \d+: Cannot deserialize value of type `java\.lang\.String` "
                r"from Object value \(token `JsonToken\.START_OBJECT`\)"
            )
        ),
    ),
    Row(
        "2.6 an occurrence, no paging on the last page",
        "GET",
        "/events/v3/events?objectType=contact&objectId=101",
        None,
        200,
        {
            "results": [
                {
                    "id": CORRELATION,
                    "eventType": VIEW,
                    "objectType": "CONTACT",
                    "objectId": "101",
                    "occurredAt": "2026-01-02T03:04:05.678Z",
                    "properties": {"sku": "x", "hs_page_url": "https://example.org/"},
                }
            ]
        },
    ),
    Row(
        "3.2 created",
        "POST",
        CONTACTS,
        {"properties": {"email": "New@Example.org", "firstname": "N"}, "associations": []},
        201,
        created(email="new@example.org", firstname="N"),
        headers={"Location": Like(r"/crm/v3/objects/contacts/\d+")},
    ),
    Row(
        "3.2 conflict within a batch",
        "POST",
        f"{CONTACTS}/batch/create",
        {"inputs": [{"properties": {"email": "ada@example.org"}, "objectWriteTraceId": "t1"}]},
        207,
        {
            **DONE,
            "results": [],
            "numErrors": 1,
            "errors": [
                {
                    "status": "error",
                    "category": "CONFLICT",
                    "message": Like(r"Contact already exists\. Existing ID: \d+"),
                    "context": {"existingId": ["101"], "objectWriteTraceId": ["t1"]},
                }
            ],
        },
    ),
    Row(
        "3.3 upsert",
        "POST",
        f"{CONTACTS}/batch/upsert",
        {"inputs": [{"id": "New@x.org", "idProperty": "email", "properties": {"phone": "1"}}]},
        200,
        {**DONE, "results": [{**created(email="new@x.org", phone="1"), "new": True}]},
    ),
    Row(
        "3.3 upsert with trace ids",
        "POST",
        f"{CONTACTS}/batch/upsert",
        upsert(("new@x.org", "t1", {"phone": "1"}), ("bad@x.org", "t2", {"foo": "1"})),
        207,
        {
            **DONE,
            "results": [{**created(email="new@x.org", phone="1"), "new": True, "objectWriteTraceId": "t1"}],
            "numErrors": 1,
            "errors": [
                {
                    "status": "error",
                    "category": "VALIDATION_ERROR",
                    "message": invalid("PROPERTY_DOESNT_EXIST", "foo", 'Property "foo" does not exist')[
                        "message"
                    ],
                    "context": {"objectWriteTraceId": ["t2"]},
                }
            ],
        },
    ),
    Row(
        "3.3 not unique",
        "POST",
        f"{CONTACTS}/batch/upsert",
        {"inputs": [{"id": "1", "idProperty": "phone", "properties": {}}]},
        400,
        error("Unable to perform update/upsert by non-unique 0-1 property phone", "VALIDATION_ERROR"),
    ),
    Row(
        "3.3 a lone object in place of inputs",
        "POST",
        f"{CONTACTS}/batch/upsert",
        {"id": "ada@example.org", "idProperty": "email", "properties": {"phone": "1"}},
        200,
        {"status": "COMPLETE", "results": [], "errors": []},
    ),
    Row(
        "3.4 missing",
        "POST",
        f"{CONTACTS}/batch/read",
        {"inputs": [{"id": "999999"}], "properties": []},
        207,
        {
            **DONE,
            "results": [],
            "numErrors": 1,
            "errors": [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that "
                    "ids are valid.",
                    "context": {"ids": ["999999"]},
                }
            ],
        },
    ),
    Row(
        "3.4 history",
        "POST",
        f"{CONTACTS}/batch/read",
        {"inputs": [{"id": str(number)} for number in range(51)], "propertiesWithHistory": ["email"]},
        400,
        error(
            Like(r"The maximum number of inputs supported in a batch request for property histories is 50.*"),
            "VALIDATION_ERROR",
        ),
    ),
    Row(
        "3.7 unknown property",
        "PATCH",
        f"{CONTACTS}/101",
        change(foo="x"),
        400,
        invalid("PROPERTY_DOESNT_EXIST", "foo", 'Property "foo" does not exist'),
    ),
    Row(
        "3.7 e-mail",
        "PATCH",
        f"{CONTACTS}/101",
        change(email="nobody"),
        400,
        invalid("INVALID_EMAIL", "email", "Email address nobody is invalid", "nobody"),
    ),
    Row(
        "3.7 read-only",
        "PATCH",
        f"{CONTACTS}/101",
        change(createdate="2026-01-01"),
        400,
        invalid(
            "READ_ONLY_VALUE", "createdate", '"createdate" is a calculated property; its value cannot be set.'
        ),
    ),
    Row(
        "3.7 option",
        "PATCH",
        f"{CONTACTS}/101",
        change(kind="Gold"),
        400,
        invalid(
            "INVALID_OPTION",
            "kind",
            'Gold was not one of the allowed options: [label: "Prospect"\nvalue: "PROSPECT"\ndisplay_order: 0\n]',
            "Gold",
        ),
    ),
    Row(
        "3.7 number",
        "PATCH",
        f"{CONTACTS}/101",
        change(associatedcompanyid="many"),
        400,
        invalid("INVALID_LONG", "associatedcompanyid", "many was not a valid long.", "many"),
    ),
    Row(
        "4 unknown token",
        "POST",
        SEND,
        {},
        401,
        error(AUTHENTICATION, "INVALID_AUTHENTICATION"),
        token="pat-na1-wrong",
        headers=UNAUTHORIZED,
    ),
    Row(
        "4 Bearer Bearer",
        "POST",
        SEND,
        {},
        401,
        error(AUTHENTICATION, "INVALID_AUTHENTICATION"),
        token=f"Bearer {DEFAULT_TOKEN}",
        headers=UNAUTHORIZED,
    ),
    Row(
        "4 no token but a key",
        "POST",
        SEND,
        {},
        401,
        error(
            Like(r"The OAuth token used to make this call expired 20\d{3} day\(s\) ago\."),
            "EXPIRED_AUTHENTICATION",
            context={"expire time": ["1970-01-01T00:00:00Z"]},
        ),
        token="a-key-of-another-kind",
        headers=UNAUTHORIZED,
    ),
    Row(
        "4 scope, variant A",
        "POST",
        SEND,
        {},
        403,
        error(
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes "
            "here: https://developers.hubspot.com/scopes.",
            "MISSING_SCOPES",
            errors=[
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": [SCOPE]},
                }
            ],
            links={"scopes": "https://developers.hubspot.com/scopes"},
        ),
        token="pat-na1-reader",
    ),
]


def account(**switches: Any) -> HubSpot:
    service = HubSpot(switches=Behaviours.from_mapping(switches), clock=lambda: NOW)
    service.add_account("pat-na1-reader", scopes=["crm.objects.contacts.read"])
    default = service.account_for(DEFAULT_TOKEN)
    assert default is not None
    service.seed(default, SEED)
    kind = {"name": "kind", "label": "Kind", "type": "enumeration", "fieldType": "select", "groupName": "g"}
    options = [{"label": "Prospect", "value": "PROSPECT", "displayOrder": 0, "hidden": False}]
    assert ask(service, "POST", "/crm/v3/properties/contacts", {**kind, "options": options}).status == 201
    return service


def ask(service: HubSpot, method: str, target: str, sent: Any, token: str = DEFAULT_TOKEN) -> Answer:
    path, _, query = target.partition("?")
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]
    body = sent if isinstance(sent, bytes) else b"" if sent is None else json.dumps(sent).encode()
    return service.handle(Request(method, path, pairs, {"authorization": f"Bearer {token}"}, body, NOW))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_captured_body_comes_back_field_by_field(row: Row) -> None:
    answer = ask(account(), row.method, row.target, row.sent, row.token)
    assert answer.status == row.status, answer.decision
    assert json.loads(answer.body) == row.body
    headers = dict(answer.headers)
    assert {name: headers.get(name) for name in row.headers} == row.headers
    assert (
        answer.body == json.dumps(json.loads(answer.body), separators=(",", ":"), ensure_ascii=False).encode()
    ), "captures of 2026 are compact (section 5)"


@dataclass(frozen=True)
class LimitCase:
    """A limit, its message, and the request that reaches it."""

    policy: str
    message: str
    method: str
    target: str
    calls: int


LIMITS = [
    LimitCase(
        "TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", "GET", CONTACTS, 101
    ),
    LimitCase("SECONDLY", "You have reached your secondly limit.", "POST", f"{CONTACTS}/search", 6),
]


def limited(policy: str, message: str) -> dict[str, Any]:
    """Give section 6's 429: `errorType` in place of a category; the group of private apps is inferred."""
    group = Like(r"publicapi:private-app-api-calls-(ten-secondly|secondly|daily):\d+")
    return error(message, errorType="RATE_LIMIT", policyName=policy, groupName=group)


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: case.policy)
def test_section_6_a_reached_limit_answers_as_captured(case: LimitCase) -> None:
    service = account(enforce_rate_limits="true", tier="starter")
    answers = [ask(service, case.method, case.target, {}) for _ in range(case.calls)]
    assert answers[-1].status == 429
    assert json.loads(answers[-1].body) == limited(case.policy, case.message)


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"])
def test_section_6_the_fault_429_answers_as_captured(policy: str) -> None:
    body = json.loads(fault_answer(parse_fault(f"429:policy={policy}")).body)
    assert body == limited(policy, f"You have reached your {policy.lower()} limit.")


def test_section_6_the_headers_of_a_call_are_those_of_the_recording() -> None:
    headers = dict(ask(account(), "GET", CONTACTS, None).headers)
    told = {name: value for name, value in headers.items() if name.startswith("X-HubSpot-RateLimit")}
    assert told == {
        "X-HubSpot-RateLimit-Daily": "1000000",
        "X-HubSpot-RateLimit-Daily-Remaining": "999998",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Max": "190",
        "X-HubSpot-RateLimit-Remaining": "188",
    }
    search = dict(ask(account(), "POST", f"{CONTACTS}/search", {}).headers)
    assert not [name for name in search if name.startswith("X-HubSpot-RateLimit")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("401", error(AUTHENTICATION, "INVALID_AUTHENTICATION")),
        ("403", ROWS[-1].body),
        ("500", error("internal error")),
    ],
)
def test_sections_4_and_5_a_fault_answers_as_captured(kind: str, body: dict[str, Any]) -> None:
    answer = fault_answer(parse_fault(kind))
    assert json.loads(answer.body) == body
    assert dict(answer.headers)["X-HubSpot-Correlation-Id"] == json.loads(answer.body)["correlationId"]


def test_section_5_an_unknown_route_is_jettys_page() -> None:
    answer = ask(account(), "GET", "/crm/v3/nothing", None)
    assert (answer.status, dict(answer.headers)["Content-Type"].partition(";")[0]) == (404, "text/html")
    assert re.search(rb"<html>.*Error 404 Not Found", answer.body, re.DOTALL)
