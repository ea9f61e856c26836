"""Every rule of docs/fidelity.md, asked once; and the page held against the code, both ways."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot.messages import Answer, Request
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.behaviours import BehaviourError, Behaviours
from simulator.hubspot.state.property_values import PropertyGroup
from simulator.hubspot.state.store import Store

ROOT = Path(__file__).parents[4]
SEED = {
    "contacts": [{"email": "ada@example.org"}, {"email": "bob@example.org"}],
    "definitions": [{"name": "pe12345678_view", "properties": ["sku", {"name": "total", "type": "number"}]}],
    "contactProperties": ["plan"],
}
SEND, BATCH = "/events/v3/send", "/events/v3/send/batch"
CONTACTS, DEFINITIONS = "/crm/v3/objects/contacts", "/events/v3/event-definitions"
PROPERTIES = "/crm/v3/properties/contacts"
VIEW: dict[str, Any] = {
    "eventName": "pe12345678_view",
    "email": "ada@example.org",
    "properties": {"sku": "x"},
}
NEW = {"label": "Order", "name": "order", "propertyDefinitions": []}
PROPERTY = {"name": "plan", "label": "Plan", "type": "string", "fieldType": "text", "groupName": "g"}
INVALID = "VALIDATION_ERROR"


def contacts(*identifiers: str, **more: Any) -> dict[str, Any]:
    return {
        "inputs": [{"id": identifier, "properties": {"phone": "1"}, **more} for identifier in identifiers]
    }


def upserts(*emails: str, trace: bool = False, **properties: str) -> dict[str, Any]:
    entry = {"idProperty": "email", "properties": properties}
    return {
        "inputs": [
            {**entry, "id": email, **({"objectWriteTraceId": email} if trace else {})} for email in emails
        ]
    }


@dataclass(frozen=True)
class RuleCase:
    """A request, the rule that answers it, and what the answer says."""

    rule: str
    method: str
    target: str
    body: Any
    switches: dict[str, Any]
    status: int
    says: dict[str, Any]


CASES: list[RuleCase] = [
    RuleCase("events.send", "POST", SEND, VIEW, {}, 204, {}),
    RuleCase("events.batch", "POST", BATCH, {"inputs": [VIEW]}, {}, 204, {}),
    RuleCase("events.batch.size", "POST", BATCH, {"inputs": [VIEW] * 501}, {}, 400, {"category": INVALID}),
    RuleCase("events.batch.empty", "POST", BATCH, {"inputs": []}, {"empty_batch": "reject"}, 400, {}),
    RuleCase(
        "events.definition",
        "POST",
        SEND,
        {**VIEW, "eventName": "pe1_view"},
        {},
        400,
        {"message": "Event with fully qualified name pe1_view does not exist."},
    ),
    RuleCase("events.identity", "POST", SEND, {**VIEW, "email": None}, {}, 400, {"category": INVALID}),
    RuleCase("events.email.invalid", "POST", SEND, {**VIEW, "email": "nobody"}, {}, 400, {}),
    RuleCase(
        "events.email.unknown",
        "POST",
        SEND,
        {**VIEW, "email": "x@y.org"},
        {"unknown_email": "reject"},
        400,
        {},
    ),
    RuleCase(
        "events.object.unknown",
        "POST",
        SEND,
        {**VIEW, "objectId": "9"},
        {"unknown_object_id": "reject"},
        400,
        {},
    ),
    RuleCase("events.occurred_at", "POST", SEND, {**VIEW, "occurredAt": "2026-01-02T03:04:05"}, {}, 400, {}),
    RuleCase(
        "events.properties.count",
        "POST",
        SEND,
        {**VIEW, "properties": dict.fromkeys((f"p{n}" for n in range(51)), "x")},
        {},
        400,
        {},
    ),
    RuleCase("events.property.length", "POST", SEND, {**VIEW, "properties": {"sku": "x" * 257}}, {}, 400, {}),
    RuleCase("events.property.name", "POST", SEND, {**VIEW, "properties": {"Order Total": "x"}}, {}, 400, {}),
    RuleCase("events.property.unknown", "POST", SEND, {**VIEW, "properties": {"no": "x"}}, {}, 400, {}),
    RuleCase("events.property.value", "POST", SEND, {**VIEW, "properties": {"total": "x"}}, {}, 400, {}),
    RuleCase(
        "events.quota",
        "POST",
        BATCH,
        {"inputs": [VIEW, VIEW]},
        {"quota_occurrences": 2},
        429,
        {"category": "RATE_LIMITS"},
    ),
    RuleCase(
        "events.uuid.reject", "POST", SEND, {**VIEW, "uuid": "known"}, {"duplicate_uuid": "reject"}, 400, {}
    ),
    RuleCase("events.read", "GET", "/events/v3/events/?objectId=101&limit=1", None, {}, 200, {}),
    RuleCase("events.read.query", "GET", "/events/v3/events?occurredAfter=soon", None, {}, 400, {}),
    RuleCase(
        "events.types",
        "GET",
        "/events/v3/events/event-types",
        None,
        {},
        200,
        {"eventTypes": ["pe12345678_view"]},
    ),
    RuleCase("definition.list", "GET", DEFINITIONS, None, {}, 200, {"total": 1}),
    RuleCase(
        "definition.get",
        "GET",
        f"{DEFINITIONS}/view/",
        None,
        {},
        200,
        {"fullyQualifiedName": "pe12345678_view"},
    ),
    RuleCase(
        "definition.create", "POST", DEFINITIONS, NEW, {}, 201, {"fullyQualifiedName": "pe12345678_order"}
    ),
    RuleCase(
        "definition.change",
        "PATCH",
        f"{DEFINITIONS}/view",
        {"label": "V"},
        {},
        201,
        {"labels": {"singular": "V"}},
    ),
    RuleCase("definition.delete", "DELETE", f"{DEFINITIONS}/view", None, {}, 204, {}),
    RuleCase(
        "definition.unknown",
        "GET",
        f"{DEFINITIONS}/custom_event_1",
        None,
        {},
        400,
        {
            "status": "error",
            "message": "StandardError{status=error, category=VALIDATION_ERROR, message=Event with fully "
            "qualified name custom_event_1 does not exist., errors=[], context={}, links={}}",
        },
    ),
    RuleCase(
        "definition.taken", "POST", DEFINITIONS, {**NEW, "name": "view"}, {}, 409, {"category": "CONFLICT"}
    ),
    RuleCase("definition.name", "POST", DEFINITIONS, {**NEW, "name": "x" * 51}, {}, 400, {}),
    RuleCase("definition.label", "POST", DEFINITIONS, {**NEW, "label": "x" * 101}, {}, 400, {}),
    RuleCase(
        "definition.properties.count",
        "POST",
        DEFINITIONS,
        {**NEW, "propertyDefinitions": [{"label": f"p{n}", "type": "string"} for n in range(51)]},
        {},
        400,
        {},
    ),
    RuleCase(
        "definition.property.create",
        "POST",
        f"{DEFINITIONS}/view/property",
        PROPERTY,
        {},
        201,
        {"name": "plan"},
    ),
    RuleCase(
        "definition.property.change",
        "PATCH",
        f"{DEFINITIONS}/view/property/sku",
        {"label": "S"},
        {},
        201,
        {"label": "S"},
    ),
    RuleCase("definition.property.delete", "DELETE", f"{DEFINITIONS}/view/property/sku", None, {}, 204, {}),
    RuleCase("definition.property.unknown", "DELETE", f"{DEFINITIONS}/view/property/no", None, {}, 404, {}),
    RuleCase(
        "definition.property.taken",
        "POST",
        f"{DEFINITIONS}/view/property",
        {**PROPERTY, "name": "sku"},
        {},
        409,
        {},
    ),
    RuleCase(
        "definition.property.type",
        "POST",
        f"{DEFINITIONS}/view/property",
        {**PROPERTY, "type": "colour"},
        {},
        400,
        {},
    ),
    RuleCase(
        "contact.get",
        "GET",
        f"{CONTACTS}/101?properties=phone",
        None,
        {},
        200,
        {"id": "101", "archived": False},
    ),
    RuleCase("contact.list", "GET", f"{CONTACTS}?limit=1", None, {}, 200, {}),
    RuleCase("contact.list.limit", "GET", f"{CONTACTS}?limit=101", None, {}, 400, {}),
    RuleCase(
        "contact.create", "POST", CONTACTS, {"properties": {"email": "c@x.org"}}, {}, 201, {"id": "103"}
    ),
    RuleCase(
        "contact.update", "PATCH", f"{CONTACTS}/101", {"properties": {"phone": "1"}}, {}, 200, {"id": "101"}
    ),
    RuleCase(
        "contact.update.empty",
        "PATCH",
        f"{CONTACTS}/101",
        {"properties": {}},
        {},
        400,
        {
            "status": "error",
            "message": "No properties found to update, please provide at least one.",
            "context": {"properties": ["{}"]},
            "category": INVALID,
        },
    ),
    RuleCase(
        "contact.unknown",
        "PATCH",
        f"{CONTACTS}/x%2By%40z.org?idProperty=email",
        {"properties": {"phone": "1"}},
        {},
        404,
        {"status": "error", "message": "resource not found"},
    ),
    RuleCase(
        "contact.id.text",
        "PATCH",
        f"{CONTACTS}/o%27b%2F%25",
        {"properties": {"phone": "1"}},
        {},
        404,
        {
            "status": "error",
            "message": "Object not found.  objectId are usually numeric.",
            "context": {"id": ["o'b/%"]},
            "category": "OBJECT_NOT_FOUND",
        },
    ),
    RuleCase(
        "contact.conflict",
        "POST",
        CONTACTS,
        {"properties": {"email": "ADA@example.org"}},
        {},
        409,
        {"status": "error", "message": "Contact already exists. Existing ID: 101", "category": "CONFLICT"},
    ),
    RuleCase(
        "contact.properties",
        "PATCH",
        f"{CONTACTS}/101",
        {"properties": {"foo": "x"}},
        {},
        400,
        {"category": INVALID},
    ),
    RuleCase(
        "contact.lifecyclestage",
        "PATCH",
        f"{CONTACTS}/101",
        {"properties": {"lifecyclestage": "subscriber"}},
        {},
        200,
        {},
    ),
    RuleCase("contact.archive", "DELETE", f"{CONTACTS}/101", None, {}, 204, {}),
    RuleCase(
        "contact.batch.read",
        "POST",
        f"{CONTACTS}/batch/read",
        contacts("101"),
        {},
        200,
        {"status": "COMPLETE"},
    ),
    RuleCase(
        "contact.batch.read.partial",
        "POST",
        f"{CONTACTS}/batch/read",
        contacts("101", "9"),
        {},
        207,
        {"numErrors": 1},
    ),
    RuleCase(
        "contact.batch.create",
        "POST",
        f"{CONTACTS}/batch/create",
        {"inputs": [{"properties": {"lastname": "Byron"}}, {"properties": {"firstname": "Bob"}}]},
        {},
        201,
        {"status": "COMPLETE"},
    ),
    RuleCase(
        "contact.batch.create.partial",
        "POST",
        f"{CONTACTS}/batch/create",
        {"inputs": [{"properties": {"email": "ada@example.org"}, "objectWriteTraceId": "t1"}]},
        {},
        207,
        {
            "errors": [
                {
                    "status": "error",
                    "category": "CONFLICT",
                    "message": "Contact already exists. Existing ID: 101",
                    "context": {"objectWriteTraceId": ["t1"], "existingId": ["101"]},
                }
            ]
        },
    ),
    RuleCase("contact.batch.update", "POST", f"{CONTACTS}/batch/update", contacts("101", "102"), {}, 200, {}),
    RuleCase(
        "contact.batch.update.partial",
        "POST",
        f"{CONTACTS}/batch/update",
        contacts("101", "9"),
        {},
        207,
        {
            "errors": [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some CONTACT objects, they may be deleted or not exist. "
                    "Check that ids are valid.",
                    "context": {"ids": ["9"]},
                }
            ]
        },
    ),
    RuleCase(
        "contact.batch.upsert",
        "POST",
        f"{CONTACTS}/batch/upsert",
        upserts("Ada@example.org", phone="1"),
        {},
        200,
        {},
    ),
    RuleCase(
        "contact.batch.upsert.partial",
        "POST",
        f"{CONTACTS}/batch/upsert",
        upserts("nobody", "c@x.org", trace=True, phone="1"),
        {},
        207,
        {"numErrors": 1},
    ),
    RuleCase("contact.batch.archive", "POST", f"{CONTACTS}/batch/archive", contacts("101"), {}, 204, {}),
    RuleCase(
        "contact.batch.duplicate",
        "POST",
        f"{CONTACTS}/batch/update",
        contacts("101", "101"),
        {},
        400,
        {
            "status": "error",
            "message": "Duplicate IDs found in batch input: [101]. IDs must be unique",
            "context": {"ids": ["101"]},
            "category": INVALID,
        },
    ),
    RuleCase(
        "contact.batch.envelope",
        "POST",
        f"{CONTACTS}/batch/upsert",
        {"id": "x"},
        {},
        200,
        {"status": "COMPLETE", "results": [], "errors": []},
    ),
    RuleCase(
        "contact.batch.history_size",
        "POST",
        f"{CONTACTS}/batch/read",
        {**contacts(*map(str, range(51))), "propertiesWithHistory": ["email"]},
        {},
        400,
        {},
    ),
    RuleCase(
        "contact.batch.id_property",
        "POST",
        f"{CONTACTS}/batch/upsert",
        contacts("1", idProperty="phone"),
        {},
        400,
        {"message": "Unable to perform update/upsert by non-unique 0-1 property phone"},
    ),
    RuleCase(
        "contact.batch.size",
        "POST",
        f"{CONTACTS}/batch/read",
        contacts(*map(str, range(101))),
        {},
        400,
        {
            "status": "error",
            "message": "The maximum number of inputs supported in a batch is 100. Please reduce the number "
            "of items and try again",
            "category": INVALID,
        },
    ),
    RuleCase(
        "contact.search",
        "POST",
        f"{CONTACTS}/search",
        {
            "filterGroups": [
                {"filters": [{"propertyName": "email", "operator": "EQ", "value": "bob@example.org"}]}
            ]
        },
        {},
        200,
        {"total": 1},
    ),
    RuleCase(
        "contact.search.after",
        "POST",
        f"{CONTACTS}/search",
        {"after": "10000"},
        {},
        400,
        {"category": INVALID},
    ),
    RuleCase(
        "contact.search.filters",
        "POST",
        f"{CONTACTS}/search",
        {"filterGroups": [{"filters": []}] * 6},
        {},
        400,
        {},
    ),
    RuleCase("contact.search.property", "POST", f"{CONTACTS}/search", {"sorts": ["no"]}, {}, 400, {}),
    RuleCase(
        "contact.search.value",
        "POST",
        f"{CONTACTS}/search",
        {
            "filterGroups": [
                {"filters": [{"propertyName": "createdate", "operator": "GT", "value": "2020-11-15"}]}
            ]
        },
        {},
        400,
        {},
    ),
    RuleCase(
        "contact.create.identity", "POST", CONTACTS, {"email": "c@x.org"}, {}, 400, {"category": INVALID}
    ),
    RuleCase("contact.gdpr_delete", "POST", f"{CONTACTS}/gdpr-delete", {"objectId": "101"}, {}, 204, {}),
    RuleCase(
        "contact.batch.upsert.id_property",
        "POST",
        f"{CONTACTS}/batch/upsert",
        contacts("a@x.org"),
        {},
        400,
        {},
    ),
    RuleCase("contact.search.limit", "POST", f"{CONTACTS}/search", {"limit": 201}, {}, 400, {}),
    RuleCase(
        "contact.search.operator",
        "POST",
        f"{CONTACTS}/search",
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "LIKE"}]}]},
        {},
        400,
        {},
    ),
    RuleCase("property.list", "GET", "/crm/v3/properties/contacts", None, {}, 200, {}),
    RuleCase(
        "property.get",
        "GET",
        "/crm/properties/2026-03/contacts/email",
        None,
        {},
        200,
        {"hasUniqueValue": True},
    ),
    RuleCase(
        "property.create",
        "POST",
        "/crm/v3/properties/contacts",
        {**PROPERTY, "name": "level"},
        {},
        201,
        {"name": "level"},
    ),
    RuleCase("property.unknown", "GET", "/crm/v3/properties/contacts/no", None, {}, 404, {}),
    RuleCase(
        "property.taken", "POST", "/crm/v3/properties/contacts", {**PROPERTY, "name": "email"}, {}, 409, {}
    ),
    RuleCase(
        "property.update",
        "PATCH",
        f"{PROPERTIES}/plan",
        {"label": "Plan!"},
        {},
        200,
        {"label": "Plan!", "name": "plan"},
    ),
    RuleCase("property.archive", "DELETE", f"{PROPERTIES}/plan", None, {}, 204, {}),
    RuleCase(
        "property.read_only", "PATCH", f"{PROPERTIES}/email", {"label": "E"}, {}, 400, {"category": INVALID}
    ),
    RuleCase(
        "property.batch.read", "POST", f"{PROPERTIES}/batch/read", {"inputs": [{"name": "plan"}]}, {}, 200, {}
    ),
    RuleCase(
        "property.batch.create",
        "POST",
        f"{PROPERTIES}/batch/create",
        {"inputs": [{**PROPERTY, "name": "b"}]},
        {},
        201,
        {},
    ),
    RuleCase(
        "property.batch.archive",
        "POST",
        f"{PROPERTIES}/batch/archive",
        {"inputs": [{"name": "plan"}]},
        {},
        204,
        {},
    ),
    RuleCase("property.group.list", "GET", f"{PROPERTIES}/groups", None, {}, 200, {}),
    RuleCase(
        "property.group.create",
        "POST",
        f"{PROPERTIES}/groups",
        {"name": "g", "label": "G"},
        {},
        201,
        {"name": "g"},
    ),
    RuleCase(
        "property.group.get",
        "GET",
        f"{PROPERTIES}/groups/contactinformation",
        None,
        {},
        200,
        {"archived": False, "displayOrder": -1},
    ),
    RuleCase(
        "property.group.update", "PATCH", f"{PROPERTIES}/groups/shop", {"label": "S"}, {}, 200, {"label": "S"}
    ),
    RuleCase("property.group.archive", "DELETE", f"{PROPERTIES}/groups/shop", None, {}, 204, {}),
    RuleCase("property.group.used", "DELETE", f"{PROPERTIES}/groups/contactinformation", None, {}, 400, {}),
    RuleCase("property.group.unknown", "GET", f"{PROPERTIES}/groups/no", None, {}, 404, {}),
    RuleCase(
        "property.group.taken",
        "POST",
        f"{PROPERTIES}/groups",
        {"name": "contactinformation", "label": "C"},
        {},
        409,
        {},
    ),
    RuleCase(
        "property.invalid", "POST", "/crm/v3/properties/contacts", {**PROPERTY, "name": "No!"}, {}, 400, {}
    ),
    RuleCase("account.details", "GET", "/account-info/v3/details", None, {}, 200, {"portalId": 12345678}),
    RuleCase("account.usage", "GET", "/account-info/2026-03/api-usage/daily/private-apps", None, {}, 200, {}),
    RuleCase(
        "auth.token_info",
        "GET",
        f"/oauth/v1/access-tokens/{DEFAULT_TOKEN}",
        None,
        {},
        200,
        {"hub_id": 12345678, "token_type": "access", "token": DEFAULT_TOKEN},
    ),
    RuleCase(
        "auth.private_app_info",
        "POST",
        "/oauth/v2/private-apps/get/access-token-info",
        {"tokenKey": DEFAULT_TOKEN},
        {},
        200,
        {"hubId": 12345678},
    ),
    RuleCase(
        "contact.id_property",
        "GET",
        f"{CONTACTS}/1?idProperty=phone",
        None,
        {},
        400,
        {"message": "Unable to perform update/upsert by non-unique 0-1 property phone"},
    ),
    RuleCase("json.malformed", "POST", SEND, b"{%", {}, 400, {"status": "error"}),
    RuleCase(
        "json.required",
        "POST",
        SEND,
        {"email": "a@b.cc"},
        {},
        400,
        {
            "message": "Invalid input JSON on line 1, column 19. Some required fields were not set: [eventName]",
            "category": INVALID,
        },
    ),
    RuleCase("json.shape", "POST", SEND, {**VIEW, "email": {}}, {}, 400, {}),
    RuleCase("query.number", "GET", f"{CONTACTS}?limit=ten", None, {}, 400, {}),
]


def hubspot(**switches: Any) -> tuple[HubSpot, SimulatedAccount]:
    service = HubSpot(switches=Behaviours.from_mapping(switches), clock=lambda: 1_700_000_000.0)
    account = service.account_for(DEFAULT_TOKEN)
    assert account is not None
    account.add_property_group(PropertyGroup("shop", "Shop"))
    service.seed(account, {**SEED, "occurrences": [{**VIEW, "uuid": "known"}]})
    return service, account


def ask(service: HubSpot, method: str, target: str, body: Any = None, token: str = DEFAULT_TOKEN) -> Answer:
    path, _, query = target.partition("?")
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return service.handle(Request(method, path, pairs, {"authorization": f"Bearer {token}"}, sent))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_each_rule_answers_as_its_evidence_says(case: RuleCase) -> None:
    service, _ = hubspot(**case.switches)
    answer = ask(service, case.method, case.target, case.body)
    assert (answer.rule, answer.status) == (case.rule, case.status), answer.decision
    assert answer.decision.startswith(f"{case.status}: ")
    assert answer.portal_id == 12345678
    if case.status == 204:
        assert answer.body == b""
        return
    headers, said = dict(answer.headers), json.loads(answer.body)
    assert headers["Content-Type"] == "application/json;charset=utf-8"
    if case.status >= 400:
        assert said.pop("correlationId") == headers["X-HubSpot-Correlation-Id"]
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]\w{3}-\w{12}", headers["X-HubSpot-Correlation-Id"]
        )
        if "status" in case.says:
            assert said == case.says or case.rule == "json.malformed"
    assert {name: said.get(name) for name in case.says} == case.says


@pytest.mark.parametrize(
    ("token", "rule", "category"),
    [
        ("pat-na1-unknown", "auth.token", "INVALID_AUTHENTICATION"),
        (f"Bearer {DEFAULT_TOKEN}", "auth.token", "INVALID_AUTHENTICATION"),
        ("a-key-of-another-kind", "auth.not_a_token", "EXPIRED_AUTHENTICATION"),
    ],
)
def test_a_wrong_token_is_told_as_hubspot_tells_it(token: str, rule: str, category: str) -> None:
    answer = ask(hubspot()[0], "POST", SEND, VIEW, token=token)
    assert (answer.status, answer.rule) == (401, rule)
    assert json.loads(answer.body)["category"] == category


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/oauth/v1/access-tokens/pat-na1-unknown", None),
        ("POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "pat-na1-unknown"}),
    ],
)
def test_asking_about_an_unknown_token_tells_nothing(method: str, target: str, body: Any) -> None:
    answer = ask(hubspot()[0], method, target, body)
    assert (answer.status, answer.rule) == (401, "auth.token_info.unknown")
    assert json.loads(answer.body)["category"] == "INVALID_AUTHENTICATION"


def test_the_scopes_of_a_token_are_told_to_whoever_has_it() -> None:
    service, _ = hubspot()
    service.add_account("pat-na1-reader", portal_id=99, scopes=["crm.objects.contacts.read"])
    target = "/oauth/v2/private-apps/get/access-token-info"
    told = json.loads(ask(service, "POST", target, {"tokenKey": "pat-na1-reader"}, token="").body)
    assert told == {"userId": 1, "hubId": 99, "appId": 1, "scopes": ["crm.objects.contacts.read"]}


def test_a_token_without_the_scope_hears_which_one_is_missing() -> None:
    service, _ = hubspot()
    service.add_account("pat-na1-reader", scopes=["crm.objects.contacts.read"])
    assert ask(service, "GET", CONTACTS, token="pat-na1-reader").status == 200
    answer = ask(service, "POST", SEND, VIEW, token="pat-na1-reader")
    said = json.loads(answer.body)
    assert (answer.status, answer.rule, said["category"]) == (403, "auth.scope", "MISSING_SCOPES")
    assert said["errors"][0]["context"] == {"requiredGranularScopes": ["analytics.behavioral_events.send"]}


@pytest.mark.parametrize(
    ("rule", "method", "target", "allowed"),
    [("limit.ten_secondly", "GET", CONTACTS, 100), ("limit.secondly", "POST", f"{CONTACTS}/search", 5)],
)
def test_a_burst_meets_the_limit_of_its_tier(rule: str, method: str, target: str, allowed: int) -> None:
    service, _ = hubspot(enforce_rate_limits="true", tier="starter", retry_after_on_429=3)
    answers = [ask(service, method, target, b"{}") for _ in range(allowed + 1)]
    assert [answer.status for answer in answers] == [200] * allowed + [429]
    assert answers[-1].rule == rule
    assert dict(answers[-1].headers)["Retry-After"] == "3"
    said = json.loads(answers[-1].body)
    assert said["errorType"] == "RATE_LIMIT"
    assert "category" not in said
    assert ask(service, "POST", SEND, VIEW).status == 204  # events are exempt


def test_a_day_has_an_end_and_a_new_one_begins() -> None:
    now = [1_700_000_000.0]
    service = HubSpot(switches=Behaviours(enforce_rate_limits=True), clock=lambda: now[0])
    account = service.account_for(DEFAULT_TOKEN)
    assert account is not None
    ask(service, "GET", CONTACTS)
    account.limits._today = 1_000_000
    assert ask(service, "GET", CONTACTS).rule == "limit.daily"
    now[0] += 86_400
    assert ask(service, "GET", CONTACTS).status == 200


def test_headers_tell_what_is_left_but_not_on_events() -> None:
    service, _ = hubspot()
    assert dict(ask(service, "GET", CONTACTS).headers)["X-HubSpot-RateLimit-Remaining"] == "189"
    assert "X-HubSpot-RateLimit-Max" not in dict(ask(service, "POST", SEND, VIEW).headers)


def test_a_month_has_an_end_and_what_was_used_is_shown() -> None:
    now = [1_700_000_000.0]  # 14 November 2023
    service = HubSpot(switches=Behaviours(quota_occurrences=2, quota_definitions=1), clock=lambda: now[0])
    account = service.account_for(DEFAULT_TOKEN)
    assert account is not None
    service.seed(account, SEED)
    assert ask(service, "POST", BATCH, {"inputs": [VIEW, VIEW]}).status == 204
    assert account.quotas()["occurrences"] == {"used": 2, "limit": 2}
    assert ask(service, "POST", SEND, VIEW).rule == "events.quota"
    assert account.counters().accepted == 2
    assert ask(service, "POST", DEFINITIONS, NEW).rule == "definition.count"
    now[0] += 17 * 86_400
    assert ask(service, "POST", SEND, VIEW).status == 204
    assert account.quotas()["occurrences"]["used"] == 1


def test_an_account_holds_500_definitions() -> None:
    service, account = hubspot()
    for number in range(499):
        account.define(f"pe12345678_d{number}", 0.0)
    assert ask(service, "POST", DEFINITIONS, NEW).rule == "definition.count"


def test_an_unknown_route_is_a_page_before_any_token_is_read() -> None:
    answer = ask(hubspot()[0], "GET", "/nothing", token="x")
    assert (answer.status, answer.rule) == (404, "route.unknown")


def test_a_bug_of_the_simulator_is_a_500_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    service, account = hubspot()
    monkeypatch.setattr(account, "definitions", None)
    answer = ask(service, "POST", SEND, VIEW)
    assert (answer.status, answer.rule) == (500, "simulator.bug")


def test_a_matching_id_wins_over_every_other_identity() -> None:
    service, account = hubspot()
    rule = {"eventPropertyName": "phone", "targetObjectPropertyName": "phone"}
    body = {**NEW, "propertyDefinitions": [{"label": "Phone", "type": "string"}]}
    ask(service, "POST", DEFINITIONS, {**body, "customMatchingId": {"primaryObjectRule": rule}})
    ask(service, "PATCH", f"{CONTACTS}/102", {"properties": {"phone": "1"}})
    sent = {"eventName": "pe12345678_order", "properties": {"phone": "1"}, "objectId": "101"}
    assert ask(service, "POST", SEND, sent).status == 204
    assert [entry["eventName"] for entry in account.timeline("102")] == ["pe12345678_order"]


def test_accepted_is_not_visible_until_the_delay_is_over() -> None:
    now = [1_700_000_000.0]
    service = HubSpot(switches=Behaviours(visibility_delay_ms=5000, search_lag_ms=5000), clock=lambda: now[0])
    account = service.account_for(DEFAULT_TOKEN)
    assert account is not None
    service.seed(account, {"definitions": SEED["definitions"]})
    ask(service, "POST", CONTACTS, {"properties": {"email": "ada@example.org"}})
    ask(service, "POST", SEND, VIEW)
    read = "/events/v3/events"
    assert json.loads(ask(service, "GET", read).body)["results"] == []
    assert json.loads(ask(service, "POST", f"{CONTACTS}/search", {}).body)["total"] == 0
    now[0] += 5
    assert len(json.loads(ask(service, "GET", read).body)["results"]) == 1
    assert json.loads(ask(service, "POST", f"{CONTACTS}/search", {}).body)["total"] == 1


def test_names_that_become_equal_in_lower_case_are_one() -> None:
    service, account = hubspot()
    ask(service, "POST", SEND, {**VIEW, "properties": {"SKU": "upper", "sku": "lower"}})
    assert account.occurrences[-1]["properties"] == {"sku": "lower"}


def test_a_uuid_may_come_again_after_a_year() -> None:
    now = [1_700_000_000.0]
    service = HubSpot(clock=lambda: now[0])
    account = service.account_for(DEFAULT_TOKEN)
    assert account is not None
    service.seed(account, SEED)
    for days in (0, 364, 366):
        now[0] = 1_700_000_000.0 + days * 86_400
        ask(service, "POST", SEND, {**VIEW, "uuid": "u"})
    assert (account.counters().accepted, account.counters().duplicates) == (2, 1)


def test_the_good_ones_of_a_bad_batch_are_stored_where_the_switch_says_so() -> None:
    service, account = hubspot(batch_bad_input="store_good")
    bad = {"inputs": [VIEW, {**VIEW, "eventName": "pe1_x"}, VIEW]}
    assert ask(service, "POST", BATCH, bad).status == 400
    assert account.counters().accepted == 3


def test_occurrences_are_bounded_and_say_what_was_forgotten() -> None:
    service, account = hubspot()
    account.log.limit = 100
    for _ in range(3):
        ask(service, "POST", BATCH, {"inputs": [VIEW] * 50})
    assert len(account.occurrences) <= 100
    assert account.counters().forgotten == 151 - len(account.occurrences)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"unknown_emial": "create"}, "did you mean 'unknown_email'"),
        ({"unknown_email": "maybe"}, "unassociated, create, reject"),
        ({"events_rps": "-1"}, "whole number"),
        ({"auto_define": "perhaps"}, "true or false"),
    ],
)
def test_a_switch_that_there_is_not_is_named_with_the_nearest(wanted: dict[str, Any], says: str) -> None:
    with pytest.raises(BehaviourError, match=says):
        Behaviours.from_mapping(wanted)


def rules_of_the_page() -> set[str]:
    page = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z_0-9.]+)` \|", page, re.MULTILINE))


def rules_of_the_code() -> set[str]:
    rule = re.compile(
        r"(events|contact|definition|property|auth|limit|json|query|route|account|simulator)(\.[a-z_0-9]+)+"
    )
    texts = {
        node.value
        for path in (ROOT / "simulator" / "hubspot").rglob("*.py")
        if "control" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = {text for text in texts if rule.fullmatch(text)} - {"simulator.transport"}  # the wire's own
    batches = {f"contact.batch.{name}" for name in ("read", "create", "update", "upsert")} & found
    return found | {f"{name}.partial" for name in batches}


def test_the_page_and_the_code_name_the_same_rules() -> None:
    assert rules_of_the_page() == rules_of_the_code()


def test_every_rule_of_the_page_is_asked_here() -> None:
    asked = {case.rule for case in CASES} | set(
        re.findall(r'"([a-z]+\.[a-z_0-9.]+)"', Path(__file__).read_text(encoding="utf-8"))
    )
    assert rules_of_the_page() <= asked


def test_every_rule_that_is_asked_here_is_on_the_page() -> None:
    """Also one of a new endpoint, whose rules begin with a word that no other rule begins with."""
    assert {case.rule for case in CASES} <= rules_of_the_page()


def test_every_switch_of_a_gap_exists() -> None:
    page = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    named = set(re.findall(r": `([a-z_0-9]+)`", page))
    assert named
    assert named <= set(Behaviours.__dataclass_fields__)


def test_a_write_that_the_store_cannot_keep_is_no_success(tmp_path: Path) -> None:
    store = Store(tmp_path / "account.db")
    service = HubSpot(store=store)
    store.close()
    answer = ask(service, "POST", CONTACTS, {"properties": {"email": "ada@example.org"}})
    assert (answer.status, answer.rule) == (500, "simulator.store")


def test_a_token_tells_what_it_opens_and_an_unknown_one_does_not() -> None:
    service, _ = hubspot()
    service.add_account("narrow", portal_id=7, scopes=["crm.objects.contacts.read"])
    known = ask(service, "GET", "/oauth/v1/access-tokens/narrow", token="")
    assert (known.status, known.rule, known.portal_id) == (200, "auth.token_info", 7)
    assert json.loads(known.body)["scopes"] == ["crm.objects.contacts.read"]
    body = {"tokenKey": DEFAULT_TOKEN}
    app = ask(service, "POST", "/oauth/v2/private-apps/get/access-token-info", body, token="")
    assert (app.rule, json.loads(app.body)["hubId"]) == ("auth.private_app_info", 12345678)
    assert "analytics.behavioral_events.send" in json.loads(app.body)["scopes"]
    unknown = ask(service, "GET", "/oauth/v1/access-tokens/nothing", token="")
    assert (unknown.status, unknown.rule) == (401, "auth.token_info.unknown")
