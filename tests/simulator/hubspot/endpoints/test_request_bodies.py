"""Request bodies that are not JSON, or JSON of another shape with something behind it: 400, never 500."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from simulator.hubspot import FakeHubSpot

PATHS = [
    ("POST", "/events/v3/send"),
    ("POST", "/events/v3/send/batch"),
    ("POST", "/crm/v3/objects/contacts"),
    ("POST", "/crm/v3/objects/contacts/batch/upsert"),
    ("POST", "/crm/v3/objects/contacts/search"),
    ("PATCH", "/crm/v3/objects/contacts/1"),
    ("POST", "/crm/v3/properties/contacts"),
    ("POST", "/events/v3/event-definitions"),
]
BODIES = [
    b"0 \x82<", b"3~\x82\x83%As", b"1 2", b'"a" {', b"[] x", b"null,", b"true\xff", b"{} {}", b"\xff", b"", b"-", b"1e",
]  # fmt: skip


@pytest.fixture(scope="module")
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as server:
        yield server


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_cannot_be_read_is_the_senders_mistake(
    hubspot: FakeHubSpot, method: str, path: str, body: bytes
) -> None:
    connection = http.client.HTTPConnection(hubspot.base_url.removeprefix("http://"), timeout=10)
    headers = {"Authorization": f"Bearer {hubspot.token}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert 400 <= answer.status < 500, said
    assert b"internal error" not in said
