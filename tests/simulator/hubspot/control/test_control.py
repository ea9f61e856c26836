from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot

ROUTES = [
    ("GET", "/_simulator/journal"),
    ("GET", "/_simulator/faults"),
    ("POST", "/_simulator/faults"),
    ("POST", "/_simulator/reset"),
    ("POST", "/_simulator/accounts"),
    ("GET", "/_simulator/bad"),
    ("GET", "/_simulator/stream"),
    ("GET", "/"),
]


def call(fake: FakeHubSpot, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(fake.base_url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def control(fake: FakeHubSpot, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"X-Simulator-Token": fake.control_token}
    status, text, _ = call(fake, method, "/_simulator/" + path, body, **headers)
    return status, json.loads(text)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_control_route_answers_without_the_token_nor_to_another_origin(
    fake: FakeHubSpot, method: str, path: str
) -> None:
    for headers in ({}, {"X-Simulator-Token": "wrong"}, {"Authorization": f"Bearer {fake.token}"}):
        status, _, answered = call(fake, method, path, Origin="http://evil.example", **headers)
        assert status == 401
        assert not [name for name in answered if name.lower().startswith("access-control")]


def test_faults_are_set_listed_and_cleared(fake: FakeHubSpot) -> None:
    assert control(fake, "POST", "faults", ["429:every=2", {"kind": "lost", "path": "/events/*"}])[0] == 201
    status, listed = control(fake, "GET", "faults")
    assert (status, [item["kind"] for item in listed]) == (200, ["429", "lost"])
    assert control(fake, "DELETE", "faults/1") == (200, {"cleared": 1})
    assert control(fake, "DELETE", "faults/1")[0] == 404
    assert control(fake, "DELETE", "faults") == (200, {"cleared": 1})


def test_a_wrong_fault_says_what_would_be_right(fake: FakeHubSpot) -> None:
    assert "did you mean 'every'" in control(fake, "POST", "faults", {"kind": "429", "evry": 2})[1]["error"]
    assert "did you mean 'latency'" in control(fake, "POST", "faults", "latencie")[1]["error"]


def test_stories_reset_seed_accounts_and_clock(fake: FakeHubSpot, service: Any) -> None:
    assert control(fake, "POST", "stories/outage")[0] == 201
    assert fake.faults.active()
    assert control(fake, "POST", "reset")[0] == 200
    assert (service.resets, fake.faults.active()) == (1, ())
    assert control(fake, "POST", "seed", {"data": {"contacts": []}})[0] == 200
    assert control(fake, "POST", "seed", {"data": {}}) == (
        400,
        {"error": "the seed cannot be used: contacts are missing"},
    )
    status, made = control(fake, "POST", "accounts")
    assert status == 201
    assert made["token"] in service.tokens
    before = fake.clock()
    assert control(fake, "POST", "clock", {"skip_seconds": 3600})[1]["now"] >= before + 3600
    assert control(fake, "POST", "clock", {"skip_seconds": -1})[0] == 400


def test_the_token_stands_nowhere_in_journal_inbox_har_or_json_lines(fake: FakeHubSpot) -> None:
    bearer = {"Authorization": f"Bearer {fake.token}", "Content-Type": "application/json"}
    call(fake, "POST", "/events/v3/send", {"eventName": "a", "email": fake.token}, **bearer)
    call(fake, "GET", f"/oauth/v1/access-tokens/{fake.token}", **bearer)
    headers = {"X-Simulator-Token": fake.control_token}
    for path in ("journal", "journal.har", "journal.jsonl", "good", "all"):
        status, text, _ = call(fake, "GET", "/_simulator/" + path, **headers)
        assert status == 200
        assert fake.token not in text
        assert fake.control_token not in text
    assert fake.token not in repr(fake.journal.entries())
    assert "pat-na1-****" in json.dumps(fake.journal.view(fake.journal.entries()[0]))


def test_a_bad_item_tells_reason_and_near_misses(fake: FakeHubSpot) -> None:
    call(
        fake,
        "POST",
        "/events/v3/send/batch",
        {"inputs": [{"eventName": "pe1_purchase"}, {"eventName": "pe1_view"}]},
    )
    fake.faults.add(*[], now=0)
    control(fake, "POST", "faults", "429:count=1")
    call(fake, "POST", "/events/v3/send", {"eventName": "pe1_purchas"})
    assert control(fake, "GET", "all")[1] == {"total": 3, "good": 2, "bad": 1, "dropped": 0, "limit": 20_000}
    [bad] = control(fake, "GET", "bad")[1]
    assert bad["errors"] == ["429: the fault 429 struck"]
    assert bad["nearMisses"]["pe1_purchas"][0] == "pe1_purchase"


def test_the_page_escapes_what_senders_wrote_and_opens_by_the_printed_link(fake: FakeHubSpot) -> None:
    call(fake, "GET", "/<script>alert(1)</script>".replace("<", "%3C"))
    control(fake, "POST", "faults", {"kind": "500", "name": "<script>x</script>"})
    status, page, headers = call(fake, "GET", "/", Cookie=f"simulator_control={fake.control_token}")
    assert status == 200
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert call(fake, "POST", "/_simulator/reset", Cookie=f"simulator_control={fake.control_token}")[0] == 401
