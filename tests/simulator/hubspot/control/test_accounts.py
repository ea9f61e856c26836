"""What the accounts hold can be asked for, page by page, and no token is told."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot


@pytest.fixture
def fake() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as running:
        contacts = [{"email": f"p{number}@example.org"} for number in range(7)]
        sent = {"eventName": "pe12345678_view", "email": "p3@example.org", "properties": {"sku": "a"}}
        seed = {
            "contacts": contacts,
            "definitions": [{"name": "pe12345678_view", "properties": ["sku"]}],
            "occurrences": [sent, sent],
        }
        running.service.seed(running.account, seed)
        running.new_account(portal_id=7, switches={"tier": "starter"})
        yield running


def ask(fake: FakeHubSpot, path: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{fake.base_url}{path}", headers={"X-Simulator-Token": fake.control_token}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
            status = answer.status
    except urllib.error.HTTPError as error:
        with error:
            text, status = error.read().decode(), error.code
    assert fake.token not in text
    return status, json.loads(text) if text.startswith(("{", "[")) else text


def test_accounts_are_told_apart_with_what_they_hold(fake: FakeHubSpot) -> None:
    first, second = ask(fake, "/_simulator/accounts")[1]
    assert (first["portalId"], first["contacts"], first["occurrences"]) == (12345678, 7, 2)
    assert (second["account"], second["portalId"], second["tier"]) == (1, 7, "starter")
    assert ask(fake, "/_simulator/contacts?account=1")[1]["contacts"] == []
    assert ask(fake, "/_simulator/contacts?account=2")[0] == 404
    assert ask(fake, "/_simulator/contacts?account=x")[0] == 400


def test_contacts_are_paged_and_searched_newest_first(fake: FakeHubSpot) -> None:
    page = ask(fake, "/_simulator/contacts?limit=3")[1]
    assert [contact["email"] for contact in page["contacts"]] == [
        f"p{number}@example.org" for number in (6, 5, 4)
    ]
    rest = ask(fake, f"/_simulator/contacts?limit=4&after={page['after']}")[1]
    assert (len(rest["contacts"]), rest["after"], rest["total"]) == (4, None, 7)
    [found] = ask(fake, "/_simulator/contacts?q=P3@")[1]["contacts"]
    assert found["email"] == "p3@example.org"


def test_a_contact_shows_its_timeline_and_a_definition_its_count(fake: FakeHubSpot) -> None:
    contact = ask(fake, "/_simulator/contacts/104")[1]
    assert [item["properties"] for item in contact["timeline"]] == [{"sku": "a"}, {"sku": "a"}]
    assert {item["name"] for item in contact["history"]} >= {"email", "lifecyclestage"}
    assert ask(fake, "/_simulator/contacts/999")[0] == 404
    [definition] = ask(fake, "/_simulator/definitions")[1]
    assert (definition["occurrences"], definition["properties"][0]["name"]) == (2, "sku")


@pytest.mark.parametrize(
    "path",
    ["/", "/_simulator/pages/contacts", "/_simulator/pages/contacts/104", "/_simulator/pages/definitions"],
)
def test_every_page_is_there_for_the_admitted_only(fake: FakeHubSpot, path: str) -> None:
    status, page = ask(fake, path)
    assert status == 200
    assert "<h1>" in page
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(fake.base_url + path, timeout=10)
    with caught.value:
        assert caught.value.code == 401
        assert "p3@example.org" not in caught.value.read().decode()


def test_a_page_about_nobody_says_so(fake: FakeHubSpot) -> None:
    status, page = ask(fake, "/_simulator/pages/contacts/999")
    assert status == 404
    assert "no contact has the id 999" in page
    assert ask(fake, "/_simulator/pages/contacts?account=9")[0] == 404
