"""The first HubSpot on this machine: what it takes and refuses, as captured from the real one where that is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.hubspot.messages import Answer, Request
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.behaviours import Behaviours

SEED = {
    "contacts": [{"email": "Ada@Example.org", "properties": {"firstname": "Ada"}}],
    "definitions": [{"name": "pe12345678_view", "properties": ["sku", "page_url"]}],
}


def hubspot(**switches: Any) -> tuple[HubSpot, SimulatedAccount]:
    service = HubSpot(switches=Behaviours(**switches), clock=lambda: 1_700_000_000.0)
    account = service.account_for(DEFAULT_TOKEN)
    assert account is not None
    service.seed(account, SEED)
    return service, account


def ask(
    service: HubSpot, method: str, path: str, body: Any = None, *, token: str = DEFAULT_TOKEN, **query: str
) -> Answer:
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return service.handle(Request(method, path, tuple(query.items()), headers, sent))


def said(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.body)
    assert (
        dict(answer.headers)["X-HubSpot-Correlation-Id"] == body.pop("correlationId", None)
        or answer.status < 400
    )
    return body


VIEW = {"eventName": "pe12345678_view", "email": "ada@example.org", "properties": {"sku": "x"}}


@pytest.mark.parametrize(
    "path",
    [
        "/events/v3/send",
        "/events/2026-03/send",
        "/events/custom/2025-09/send",
        "/events/custom/2026-09/send",
        "/events/v3/send/",
    ],
)
def test_an_occurrence_is_taken_on_every_version_of_the_path(path: str) -> None:
    service, account = hubspot()
    answer = ask(service, "POST", path, VIEW)
    assert (answer.status, answer.body) == (204, b"")
    assert [entry["properties"] for entry in account.timeline("ADA@example.org")] == [{"sku": "x"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"eventName": "pe12345678_other"},
            "Event with fully qualified name pe12345678_other does not exist.",
        ),
        ({"eventName": "pe999_view"}, "Event with fully qualified name pe999_view does not exist."),
        ({"email": None}, "One of email, utk or objectId is required."),
        ({"properties": {"nope": "x"}}, 'Property "nope" does not exist'),
        ({"properties": {"sku": "x" * 257}}, "Property sku is longer than 256 characters."),
        ({"properties": {f"hs_{n}": "x" for n in range(51)}}, "At most 50 properties are allowed."),
    ],
)
def test_what_hubspot_would_refuse_is_refused_with_a_reason(change: dict[str, Any], message: str) -> None:
    service, account = hubspot()
    answer = ask(service, "POST", "/events/v3/send", {**VIEW, **change})
    assert answer.status == 400
    assert said(answer)["message"] == message
    assert answer.decision.startswith("400: ")
    assert account.occurrences == []


@pytest.mark.parametrize(
    ("properties", "words"),
    [({"firstname": "A"}, "1 property"), ({"firstname": "A", "lastname": "L"}, "2 properties")],
)
def test_the_journal_counts_what_was_written_in_proper_words(properties: dict[str, str], words: str) -> None:
    service, _ = hubspot()
    path = "/crm/v3/objects/contacts/ada@example.org"
    answer = ask(service, "PATCH", path, {"properties": properties}, idProperty="email")
    assert answer.decision.startswith(f"200: {words} written to contact ")


def test_an_address_may_be_longer_than_other_texts() -> None:
    service, _ = hubspot()
    assert (
        ask(service, "POST", "/events/v3/send", {**VIEW, "properties": {"page_url": "x" * 1024}}).status
        == 204
    )


def test_a_uuid_counts_once() -> None:
    service, account = hubspot()
    for _ in range(2):
        assert ask(service, "POST", "/events/v3/send", {**VIEW, "uuid": "u-1"}).status == 204
    assert len(account.occurrences) == 1


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    service, account = hubspot()
    assert ask(service, "POST", "/events/v3/send/batch", {"inputs": [VIEW] * 500}).status == 204
    assert len(account.occurrences) == 500
    bad = {"inputs": [VIEW, {**VIEW, "eventName": "pe12345678_other"}]}
    assert ask(service, "POST", "/events/v3/send/batch", bad).status == 400
    assert len(account.occurrences) == 500
    answer = ask(service, "POST", "/events/v3/send/batch", {"inputs": [VIEW] * 501})
    assert said(answer)["message"].startswith("The maximum number of inputs supported in a batch is 500.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"eventName": 5}',
        b"\xff",
        b'{"eventName":"pe12345678_view","properties":{"a":NaN}}',
    ],
)
def test_a_body_that_is_none_is_a_400_not_a_crash(body: bytes) -> None:
    service, _ = hubspot()
    assert ask(service, "POST", "/events/v3/send", body).status == 400
    assert ask(service, "PATCH", "/crm/v3/objects/contacts/101", body).status == 400


def test_switches_open_what_the_specification_leaves_open() -> None:
    service, account = hubspot(unknown_property="drop")
    assert ask(service, "POST", "/events/v3/send", {**VIEW, "properties": {"nope": "x"}}).status == 204
    service, account = hubspot(auto_define=True)
    body = {**VIEW, "eventName": "pe12345678_new", "properties": {"any": "x"}}
    assert ask(service, "POST", "/events/v3/send", body).status == 204
    assert account.definitions["pe12345678_new"].properties.keys() == {"any"}
    assert ask(service, "POST", "/events/v3/send", {**body, "eventName": "pe999_new"}).status == 400
    assert (
        ask(
            service, "POST", "/crm/v3/objects/contacts", {"properties": {"email": "a@b.cc", "plan": "x"}}
        ).status
        == 201
    )


def test_an_unknown_contact_is_never_created_by_an_update() -> None:
    service, account = hubspot()
    answer = ask(
        service,
        "PATCH",
        "/crm/v3/objects/contacts/x%40y.org",
        {"properties": {"firstname": "X"}},
        idProperty="email",
    )
    assert answer.status == 404
    assert said(answer) == {"status": "error", "message": "resource not found"}
    assert len(account.contacts()) == 1


def test_contacts_are_found_by_email_in_any_case_and_by_id() -> None:
    service, _ = hubspot()
    found = said(
        ask(
            service,
            "PATCH",
            "/crm/v3/objects/contacts/ADA%40example.org",
            {"properties": {"phone": "1"}},
            idProperty="email",
        )
    )
    assert found["properties"]["email"] == "ada@example.org"
    assert (
        said(ask(service, "GET", f"/crm/v3/objects/contacts/{found['id']}", properties="phone"))[
            "properties"
        ]["phone"]
        == "1"
    )
    answer = ask(service, "GET", "/crm/v3/objects/contacts/ada")
    assert said(answer)["message"] == "Object not found.  objectId are usually numeric."
    assert said(answer)["category"] == "OBJECT_NOT_FOUND"


def test_an_empty_text_clears_a_value() -> None:
    service, _ = hubspot()
    found = said(ask(service, "PATCH", "/crm/v3/objects/contacts/101", {"properties": {"firstname": ""}}))
    assert "firstname" not in found["properties"]


def test_creating_twice_is_a_conflict_that_names_the_contact() -> None:
    service, _ = hubspot()
    created = ask(
        service,
        "POST",
        "/crm/objects/2026-03/contacts",
        {"properties": {"email": "New@x.org", "firstname": "N"}},
    )
    assert created.status == 201
    identifier = said(created)["id"]
    again = ask(service, "POST", "/crm/v3/objects/contacts", {"properties": {"email": "new@X.org"}})
    assert again.status == 409
    assert said(again)["message"] == f"Contact already exists. Existing ID: {identifier}"
    taken = ask(service, "PATCH", "/crm/v3/objects/contacts/101", {"properties": {"email": "new@x.org"}})
    assert taken.status == 409


def test_property_errors_come_as_hubspot_writes_them() -> None:
    service, _ = hubspot()
    answer = ask(
        service, "PATCH", "/crm/v3/objects/contacts/101", {"properties": {"foo": "x", "email": "nobody"}}
    )
    body = said(answer)
    assert body["category"] == "VALIDATION_ERROR"
    assert body["message"].startswith("Property values were not valid: [{")
    inside = json.loads(body["message"].removeprefix("Property values were not valid: "))
    assert [item["error"] for item in inside] == ["PROPERTY_DOESNT_EXIST", "INVALID_EMAIL"]
    assert body["errors"][0] == {
        "message": 'Property "foo" does not exist',
        "code": "PROPERTY_DOESNT_EXIST",
        "context": {"propertyName": ["foo"]},
    }
    empty = ask(service, "PATCH", "/crm/v3/objects/contacts/101", {"properties": {}})
    assert said(empty)["context"] == {"properties": ["{}"]}


@pytest.mark.parametrize("token", ["", "pat-na1-wrong", f"Bearer {DEFAULT_TOKEN}"])
def test_no_token_no_entry(token: str) -> None:
    service, _ = hubspot()
    answer = ask(service, "POST", "/events/v3/send", VIEW, token=token)
    assert answer.status == 401
    assert said(answer)["category"] == "INVALID_AUTHENTICATION"
    assert dict(answer.headers)["X-HubSpot-Auth-Failure"] == "401 Unauthorized"


def test_accounts_do_not_see_each_other() -> None:
    service, account = hubspot()
    service.add_account("pat-na1-second", portal_id=99)
    assert ask(service, "POST", "/events/v3/send", VIEW, token="pat-na1-second").status == 400
    assert ask(service, "GET", "/crm/v3/objects/contacts/101", token="pat-na1-second").status == 404
    service.reset(account)
    assert account.contacts() == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/events/v3/send"), ("PUT", "/crm/v3/objects/contacts/1")]
)
def test_an_unknown_route_is_a_page_as_from_hubspots_server(method: str, path: str) -> None:
    service, _ = hubspot()
    answer = ask(service, method, path)
    assert answer.status == 404
    assert answer.body.startswith(b"<html>")


@pytest.mark.parametrize("seed", [{"contacts": [{}]}, {"contact": []}, {"definitions": "x"}])
def test_a_seed_that_is_none_names_what_is_wrong(seed: dict[str, Any]) -> None:
    service, account = hubspot()
    with pytest.raises(ValueError, match=r"^seed\."):
        service.seed(account, seed)
