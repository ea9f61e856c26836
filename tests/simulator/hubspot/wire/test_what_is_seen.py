"""What stands in the journal, when, and what never does."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot

SECRET = "pat-na1-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"


def call(fake: FakeHubSpot, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> int:
    request = urllib.request.Request(fake.base_url + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    "fault",
    ["", "500", "lost", "close-before", "close-during", "truncated", "trickle", "empty-200", "not-utf8"],
)
def test_whoever_has_the_answer_finds_the_exchange_in_the_journal(fake: FakeHubSpot, fault: str) -> None:
    if fault:
        fake.faults.add(*(_fault(fault) for _ in range(1)), now=0)
    for number in range(1, 30):
        with contextlib.suppress(urllib.error.URLError, http.client.HTTPException, ConnectionError):
            call(fake, f"/x{number}")
        # No waiting: it stands there before the last byte of the answer, or before the end of the connection.
        assert fake.journal.entries()[-1].target == f"/x{number}".encode()
        assert len(fake.journal.entries()) == number


def _fault(text: str) -> Any:
    from simulator.hubspot.faults.syntax import parse_fault

    return parse_fault(f"{text}:delay=0" if text == "trickle" else text)


def test_a_request_for_another_host_is_seen_in_the_journal(fake: FakeHubSpot) -> None:
    assert call(fake, "/x", Host="evil.example") == 421
    [entry] = fake.journal.entries()
    assert (entry.answer.status, entry.answer.rule) == (421, "host.foreign")


def test_a_control_route_reads_no_more_than_hubspots_own(fake: FakeHubSpot) -> None:
    huge = b'{"data": "' + b"x" * (11 * 1024 * 1024) + b'"}'
    try:
        status = call(fake, "/_simulator/seed", "POST", huge, **{"X-Simulator-Token": fake.control_token})
    except urllib.error.URLError:  # the server may close while we still send
        status = 413
    assert status == 413
    assert fake.journal.entries()[-1].answer.rule == "body.too_large"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/v3/objects/contacts", rb'{"properties": {"email": "jo\u002b500@example.com"}}'),
        ("/crm/v3/objects/contacts", rb'{"properties": {"email": "jo\u002B500\u0040example.com"}}'),
        ("/crm/v3/objects/contacts", b'{"properties": {"email": "jo+500@example.com"}}'),
        ("/crm/v3/objects/contacts/jo%2B500%40example.com", b"{}"),
        ("/crm/v3/objects/contacts/jo+500@example.com", b"{}"),
        ("/crm/v3/objects/contacts?note=jo+500@example.com", b"{}"),
        ("/crm/v3/objects/contacts?note=jo%2b500%40example.com", b"{}"),
    ],
)
def test_a_magic_address_strikes_however_it_is_written(fake: FakeHubSpot, path: str, body: bytes) -> None:
    assert call(fake, path, "POST", body) == 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/oauth/v1/access-tokens/{SECRET}", None),
        ("/oauth/v1/access-tokens/an-odd-secret", None),
        ("/oauth/v1/access-tokens/" + SECRET.replace("-", "%2D"), None),
        ("/oauth/v2/private-apps/get/access-token-info", json.dumps({"tokenKey": SECRET}).encode()),
        ("/oauth/v2/private-apps/get/access-token-info", b'{ "tokenKey" : "an-odd-secret" }'),
        ("/crm/v3/objects/contacts?note=" + SECRET, None),
    ],
)
def test_no_token_that_a_request_carries_outside_its_headers_is_ever_shown(
    path: str, body: bytes | None
) -> None:
    with FakeHubSpot() as fake:
        fake.service.add_account(SECRET)
        fake.service.add_account("an-odd-secret")
        call(fake, path, "POST" if body else "GET", body, Authorization="Bearer an-odd-secret")
        control = {"X-Simulator-Token": fake.control_token}
        shown = json.dumps(fake.journal.view(fake.journal.entries()[-1]))
        for route in ("journal", "journal.har", "journal.jsonl", "good", "bad"):
            request = urllib.request.Request(f"{fake.base_url}/_simulator/{route}", headers=control)
            with urllib.request.urlopen(request, timeout=5) as answer:
                shown += answer.read().decode()
        request = urllib.request.Request(f"{fake.base_url}/", headers=control)
        with urllib.request.urlopen(request, timeout=5) as answer:
            shown += answer.read().decode()
        assert "odd-secret" not in shown
        assert "aaaaaaaa" not in shown


def test_nobody_takes_a_shortened_journal_for_whole(fake: FakeHubSpot) -> None:
    for number in range(3):
        call(fake, f"/x{number}")
    request = urllib.request.Request(
        f"{fake.base_url}/_simulator/journal?limit=1", headers={"X-Simulator-Token": fake.control_token}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        said = json.loads(answer.read())
    assert (said["total"], said["dropped"], len(said["entries"])) == (3, 0, 1)
    assert said["limits"] == {"entries": 20_000, "bytes": 128 * 1024 * 1024}


def test_a_near_miss_is_found_among_the_definitions_too() -> None:
    with FakeHubSpot() as fake:
        fake.service.seed(
            fake.account, {"definitions": [{"name": "pe12345678_purchase", "properties": ["revenue"]}]}
        )
        sent = {"eventName": "pe12345678_purchse", "email": "a@b.co", "properties": {"revenu": "1"}}
        bearer = {"Authorization": f"Bearer {fake.token}"}
        assert call(fake, "/events/v3/send", "POST", json.dumps(sent).encode(), **bearer) == 400
        request = urllib.request.Request(
            f"{fake.base_url}/_simulator/bad", headers={"X-Simulator-Token": fake.control_token}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            [item] = json.loads(answer.read())
        assert item["nearMisses"]["pe12345678_purchse"] == ["pe12345678_purchase"]
        assert item["nearMisses"]["revenu"][0] == "revenue"
