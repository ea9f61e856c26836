"""A working day of the official Python client: every endpoint that it offers here, each field and each exception.

One script, so that later calls meet the state that earlier ones left. What the client has no module for (definitions,
account and private-app information) goes through its `api_request`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import hubspot
import pytest
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.properties import OptionInput, PropertyCreate
from hubspot.events.send import (
    BatchedBehavioralEventHttpCompletionRequest,
    BehavioralEventHttpCompletionRequest,
)

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.journal.journal import Filter

PORTAL = 12345678
VIEW = f"pe{PORTAL}_view"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
INVALID = "VALIDATION_ERROR"
DEFINITION = {
    "label": "View",
    "name": "view",
    "description": "Somebody looked",
    "propertyDefinitions": [
        {"label": "SKU", "name": "sku", "type": "string"},
        {"label": "Total", "name": "total", "type": "number"},
    ],
    "includeDefaultProperties": True,
}


class Day:
    """Makes calls, counts them, and checks what every refusal has in common."""

    def __init__(self, fake: FakeHubSpot) -> None:
        self.fake = fake
        self.count = 0
        self.client = hubspot.HubSpot(
            access_token=fake.token, host=fake.base_url, base_url=fake.base_url, retry=False
        )

    def ok(self, call: Callable[..., Any], *given: Any, **options: Any) -> Any:
        self.count += 1
        return call(*given, **options)

    def refused(
        self,
        status: int,
        category: str | None,
        message: str,
        call: Callable[..., Any],
        *given: Any,
        **options: Any,
    ) -> dict[str, Any]:
        """Expect an ApiException of this status, with HubSpot's envelope; give its body."""
        self.count += 1
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- every sub-package has its own class tree
            call(*given, **options)
        error: Any = caught.value
        special = {401: "UnauthorizedException", 403: "ForbiddenException", 404: "NotFoundException"}
        assert type(error).__name__ == special.get(status, "ApiException")
        assert error.status == status
        body: dict[str, Any] = json.loads(error.body)
        assert body["status"] == "error"
        assert body.get("category") == category
        assert message in body["message"]
        assert UUID7.fullmatch(body["correlationId"])
        assert error.headers["X-HubSpot-Correlation-Id"] == body["correlationId"]
        assert error.headers["Content-Type"] == "application/json;charset=utf-8"
        return body

    def raw(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        self.count += 1
        options = {"method": method, "path": path, "body": body, "qs": query}
        answer = self.client.api_request({name: value for name, value in options.items() if value})
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def day() -> Iterator[Day]:
    with FakeHubSpot() as fake:
        yield Day(fake)


def test_a_day_of_at_least_forty_calls_goes_as_the_specification_says(day: Day) -> None:
    who_am_i(day)
    define(day)
    contact_properties(day)
    first, second = single_contacts(day)
    lists_and_searches(day, first, second)
    batches_that_read(day, first, second)
    batches_that_write(day)
    upserts(day)
    sends(day)
    reads_back(day, first)
    archives(day, first)
    wrong_tokens(day)
    assert day.count >= 40
    assert not day.fake.journal.entries(Filter(rule="simulator.bug"))


def who_am_i(day: Day) -> None:
    told = day.ok(day.client.oauth.access_tokens_api.get, day.fake.token)
    assert (told.hub_id, told.token, told.token_type) == (PORTAL, day.fake.token, "access")
    assert {"crm.objects.contacts.write", "analytics.behavioral_events.send"} <= set(told.scopes)
    assert all(isinstance(item, int) for item in (told.app_id, told.user_id, told.expires_in))
    assert all(isinstance(item, str) for item in (told.user, told.hub_domain))
    unknown = "Authentication credentials not found."
    day.refused(401, "INVALID_AUTHENTICATION", unknown, day.client.oauth.access_tokens_api.get, "pat-na1-no")
    for version in ("v3", "2025-09", "2026-03"):
        status, details = day.raw("GET", f"/account-info/{version}/details")
        assert (status, details["portalId"], details["utcOffsetMilliseconds"]) == (200, PORTAL, 0)
    status, info = day.raw(
        "POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": day.fake.token}
    )
    assert (status, info["hubId"], sorted(info)) == (200, PORTAL, ["appId", "hubId", "scopes", "userId"])
    status, usage = day.raw("GET", "/account-info/v3/api-usage/daily/private-apps")
    assert (status, usage["results"][0]["currentUsage"]) == (200, 4)  # three details and itself


def define(day: Day) -> None:
    path = "/events/v3/event-definitions"
    status, made = day.raw("POST", path, DEFINITION)
    assert (status, made["fullyQualifiedName"], made["labels"]) == (201, VIEW, {"singular": "View"})
    required = [
        "id",
        "name",
        "fullyQualifiedName",
        "objectTypeId",
        "labels",
        "archived",
        "properties",
        "associations",
    ]
    assert set(required) <= set(made)
    assert day.raw("POST", path, DEFINITION)[0] == 409
    status, found = day.raw("GET", f"{path}/view/", includeProperties="true")
    assert (status, found["fullyQualifiedName"], len(found["properties"])) == (200, VIEW, 34)
    keys = [
        "name",
        "label",
        "type",
        "fieldType",
        "groupName",
        "description",
        "options",
        "modificationMetadata",
    ]
    assert all(set(keys) <= set(prop) for prop in found["properties"])
    status, changed = day.raw("PATCH", f"{path}/{VIEW}", {"label": "Seen", "description": ""})
    assert (status, changed["labels"]["singular"], changed["description"]) == (201, "Seen", "")
    assert day.raw("POST", f"{path}/view/property", {"label": "Colour", "type": "string"})[0] == 201
    status, renamed = day.raw("PATCH", f"{path}/view/property/colour", {"label": "Shade"})
    assert (status, renamed["name"], renamed["label"]) == (201, "colour", "Shade")
    assert day.raw("DELETE", f"{path}/view/property/colour") == (204, None)
    assert day.raw("POST", path, {**DEFINITION, "name": "gone"})[0] == 201
    status, page = day.raw("GET", path, limit="1")
    assert (status, page["total"], len(page["results"])) == (200, 2, 1)
    status, rest = day.raw("GET", path, limit="1", after=page["paging"]["next"]["after"])
    assert (status, rest["results"][0]["name"], "paging" in rest) == (200, "gone", False)
    assert day.raw("DELETE", f"{path}/gone") == (204, None)
    status, error = day.raw("GET", f"{path}/gone")
    assert status == 400
    assert "Event with fully qualified name gone does not exist." in error["message"]


def contact_properties(day: Day) -> None:
    api = day.client.crm.properties.core_api
    wanted = PropertyCreate(
        name="plan",
        label="Plan",
        type="enumeration",
        field_type="radio",
        group_name="contactinformation",
        options=[
            OptionInput(label=text.title(), value=text, display_order=0, hidden=False)
            for text in ("free", "pro")
        ],
    )
    made = day.ok(api.create, "contacts", wanted)
    assert (made.name, made.type, made.field_type, made.hubspot_defined) == (
        "plan",
        "enumeration",
        "radio",
        False,
    )
    assert [option.value for option in made.options] == ["free", "pro"]
    day.refused(409, "CONFLICT", "plan", api.create, "contacts", wanted)
    day.ok(
        api.create,
        "contacts",
        {
            "type": "string",
            "name": "customer_number",
            "label": "Number",
            "fieldType": "text",
            "groupName": "g",
            "options": [],
            "hasUniqueValue": True,
        },
    )
    names = {result.name: result for result in day.ok(api.get_all, "contacts").results}
    assert {"email", "firstname", "lifecyclestage", "plan", "hubspot_owner_id"} <= set(names)
    assert names["createdate"].modification_metadata.read_only_value is True
    assert [option.value for option in names["lifecyclestage"].options][:2] == ["subscriber", "lead"]
    assert day.ok(api.get_all, "contacts", archived=True).results == []
    assert day.ok(api.get_by_name, "contacts", "email").has_unique_value is True
    day.refused(404, "OBJECT_NOT_FOUND", '"nothing" does not exist', api.get_by_name, "contacts", "nothing")


def single_contacts(day: Day) -> tuple[Any, Any]:
    api = day.client.crm.contacts.basic_api
    wanted = SimplePublicObjectInputForCreate(
        properties={"email": "Ada@Example.org", "firstname": "Ada", "plan": "free"}, associations=[]
    )
    ada, status, headers = day.ok(api.create_with_http_info, wanted)
    assert (status, headers["Location"]) == (201, f"/crm/v3/objects/contacts/{ada.id}")
    assert ada.properties["email"] == "ada@example.org"
    assert ada.properties["lifecyclestage"] == "lead"
    assert isinstance(ada.created_at, datetime)
    assert ada.archived is False
    day.refused(409, "CONFLICT", f"Contact already exists. Existing ID: {ada.id}", api.create, wanted)
    plus = day.ok(api.create, {"properties": {"email": "jo+tag@ex.com", "customer_number": "7"}})

    read = day.ok(
        api.get_by_id, ada.id, properties=["plan", "fax", "no_such"], properties_with_history=["plan"]
    )
    assert sorted(read.properties) == sorted(
        ["createdate", "email", "fax", "firstname", "hs_object_id", "lastmodifieddate", "lastname", "plan"]
    )
    assert read.properties["fax"] is None
    assert [(item.value, item.source_type) for item in read.properties_with_history["plan"]] == [
        ("free", "INTEGRATION")
    ]
    assert day.ok(api.get_by_id, "ADA@example.org", id_property="email").id == ada.id
    assert day.ok(api.get_by_id, "7", id_property="customer_number").id == plus.id
    day.refused(400, INVALID, "non-unique 0-1 property phone", api.get_by_id, "1", id_property="phone")
    day.refused(404, None, "resource not found", api.get_by_id, "999999")
    body = day.refused(
        404, "OBJECT_NOT_FOUND", "Object not found.  objectId are usually numeric.", api.get_by_id, "ada"
    )
    assert body["context"] == {"id": ["ada"]}

    change = SimplePublicObjectInput(properties={"phone": "1", "plan": "pro"})
    assert day.ok(api.update, "jo+tag@ex.com", change, id_property="email").properties["phone"] == "1"
    assert "phone" not in day.ok(api.update, plus.id, {"properties": {"phone": ""}}).properties
    back = day.ok(api.update, ada.id, {"properties": {"lifecyclestage": "subscriber"}})
    assert back.properties["lifecyclestage"] == "lead"
    day.refused(404, None, "resource not found", api.update, "no@example.org", change, id_property="email")
    body = day.refused(400, INVALID, "No properties found to update", api.update, ada.id, {"properties": {}})
    assert body["context"] == {"properties": ["{}"]}
    day.refused(
        409, "CONFLICT", "Existing ID", api.update, ada.id, {"properties": {"email": "jo+tag@ex.com"}}
    )
    wrong = {"nope": "x", "email": "nobody", "plan": "gold", "createdate": "2026-01-01", "annualrevenue": "1"}
    body = day.refused(
        400, INVALID, "Property values were not valid: [", api.update, ada.id, {"properties": wrong}
    )
    codes = ["PROPERTY_DOESNT_EXIST", "INVALID_EMAIL", "INVALID_OPTION", "READ_ONLY_VALUE"]
    assert [error["code"] for error in body["errors"]] == codes
    told = json.loads(body["message"].removeprefix("Property values were not valid: "))
    assert [item["name"] for item in told] == ["nope", "email", "plan", "createdate"]
    assert {item["portalId"] for item in told} == {PORTAL}
    day.refused(400, None, "Invalid input JSON on line 1", api.create, {"properties": "x"})
    return ada, plus


def lists_and_searches(day: Day, ada: Any, plus: Any) -> None:
    api = day.client.crm.contacts.basic_api
    page = day.ok(api.get_page, limit=1, properties=["plan"])
    assert ([result.id for result in page.results], page.paging.next.after) == ([ada.id], ada.id)
    assert page.paging.next.link.startswith(f"{day.fake.base_url}/crm/v3/objects/contacts?limit=1")
    rest = day.ok(api.get_page, limit=1, after=page.paging.next.after, properties_with_history=["email"])
    assert ([result.id for result in rest.results], rest.paging) == ([plus.id], None)
    assert rest.results[0].properties_with_history["email"][0].value == "jo+tag@ex.com"
    day.refused(400, INVALID, "limit", api.get_page, limit=101)

    search = day.client.crm.contacts.search_api.do_search
    wanted = PublicObjectSearchRequest(
        filter_groups=[
            {"filters": [{"propertyName": "email", "operator": "EQ", "value": "ada@example.org"}]}
        ],
        properties=["email", "plan"],
        sorts=["createdate"],
        limit=200,
    )
    found = day.ok(search, wanted)
    assert (found.total, found.results[0].properties["plan"], found.paging) == (1, "free", None)
    assert day.ok(search, {"limit": 1}).paging.next.after == "1"
    day.refused(400, INVALID, "limit", search, {"limit": 201})


def batches_that_read(day: Day, ada: Any, plus: Any) -> None:
    api = day.client.crm.contacts.batch_api

    def reading(*ids: str, **more: Any) -> Any:
        return BatchReadInputSimplePublicObjectId(
            inputs=[SimplePublicObjectId(id=text) for text in ids],
            properties=["plan"],
            properties_with_history=more.pop("history", []),
            **more,
        )

    all_found, status, _ = day.ok(api.read_with_http_info, reading(ada.id, plus.id))
    assert (status, type(all_found).__name__) == (200, "BatchResponseSimplePublicObject")
    assert (all_found.status, len(all_found.results)) == ("COMPLETE", 2)
    assert isinstance(all_found.started_at, datetime)
    some, status, _ = day.ok(
        api.read_with_http_info, reading("ada@example.org", "no@x.org", id_property="email")
    )
    assert (status, type(some).__name__) == (207, "BatchResponseSimplePublicObjectWithErrors")
    assert (some.num_errors, some.errors[0].category) == (1, "OBJECT_NOT_FOUND")
    assert some.errors[0].context == {"ids": ["no@x.org"]}
    too_many = reading(*map(str, range(101)))
    day.refused(400, INVALID, "The maximum number of inputs supported in a batch is 100.", api.read, too_many)
    history = reading(*map(str, range(51)), history=["plan"])
    day.refused(400, INVALID, "property histories is 50", api.read, history)


def batches_that_write(day: Day) -> None:
    api = day.client.crm.contacts.batch_api
    create = [
        SimplePublicObjectBatchInputForCreate(properties={"email": f"b{n}@x.org"}, associations=[])
        for n in "12"
    ]
    made, status, _ = day.ok(
        api.create_with_http_info, BatchInputSimplePublicObjectBatchInputForCreate(inputs=create)
    )
    assert (status, len(made.results)) == (201, 2)
    change = [
        SimplePublicObjectBatchInput(id=result.id, properties={"plan": "pro"}) for result in made.results
    ]
    done = day.ok(api.update, BatchInputSimplePublicObjectBatchInput(inputs=change))
    assert {result.properties["plan"] for result in done.results} == {"pro"}
    lost = day.ok(api.update, {"inputs": [{"id": "999999", "properties": {"plan": "pro"}}]})
    assert (lost.num_errors, lost.errors[0].context) == (1, {"ids": ["999999"]})
    twice = {"inputs": [{"id": made.results[0].id, "properties": {"plan": "pro"}}] * 2}
    body = day.refused(400, INVALID, "Duplicate IDs found in batch input", api.update, twice)
    assert body["context"] == {"ids": [made.results[0].id]}
    gone = BatchInputSimplePublicObjectId(
        inputs=[SimplePublicObjectId(id=result.id) for result in made.results]
    )
    assert day.ok(api.archive_with_http_info, gone)[1] == 204
    assert len(day.ok(api.read, {"inputs": [{"id": made.results[0].id}]}, archived=True).results) == 1


def upserts(day: Day) -> None:
    api = day.client.crm.contacts.batch_api

    def one(email: str, trace: str | None = None, **properties: str) -> Any:
        return SimplePublicObjectBatchInputUpsert(
            id=email, id_property="email", properties=properties, object_write_trace_id=trace
        )

    def several(*inputs: Any) -> Any:
        return BatchInputSimplePublicObjectBatchInputUpsert(inputs=list(inputs))

    done, status, _ = day.ok(
        api.upsert_with_http_info, several(one("ADA@example.org", plan="pro"), one("New@x.org", plan="free"))
    )
    assert (status, type(done).__name__) == (200, "BatchResponseSimplePublicUpsertObject")
    assert {result.properties["email"]: result.new for result in done.results} == {
        "new@x.org": True,
        "ada@example.org": False,
    }
    mixed, status, _ = day.ok(
        api.upsert_with_http_info,
        several(one("ok@x.org", "t1", plan="pro"), one("bad@x.org", "t2", plan="gold")),
    )
    assert (status, type(mixed).__name__) == (207, "BatchResponseSimplePublicUpsertObjectWithErrors")
    assert [result.object_write_trace_id for result in mixed.results] == ["t1"]
    assert [(error.category, error.context) for error in mixed.errors] == [
        (INVALID, {"objectWriteTraceId": ["t2"]})
    ]
    bad = several(one("ok2@x.org", plan="pro"), one("bad@x.org", plan="gold"))
    day.refused(400, INVALID, "Property values were not valid", api.upsert, bad)
    day.refused(400, INVALID, "Duplicate IDs", api.upsert, several(one("a@b.cc"), one("A@b.cc")))
    day.refused(
        400,
        INVALID,
        "non-unique 0-1 property phone",
        api.upsert,
        {"inputs": [{"id": "1", "idProperty": "phone"}]},
    )
    silent, status, _ = day.ok(api.upsert_with_http_info, {"id": "x@y.org", "properties": {}})
    assert (status, silent.results) == (200, [])


def sends(day: Day) -> None:
    item, many = day.client.events.send.basic_api, day.client.events.send.batch_api

    def event(**more: Any) -> Any:
        given = {"event_name": VIEW, "email": "ada@example.org", "properties": {"sku": "a"}, **more}
        return BehavioralEventHttpCompletionRequest(**given)

    nothing, status, headers = day.ok(
        item.send_with_http_info, event(uuid="u1", occurred_at=datetime(2026, 1, 2, 3, 4, 5, 678000, UTC))
    )
    assert (nothing, status) == (None, 204)
    assert UUID7.fullmatch(headers["X-HubSpot-Correlation-Id"])
    assert day.ok(item.send, event(uuid="u1")) is None  # known: accepted, and dropped
    assert day.ok(item.send, event(uuid="u2", occurred_at="2026-01-03T00:00:00.000Z")) is None
    assert day.ok(item.send, event(uuid="u3", occurred_at=1767500000000, properties={"total": 2.5})) is None
    batch = BatchedBehavioralEventHttpCompletionRequest(inputs=[event(uuid=f"b{n}") for n in range(500)])
    assert day.ok(many.send_with_http_info, batch)[1] == 204
    batch.inputs.append(event())
    day.refused(400, INVALID, "The maximum number of inputs supported in a batch is 500.", many.send, batch)
    naive = event(occurred_at=datetime(2026, 1, 2))
    day.refused(400, None, "2026-01-02T00:00:00", item.send, naive)
    day.refused(400, INVALID, "[eventName]", item.send, event(event_name=None))
    day.refused(400, INVALID, "[inputs]", many.send, {"events": []})
    day.refused(400, INVALID, "pe1_view does not exist", item.send, event(event_name="pe1_view"))
    day.refused(400, INVALID, "email, utk or objectId", item.send, event(email=None))
    day.refused(400, INVALID, '"colour" does not exist', item.send, event(properties={"colour": "red"}))
    day.refused(400, None, "Unexpected character", item.send, event(properties={"total": float("nan")}))
    day.refused(400, None, "java.lang.String", item.send, event(properties={"sku": {"x": 1}}))


def reads_back(day: Day, ada: Any) -> None:
    api = day.client.events.events_api
    page = day.ok(
        api.get_page, object_type="contact", object_id=ada.id, event_type=VIEW, sort=["occurredAt"], limit=2
    )
    assert [result.id for result in page.results] == ["u1", "u2"]
    first = page.results[0]
    assert (first.event_type, first.object_type, first.object_id) == (VIEW, "CONTACT", ada.id)
    assert first.properties == {"sku": "a"}
    assert first.occurred_at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert page.paging.prev is None
    following = day.ok(
        api.get_page, object_id=ada.id, sort=["occurredAt"], limit=2, after=unquote(page.paging.next.after)
    )
    assert following.results[0].properties == {"total": "2.5"}
    again = day.ok(
        api.get_page,
        object_id=ada.id,
        sort=["occurredAt"],
        limit=2,
        before=unquote(following.paging.prev.before),
    )
    assert [result.id for result in again.results] == ["u1", "u2"]
    assert [result.id for result in day.ok(api.get_page, id=["u2"]).results] == ["u2"]
    window = {"occurred_after": "2026-01-03T12:00:00Z", "occurred_before": "2026-01-05T00:00:00Z"}
    assert [result.id for result in day.ok(api.get_page, **window).results] == ["u3"]
    assert day.ok(api.get_page, object_type="company").results == []
    assert day.ok(api.get_types).event_types == [VIEW]
    status, found = day.raw(
        "GET", "/events/v3/events", **{"objectProperty.email": "ada@example.org", "limit": "1"}
    )
    assert (status, found["results"][0]["objectId"]) == (200, ada.id)
    status, found = day.raw("GET", "/events/event-occurrences/2026-03", **{"property.total": "2.5"})
    assert (status, [result["id"] for result in found["results"]]) == (200, ["u3"])


def archives(day: Day, ada: Any) -> None:
    api = day.client.crm.contacts.basic_api
    assert day.ok(api.archive_with_http_info, ada.id)[1] == 204
    assert day.ok(api.archive_with_http_info, "999999")[1] == 204
    day.refused(404, None, "resource not found", api.get_by_id, ada.id)
    gone = day.ok(api.get_by_id, ada.id, archived=True)
    assert (gone.archived, type(gone.archived_at)) == (True, datetime)
    assert ada.id in [result.id for result in day.ok(api.get_page, archived=True).results]


def wrong_tokens(day: Day) -> None:
    def with_token(token: str) -> Any:
        return hubspot.HubSpot(access_token=token, host=day.fake.base_url, retry=False)

    event = {"eventName": VIEW, "email": "ada@example.org", "properties": {}}
    wrong = with_token("pat-na1-wrong").events.send.basic_api
    day.refused(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.", wrong.send, event)
    other = with_token("some-other-key").crm.contacts.basic_api
    body = day.refused(401, "EXPIRED_AUTHENTICATION", "expired", other.get_page)
    assert body["context"] == {"expire time": ["1970-01-01T00:00:00Z"]}
    token = day.fake.new_account(portal_id=PORTAL, scopes=["crm.objects.contacts.read"])
    body = day.refused(
        403, "MISSING_SCOPES", "required scopes", with_token(token).events.send.basic_api.send, event
    )
    assert body["errors"][0]["context"] == {"requiredGranularScopes": ["analytics.behavioral_events.send"]}
    assert day.ok(with_token(token).crm.contacts.basic_api.get_page).results == []
