"""No token reaches a reader, however it is written and wherever it stands."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.masking import Masker
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.journal.har import har
from simulator.hubspot.journal.inbox import items
from simulator.hubspot.journal.journal import Journal
from simulator.hubspot.messages import Answer

ODD = "0paque-secret-9f8e7d"
PAT = "pat-na1-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SEND = "/events/v3/send"
INFO = "/oauth/v2/private-apps/get/access-token-info"

CARRIED: dict[str, tuple[str, bytes | None, dict[str, str]]] = {
    "dashes as JSON escapes": (SEND, rb'{"email":"' + PAT.replace("-", r"\u002d").encode() + b'"}', {}),
    "a letter as JSON escape": (SEND, rb'{"email":"\u0070' + PAT[1:].encode() + b'"}', {}),
    "escapes in invalid JSON": (SEND, rb'{"email":"\u0070' + PAT[1:].encode() + b'"', {}),
    "a name that stands twice": (SEND, f'{{"email":"{PAT}","email":"x"}}'.encode(), {}),
    "UTF-16": (SEND, json.dumps({"eventName": PAT}).encode("utf-16"), {}),
    "a property's name": (SEND, json.dumps({"properties": {PAT: "1"}}).encode(), {}),
    "a field for tokens": ("/oauth/v1/introspect", json.dumps({"token": ODD}).encode(), {}),
    "a form": ("/oauth/v1/token", f"grant_type=refresh_token&refresh_token={ODD}".encode(), {}),
    "a form elsewhere": (SEND, f"a=b&client_secret={ODD}".encode(), {}),
    "invalid JSON": (INFO, f'{{"tokenKey":"{ODD}"'.encode(), {}),
    "invalid JSON elsewhere": (SEND, f'{{"tokenKey":"a,{ODD}"'.encode(), {}),
    "a list in a token's place": (INFO, f'{{"tokenKey":["{ODD}"]}}'.encode(), {}),
    "a token asked about": (f"/oauth/v1/access-tokens/{ODD}", None, {}),
    "a refresh token": (f"/oauth/v3/refresh-tokens/{ODD}", None, {}),
    "a dated path": (f"/oauth/2026-03/access-tokens/{ODD}", None, {}),
    "a path that HubSpot has not": (f"/oauth/v2/private-apps/{ODD}", None, {}),
    "an encoded path": (f"/%6Fauth/v1/access%2Dtokens/{ODD}", None, {}),
    "letters in per cent": (f"/x/%70{PAT[1:]}", None, {}),
    "encoded twice": (f"/x/{PAT.replace('-', '%252D')}", None, {}),
    "capitals": (f"/x/{PAT.upper()}", None, {}),
    "an old key in the query": (f"/crm/v3/objects/contacts?hapikey={ODD}", None, {}),
    "a token in the query": (f"/crm/v3/objects/contacts?a=b&access_token={ODD}", None, {}),
    "Basic": (SEND, b"{}", {"Authorization": f"Basic {ODD}"}),
    "no scheme": (SEND, b"{}", {"Authorization": ODD}),
    "Bearer": (SEND, b"{}", {"Authorization": f"Bearer {ODD}"}),
    "another header": (SEND, b"{}", {"X-HubSpot-Token": ODD}),
    "an API key": (SEND, b"{}", {"X-Api-Key": ODD}),
    "a refused host": (f"/?token={ODD}", None, {"Host": "evil.example"}),
}


@pytest.mark.parametrize("carried", CARRIED)
def test_no_reader_of_the_server_sees_a_token_that_a_request_carried(carried: str) -> None:
    path, body, headers = CARRIED[carried]
    with FakeHubSpot() as fake:
        _ask(fake, path, body, headers)
        told = fake.control_token
        for route in ("journal", "journal.har", "journal.jsonl", "good", "bad"):
            shown = _ask(fake, f"/_simulator/{route}", None, {"X-Simulator-Token": told})
            assert "9f8e7d" not in shown, route
            assert "aaaaaaa" not in shown.lower(), route
            assert "eeeeeee" not in shown.lower(), route
        page = _ask(fake, "/", None, {"X-Simulator-Token": told})
        assert "9f8e7d" not in page
        assert "aaaaaaa" not in page.lower()
        stream = urllib.request.Request(
            f"{fake.base_url}/_simulator/stream?after=0", headers={"X-Simulator-Token": told}
        )
        with urllib.request.urlopen(stream, timeout=5) as answer:
            event = b"".join(answer.readline() for _ in range(4))
        assert b'"number":1' in event
        assert b"9f8e7d" not in event
        assert b"aaaaaaa" not in event.lower()


def test_a_token_that_became_a_property_is_masked_where_contacts_are_shown() -> None:
    with FakeHubSpot() as fake:
        fake.service.seed(
            fake.account, {"contacts": [{"email": "a@example.org", "properties": {"jobtitle": PAT}}]}
        )
        for path in ("contacts", "contacts/101", "pages/contacts", "pages/contacts/101"):
            shown = _ask(fake, f"/_simulator/{path}", None, {"X-Simulator-Token": fake.control_token})
            assert "a@example.org" in shown
            assert "aaaaaaa" not in shown


@pytest.mark.parametrize(
    "body",
    [
        b'{"inputs":[' + b"[" * 400 + b"]" * 400 + b"]}",
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b"[" * 5000,
        b'{"eventName":"\xff"}',
        b'{"inputs":[{"properties":[]},7,null]}',
        b'{"eventName":"\\ud800"}',
    ],
)
def test_no_body_that_somebody_sends_makes_the_journal_or_the_inbox_unreadable(body: bytes) -> None:
    with FakeHubSpot() as fake:
        _ask(fake, SEND, body, {})
        for route in ("journal", "journal.har", "journal.jsonl", "all", "good", "bad"):
            shown = _ask(fake, f"/_simulator/{route}", None, {"X-Simulator-Token": fake.control_token})
            assert "Internal Server Error" not in shown


def test_a_body_of_any_depth_can_be_written_again_with_what_stands_around_it() -> None:
    journal = Journal()
    for depth in range(50, 300):
        journal.record(0.0, 0.0, "POST", b"/x", [], b"[" * depth + b"]" * depth, Answer(400))
        journal.record(0.0, 0.0, "POST", b"/x", [], b'{"a":' * depth + b"1" + b"}" * depth, Answer(400))
    assert len(list(journal.json_lines())) == 500
    assert b"deeper" in orjson.dumps(har(journal, "http://localhost"))
    assert b"deeper" in orjson.dumps(items(journal, good=False).items)


_TEXT = st.text('xyzä✓ \u2028"\\%{}[]:,&=?0123456789-_/u', max_size=12)
_NUMBER = st.integers(-(2**63), 2**63)


@given(st.recursive(_TEXT | _NUMBER | st.none(), lambda deeper: st.dictionaries(_TEXT, deeper)))
def test_what_holds_no_secret_is_shown_as_it_came(value: object) -> None:
    body = json.dumps(value).encode()
    assert Masker().body(body, b"/events/v3/send") == value
    assert Masker().body_text(body, b"/events/v3/send") == body.decode()


def test_an_event_property_called_token_is_the_senders_own_and_stays() -> None:
    sent = b'{"eventName":"pe1_a","properties":{"token":"visible","code":"SALE10"}}'
    assert Masker().body_text(sent, b"/events/v3/send") == sent.decode()


def _ask(fake: FakeHubSpot, path: str, body: bytes | None, headers: dict[str, str]) -> str:
    request = urllib.request.Request(fake.base_url + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            text: str = answer.read().decode()
            return text
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
