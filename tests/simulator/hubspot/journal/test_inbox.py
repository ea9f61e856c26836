"""The inbox: what was meant, and how much is there."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.journal.inbox import Names, items
from simulator.hubspot.journal.journal import Journal
from simulator.hubspot.messages import Answer

ORDER, CART = "pe12345678_order_complete", "pe12345678_cart_view"


@pytest.fixture
def fake() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as running:
        defined = [{"name": ORDER, "properties": ["revenue"]}, {"name": CART, "properties": ["revenge"]}]
        running.service.seed(running.account, {"definitions": defined})
        yield running


def send(fake: FakeHubSpot, path: str, body: Any, method: str = "POST") -> None:
    headers = {"Authorization": f"Bearer {fake.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(fake.base_url + path, json.dumps(body).encode(), headers, method=method)
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()


def read(fake: FakeHubSpot, route: str) -> tuple[Any, Any]:
    headers = {"X-Simulator-Token": fake.control_token}
    request = urllib.request.Request(f"{fake.base_url}/_simulator/{route}", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read()), answer.headers


def test_a_misspelt_property_is_held_against_its_own_event_not_against_all(fake: FakeHubSpot) -> None:
    send(fake, "/events/v3/send", {"eventName": ORDER, "email": "a@b.co", "properties": {"revenu": "1"}})
    [item], _ = read(fake, "bad")
    assert item["nearMisses"] == {"revenu": ["revenue"]}


def test_a_misspelt_event_still_tells_which_property_was_meant(fake: FakeHubSpot) -> None:
    wrong = {"eventName": ORDER[:-1], "email": "a@b.co", "properties": {"revenu": "1"}}
    send(fake, "/events/v3/send", wrong)
    [item], _ = read(fake, "bad")
    assert item["nearMisses"][ORDER[:-1]] == [ORDER]
    assert item["nearMisses"]["revenu"][0] == "revenue"


def test_a_standard_property_of_an_event_is_found_too(fake: FakeHubSpot) -> None:
    send(fake, "/events/v3/send", {"eventName": ORDER, "email": "a@b.co", "properties": {"hs_page_ur": "1"}})
    [item], _ = read(fake, "bad")
    assert "hs_page_url" in item["nearMisses"]["hs_page_ur"]


def test_a_misspelt_contact_property_is_held_against_those_of_contacts(fake: FakeHubSpot) -> None:
    send(fake, "/crm/v3/objects/contacts", {"properties": {"email": "a@b.co", "frstname": "A"}})
    [item], _ = read(fake, "bad")
    assert item["nearMisses"]["frstname"][0] == "firstname"


def test_another_accounts_definitions_are_no_near_miss(fake: FakeHubSpot) -> None:
    other = fake.new_account(portal_id=7)
    fake.service.seed(fake.service.account_for(other), {"definitions": [{"name": "pe7_invoice"}]})
    send(fake, "/events/v3/send", {"eventName": "pe7_invoic", "email": "a@b.co"})
    [item], _ = read(fake, "bad")
    assert "pe7_invoice" not in str(item["nearMisses"])


def test_a_list_that_a_limit_cut_says_how_long_it_is(fake: FakeHubSpot) -> None:
    for _ in range(3):
        send(fake, "/events/v3/send", {"eventName": "pe12345678_nothing", "email": "a@b.co"})
    listed, headers = read(fake, "bad?limit=2")
    assert (len(listed), headers["X-Simulator-Matched"], headers["X-Simulator-Dropped"]) == (2, "3", "0")
    assert headers["X-Simulator-Limit-Entries"] == "20000"
    assert read(fake, "all")[0]["limit"] == 20_000
    page, _ = read(fake, "journal?status=400&limit=1")
    assert (page["matched"], page["total"], len(page["entries"])) == (3, 3, 1)


def test_a_flood_of_bad_items_does_not_hold_up_whoever_looks_at_ten() -> None:
    journal = Journal()
    properties = {f"property_{number}": "1" for number in range(20)}
    inputs = [{"eventName": "pe1_ordr", "properties": properties}] * 50
    body = json.dumps({"inputs": inputs}).encode()
    for _ in range(200):
        journal.record(0.0, 0.0, "POST", b"/events/v3/send/batch", [], body, Answer(400, portal_id=1))
    names = Names({"pe1_order": frozenset(f"propertie_{number}" for number in range(300))})
    started = time.process_time()
    found = items(journal, good=False, limit=10, defined=lambda _: names)
    assert (len(found.items), found.total) == (10, 10_000)
    assert time.process_time() - started < 5  # each name compared once; it took minutes when each item paid
