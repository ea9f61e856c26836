"""One story of more than forty calls through the official Python client, over all endpoints that it offers here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import hubspot
import pytest

from simulator.hubspot import FakeHubSpot

VIEW = "pe12345678_view"


class Calls:
    """Makes calls and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self.made += 1
        return call(*arguments, **named)

    def refused(
        self, status: int, says: str, call: Callable[..., Any], *arguments: Any, **named: Any
    ) -> None:
        """Make a call that must be refused with this status and a body that matches."""
        self.made += 1
        # Every package of the client has an exception class of its own; all have status and body.
        with pytest.raises(Exception, match=rf"^\({status}\)") as caught:
            call(*arguments, **named)
        error: Any = caught.value
        assert type(error).__name__.endswith(("ApiException", "NotFoundException", "UnauthorizedException"))
        assert error.status == status
        assert re.search(says, error.body), error.body
        assert re.search(r'"correlationId":"[0-9a-f-]{36}"', error.body)
        assert "X-HubSpot-Correlation-Id" in error.headers or "x-hubspot-correlation-id" in error.headers


@pytest.fixture
def server() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as running:
        seed = {"definitions": [{"name": VIEW, "properties": ["sku"]}]}
        running.service.seed(running.account, seed)
        yield running


def _event(**more: Any) -> dict[str, Any]:
    return {"eventName": VIEW, "properties": {"sku": "a"}, **more}


def _input(email: str, trace: str | None = None, **properties: str) -> dict[str, Any]:
    made: dict[str, Any] = {"id": email, "idProperty": "email", "properties": properties}
    return {**made, "objectWriteTraceId": trace} if trace else made


def test_the_python_client_sees_hubspots_fields_and_exceptions(server: FakeHubSpot) -> None:
    client = hubspot.HubSpot(access_token=server.token, host=server.base_url, retry=False)
    calls = Calls()
    _single_contacts(calls, client.crm.contacts.basic_api)
    _batches_of_contacts(calls, client.crm.contacts.batch_api)
    _search(calls, client.crm.contacts.search_api)
    _properties(calls, client.crm.properties.core_api)
    _events(calls, client.events)
    _token(calls, client, server)
    assert calls.made >= 50
    assert server.account.counters().accepted == 502
    assert server.account.counters().duplicates == 1


def _single_contacts(calls: Calls, api: Any) -> None:
    ada = calls(api.create, {"properties": {"email": "Ada@Example.org", "firstname": "Ada"}})
    assert ada.properties["email"] == "ada@example.org"
    assert isinstance(ada.created_at, datetime)
    assert ada.archived is False
    taken = {"properties": {"email": "ada@example.org"}}
    calls.refused(409, f"Contact already exists. Existing ID: {ada.id}", api.create, taken)
    calls.refused(400, "PROPERTY_DOESNT_EXIST", api.create, {"properties": {"colour": "red"}})
    calls.refused(400, "INVALID_EMAIL", api.create, {"properties": {"email": "nobody"}})
    shown = calls(api.get_by_id, ada.id).properties
    assert shown["lastname"] is None
    assert set(shown) == {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}
    assert calls(api.get_by_id, "ADA@example.org", id_property="email").id == ada.id
    history = calls(api.get_by_id, ada.id, properties_with_history=["firstname"])
    assert history.properties_with_history["firstname"][0].value == "Ada"
    calls.refused(404, "resource not found", api.get_by_id, "999999")
    calls.refused(404, "objectId are usually numeric", api.get_by_id, "nobody")
    changed = calls(api.update, ada.id, {"properties": {"lastname": "Lovelace"}})
    assert changed.properties["lastname"] == "Lovelace"
    by_email = {"properties": {"phone": "1"}}
    assert calls(api.update, "ada@example.org", by_email, id_property="email").id == ada.id
    calls.refused(404, "resource not found", api.update, "no@example.org", by_email, id_property="email")
    calls.refused(400, "No properties found to update", api.update, ada.id, {"properties": {}})
    calls.refused(400, "READ_ONLY_VALUE", api.update, ada.id, {"properties": {"hs_object_id": "5"}})
    for stage in ("customer", "lead"):  # forward, then backward: it stays
        kept = calls(api.update, ada.id, {"properties": {"lifecyclestage": stage}})
        assert kept.properties["lifecyclestage"] == "customer"
    gone = calls(api.create, {"properties": {"email": "gone@example.org"}})
    calls(api.archive, gone.id)
    calls.refused(404, "resource not found", api.get_by_id, gone.id)
    page = calls(api.get_page, limit=1)
    assert [one.id for one in page.results] == [ada.id]


def _batches_of_contacts(calls: Calls, api: Any) -> None:
    done = calls(
        api.upsert, {"inputs": [_input("ada@example.org", phone="2"), _input("bob@example.org", phone="3")]}
    )
    assert {one.properties["email"]: one.new for one in done.results} == {
        "ada@example.org": False,
        "bob@example.org": True,
    }
    traced = [_input("cy@example.org", "t1", phone="4"), _input("dan@example.org", "t2", colour="red")]
    partly = calls(api.upsert, {"inputs": traced})
    assert (partly.num_errors, len(partly.results)) == (1, 1)
    assert partly.errors[0].context["objectWriteTraceId"] == ["t2"]
    untraced = [_input("eve@example.org", phone="5"), _input("fay@example.org", colour="red")]
    calls.refused(400, "PROPERTY_DOESNT_EXIST", api.upsert, {"inputs": untraced})
    twins = [_input("ada@example.org"), _input("ADA@example.org")]
    calls.refused(400, "Duplicate IDs found in batch input", api.upsert, {"inputs": twins})
    many = [_input(f"p{number}@example.org") for number in range(101)]
    calls.refused(400, "inputs supported in a batch is 100", api.upsert, {"inputs": many})
    new = [{"properties": {"email": f"{name}@example.org"}} for name in ("gil", "hal")]
    made = calls(api.create, {"inputs": new})
    assert len(made.results) == 2
    calls.refused(409, "Contact already exists", api.create, {"inputs": new[:1]})
    read = calls(api.read, {"inputs": [{"id": "101"}, {"id": "999999"}], "properties": ["email"]})
    assert [one.id for one in read.results] == ["101"]
    assert read.errors[0].context["ids"] == ["999999"]
    wanted = {"inputs": [{"id": "bob@example.org"}], "idProperty": "email", "properties": ["phone"]}
    assert calls(api.read, wanted).results[0].properties["phone"] == "3"
    changed = calls(api.update, {"inputs": [{"id": "101", "properties": {"phone": "6"}}]})
    assert changed.results[0].properties["phone"] == "6"
    calls(api.archive, {"inputs": [{"id": one.id} for one in made.results]})


def _search(calls: Calls, api: Any) -> None:
    def found(*filters: dict[str, Any], **more: Any) -> Any:
        return calls(api.do_search, {"filterGroups": [{"filters": list(filters)}], "limit": 10, **more})

    assert (
        found({"propertyName": "email", "operator": "EQ", "value": "ada@example.org"}).results[0].id == "101"
    )
    assert calls(api.do_search, {"query": "lovelace", "limit": 5}).total == 1
    several = {"propertyName": "email", "operator": "IN", "values": ["bob@example.org", "cy@example.org"]}
    assert found(several).total == 2
    assert found({"propertyName": "email", "operator": "HAS_PROPERTY"}, limit=1).paging.next.after == "1"
    calls.refused(400, "limit must be between 1 and 200", api.do_search, {"limit": 201})


def _properties(calls: Calls, api: Any) -> None:
    every = {one.name: one for one in calls(api.get_all, "contacts").results}
    assert len(every["lifecyclestage"].options) > 3
    assert every["hs_object_id"].modification_metadata.read_only_value is True
    new = {"name": "plan", "label": "Plan", "type": "string", "fieldType": "text", "groupName": "g"}
    assert calls(api.create, "contacts", new).name == "plan"
    calls.refused(409, "already exists", api.create, "contacts", new)
    assert calls(api.get_by_name, "contacts", "plan").label == "Plan"
    calls.refused(404, "does not exist", api.get_by_name, "contacts", "nothing")


def _events(calls: Calls, api: Any) -> None:
    one, many = api.send.basic_api, api.send.batch_api
    when = datetime(2026, 1, 1, tzinfo=UTC)
    calls(one.send, _event(email="ada@example.org", uuid="u-1", occurredAt=when))
    calls(one.send, _event(email="ada@example.org", uuid="u-1"))
    calls(one.send, _event(objectId="101"))
    unknown = _event(email="ada@example.org") | {"eventName": "pe12345678_nothing"}
    calls.refused(400, "Event with fully qualified name pe12345678_nothing does not exist", one.send, unknown)
    calls.refused(400, "One of email, utk or objectId", one.send, _event())
    strange = _event(email="ada@example.org") | {"properties": {"nothing": "1"}}
    calls.refused(400, "does not exist", one.send, strange)
    whole = [_event(email="ada@example.org", uuid=f"b-{number}") for number in range(500)]
    calls(many.send, {"inputs": whole})
    calls.refused(400, "inputs supported in a batch is 500", many.send, {"inputs": [*whole, whole[0]]})
    calls.refused(400, "does not exist", many.send, {"inputs": [whole[0] | {"uuid": "c"}, unknown]})
    page = calls(api.events_api.get_page, object_type="contact", object_id=101, limit=100)
    assert (len(page.results), page.paging.next.after) == (100, "100")
    assert page.results[0].event_type == VIEW
    assert calls(api.events_api.get_types).event_types == [VIEW]


def _token(calls: Calls, client: Any, server: FakeHubSpot) -> None:
    told = calls(client.oauth.access_tokens_api.get, server.token)
    assert (told.hub_id, told.token) == (12345678, server.token)
    calls.refused(401, "credentials not found", client.oauth.access_tokens_api.get, "nothing")
    stranger = hubspot.HubSpot(access_token="pat-na1-unknown", host=server.base_url, retry=False)
    calls.refused(401, "INVALID_AUTHENTICATION", stranger.crm.contacts.basic_api.get_by_id, "101")
