"""The surface beyond the sender's own, asked by the official Python client over HTTP."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import hubspot
import pytest

from simulator.hubspot import FakeHubSpot

VIEW = "pe12345678_view"


@pytest.fixture
def server() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as running:
        running.service.seed(
            running.account, {"contacts": [{"email": "ada@example.org"}], "contactProperties": ["plan"]}
        )
        yield running


@pytest.fixture
def client(server: FakeHubSpot) -> Any:
    return hubspot.HubSpot(access_token=server.token, host=server.base_url, retry=False)


def raw(server: FakeHubSpot, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Ask without the client, which has no event definitions."""
    request = urllib.request.Request(
        server.base_url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {server.token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
            return answer.status, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def define(server: FakeHubSpot) -> None:
    definition = {
        "label": "View",
        "name": "view",
        "propertyDefinitions": [{"label": "SKU", "name": "sku", "type": "string"}],
        "includeDefaultProperties": True,
    }
    assert raw(server, "POST", "/events/v3/event-definitions", definition)[0] == 201


def test_what_was_sent_is_read_back_page_by_page(server: FakeHubSpot, client: Any) -> None:
    define(server)
    for number in range(3):
        occurrence = {
            "eventName": VIEW,
            "email": "ada@example.org",
            "uuid": f"u{number}",
            "properties": {"sku": str(number)},
        }
        client.events.send.basic_api.send(
            {**occurrence, "occurredAt": f"2026-01-0{number + 1}T00:00:00.000Z"}
        )
    page = client.events.events_api.get_page(object_type="contact", object_id=101, limit=2)
    assert [result.properties["sku"] for result in page.results] == ["2", "1"]
    assert page.results[0].event_type == VIEW
    # The cursor is percent-encoded already: encoded a second time by the client, it names no page.
    about = {"object_type": "contact", "object_id": 101, "limit": 2}
    assert page.paging.next.after.endswith("%3D")
    assert client.events.events_api.get_page(**about, after=page.paging.next.after).results == []
    rest = client.events.events_api.get_page(**about, after=unquote(page.paging.next.after))
    with urllib.request.urlopen(
        urllib.request.Request(page.paging.next.link, headers={"Authorization": f"Bearer {server.token}"})
    ) as answer:
        assert [result["id"] for result in json.load(answer)["results"]] == [
            result.id for result in rest.results
        ]
    assert [result.properties["sku"] for result in rest.results] == ["0"]
    assert rest.paging is None
    assert client.events.events_api.get_types().event_types == [VIEW]
    later = client.events.events_api.get_page(occurred_after="2026-01-02T12:00:00.000Z")
    assert [result.id for result in later.results] == ["u2"]


def test_a_definition_lives_and_its_name_never_lives_again(server: FakeHubSpot, client: Any) -> None:
    define(server)
    status, found = raw(server, "GET", "/events/v3/event-definitions/view/?includeProperties=true")
    assert (status, found["fullyQualifiedName"]) == (200, VIEW)
    assert len(found["properties"]) == 33
    assert (
        raw(
            server,
            "POST",
            f"/events/2026-03/event-definitions/{VIEW}/property",
            {"label": "X", "type": "number"},
        )[0]
        == 201
    )
    assert raw(server, "DELETE", f"/events/v3/event-definitions/{VIEW}/property/x")[0] == 204
    assert raw(server, "PATCH", f"/events/v3/event-definitions/{VIEW}", {"label": "Seen"})[1]["labels"] == {
        "singular": "Seen"
    }
    assert raw(server, "GET", "/events/v3/event-definitions?searchString=VIEW")[1]["total"] == 1
    assert raw(server, "DELETE", f"/events/v3/event-definitions/{VIEW}")[0] == 204
    status, error = raw(server, "GET", f"/events/v3/event-definitions/{VIEW}")
    assert status == 400
    assert error["message"].startswith(
        "StandardError{status=error, category=VALIDATION_ERROR, message=Event with fully"
    )
    again = {"label": "View", "name": "view", "propertyDefinitions": []}
    assert raw(server, "POST", "/events/v3/event-definitions", again)[0] == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"label": "x", "name": "Upper"},
        {"label": "x", "name": "x" * 51},
        {"label": "x", "propertyDefinitions": [{"label": "p", "type": "colour"}]},
        {"label": "x", "propertyDefinitions": [{"label": f"p{n}", "type": "string"} for n in range(51)]},
        [],
    ],
)
def test_a_definition_that_hubspot_would_refuse_is_refused(server: FakeHubSpot, body: Any) -> None:
    assert raw(server, "POST", "/events/v3/event-definitions", body)[0] == 400


def upsert(client: Any, *inputs: dict[str, Any]) -> Any:
    return client.crm.contacts.batch_api.upsert({"inputs": list(inputs)})


def one(email: str, trace: str | None = None, **properties: str) -> dict[str, Any]:
    made: dict[str, Any] = {"id": email, "idProperty": "email", "properties": properties}
    return {**made, "objectWriteTraceId": trace} if trace else made


def test_an_upsert_says_who_is_new_and_lower_cases_and_shuffles(client: Any) -> None:
    done = upsert(client, one("ADA@example.org", plan="pro"), one("New@Example.org", plan="free"))
    assert [(result.properties["email"], result.new) for result in done.results] == [
        ("new@example.org", True),
        ("ada@example.org", False),
    ]


def test_without_trace_ids_one_bad_record_rejects_the_whole_batch(client: Any, server: FakeHubSpot) -> None:
    with pytest.raises(hubspot.crm.contacts.exceptions.ApiException) as caught:
        upsert(client, one("new@example.org", plan="free"), one("bad@example.org", colour="red"))
    assert caught.value.status == 400
    assert len(server.account.contacts()) == 1


def test_with_trace_ids_the_good_ones_are_written_and_the_bad_ones_named(
    client: Any, server: FakeHubSpot
) -> None:
    done = upsert(
        client, one("new@example.org", "t1", plan="free"), one("bad@example.org", "t2", colour="red")
    )
    assert done.num_errors == 1
    assert done.errors[0].context == {"objectWriteTraceId": ["t2"]}
    assert 'Property "colour" does not exist' in done.errors[0].message.replace('\\"', '"')
    assert [result.object_write_trace_id for result in done.results] == ["t1"]
    assert len(server.account.contacts()) == 2


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ([one("a@b.cc"), one("A@b.cc")], "Duplicate IDs found in batch input"),
        (
            [one(f"a{n}@b.cc") for n in range(101)],
            "The maximum number of inputs supported in a batch is 100.",
        ),
        ([{"id": "1", "idProperty": "phone", "properties": {}}], "non-unique 0-1 property phone"),
    ],
)
def test_batches_that_hubspot_refuses_whole(client: Any, inputs: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(hubspot.crm.contacts.exceptions.ApiException) as caught:
        upsert(client, *inputs)
    assert says in caught.value.body


def test_reading_creating_and_updating_many(client: Any) -> None:
    created = client.crm.contacts.batch_api.create(
        {"inputs": [{"properties": {"email": f"p{n}@x.org"}} for n in range(2)]}
    )
    assert len(created.results) == 2
    updates = [{"id": result.id, "properties": {"plan": "x"}} for result in created.results]
    assert {
        result.properties["plan"]
        for result in client.crm.contacts.batch_api.update({"inputs": updates}).results
    } == {"x"}
    found = client.crm.contacts.batch_api.read(
        {"idProperty": "email", "inputs": [{"id": "p0@x.org"}, {"id": "no@x.org"}]}
    )
    assert [result.properties["email"] for result in found.results] == ["p0@x.org"]
    assert found.errors[0].context == {"ids": ["no@x.org"]}


def test_an_archived_contact_is_gone(client: Any, server: FakeHubSpot) -> None:
    client.crm.contacts.basic_api.archive("101")
    assert server.account.contacts() == []
    client.crm.contacts.basic_api.create({"properties": {"email": "ada@example.org"}})
