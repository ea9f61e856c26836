"""The client on a real socket: what goes out, and how every kind of failure comes back."""

from __future__ import annotations

import http.client
import json
import os
import threading
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from hubspot_dest.delivery.client.client import UUID_NAMESPACE, HubSpotClient, occurrence_uuid
from hubspot_dest.delivery.client.errors import DeliveryError, error_from_answer
from hubspot_dest.masking import mask_token
from tests.delivery.wire import NO_CONTENT, answer, wire

TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"
OCCURRENCE = {
    "eventName": "pe1_x",
    "occurredAt": "2026-01-02T03:04:05.678Z",
    "properties": {"a": "b"},
    "email": "a@b.c",
}


def client(base_url: str, timeout: float = 5) -> HubSpotClient:
    return HubSpotClient(SecretStr(TOKEN), base_url=base_url, timeout_seconds=timeout)


def failure(*answers: bytes | None, timeout: float = 5) -> DeliveryError:
    with wire(*answers) as server, pytest.raises(DeliveryError) as caught:
        client(server.base_url, timeout).send(OCCURRENCE)
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value.as_dict())
    return caught.value


def test_an_event_arrives_as_hubspot_expects_it() -> None:
    with wire(NO_CONTENT) as server:
        client(server.base_url + "/").send(OCCURRENCE)
    ((line, headers, body),) = server.requests
    assert line == "POST /events/v3/send HTTP/1.1"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == OCCURRENCE


def test_a_batch_and_the_contacts_arrive_at_their_own_addresses() -> None:
    with wire(
        NO_CONTENT, answer("200 OK", b"{}"), answer("200 OK", b"{}"), answer("201 Created", b"{}")
    ) as server:
        hubspot = client(server.base_url)
        hubspot.send_batch([OCCURRENCE, OCCURRENCE])
        hubspot.update_contact("jo+tag/ü%@ex.com", {"firstname": "A"}, "email")
        hubspot.update_contact("37", {"firstname": "A"}, None)
        hubspot.create_contact({"email": "a@b.c"})
    assert [line for line, _, _ in server.requests] == [
        "POST /events/v3/send/batch HTTP/1.1",
        "PATCH /crm/v3/objects/contacts/jo%2Btag%2F%C3%BC%25%40ex.com?idProperty=email HTTP/1.1",
        "PATCH /crm/v3/objects/contacts/37 HTTP/1.1",
        "POST /crm/v3/objects/contacts HTTP/1.1",
    ]
    assert json.loads(server.requests[0][2]) == {"inputs": [OCCURRENCE, OCCURRENCE]}
    assert json.loads(server.requests[1][2]) == {"properties": {"firstname": "A"}}


def test_a_thousand_events_need_one_connection_not_a_thousand() -> None:
    with wire(NO_CONTENT) as server:
        hubspot = client(server.base_url)
        for _ in range(50):
            hubspot.send(OCCURRENCE)
    assert server.connections == 1


def test_threads_share_a_client() -> None:
    with wire(NO_CONTENT) as server:
        hubspot = client(server.base_url)

        def sends() -> None:
            for _ in range(20):
                hubspot.send(OCCURRENCE)

        threads = [threading.Thread(target=sends) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 80


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", "refused"),
        ("401 Unauthorized", "unauthorized"),
        ("403 Forbidden", "unauthorized"),
        ("404 Not Found", "refused"),
        ("409 Conflict", "refused"),
        ("413 Too Large", "refused"),
        ("423 Locked", "unavailable"),
        ("429 Too Many Requests", "rate_limited"),
        ("477 ", "unavailable"),
        ("500 Error", "unavailable"),
        ("503 Unavailable", "unavailable"),
        ("302 Found", "refused"),
    ],
)
def test_every_status_says_what_to_make_of_it(status: str, kind: str) -> None:
    body = b'{"status":"error","message":"why","correlationId":"c-1","category":"VALIDATION_ERROR"}'
    error = failure(answer(status, body, "Retry-After: 2", "Location: http://elsewhere.invalid/"))
    assert (error.kind, error.status, error.message) == (kind, int(status[:3]), "why")
    assert (error.category, error.correlation_id, error.retry_after) == ("VALIDATION_ERROR", "c-1", 2.0)
    assert "why" in error.describe()


def test_a_rate_limit_says_which() -> None:
    body = b'{"message":"Limit.","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}'
    error = failure(answer("429 Too Many Requests", body, "Retry-After: soon"))
    assert (error.category, error.policy_name, error.retry_after) == (
        "RATE_LIMIT",
        "TEN_SECONDLY_ROLLING",
        None,
    )


def test_a_conflict_tells_whose_contact_it_is() -> None:
    error = failure(answer("409 Conflict", b'{"message":"Contact already exists. Existing ID: 37765128953"}'))
    assert error.existing_id == "37765128953"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "no JSON: Bad Gateway"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"", "no body"),
        (b"[1]", "no JSON: [1]"),
        (b'{"message": 5}', "no JSON"),
    ],
)
def test_an_answer_that_is_no_json_is_an_answer_all_the_same(body: bytes, message: str) -> None:
    assert failure(
        answer("502 Bad Gateway", body, "Content-Type: text/html; charset=nonsense")
    ).message.startswith(message)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (b"<title>503 Busy</title></head><body><h1>503 Busy</h1><hr>nginx", "503 no JSON: Busy nginx"),
        (b"<style>h1 { color: red }</style><h1>Error 503</h1><p>Busy", "503 no JSON: Error 503 Busy"),
        (b"<script>if (a < b) {}</script><title>Busy</title>Busy", "503 no JSON: Busy"),
        (b"503", "503 no JSON: 503"),
        (b"<style>never closed", "503 no body"),
        (b"<" * 5_000_000, "503 no JSON: " + "<" * 120),
    ],
)
def test_a_page_instead_of_json_is_told_once_and_in_its_words(page: bytes, told: str) -> None:
    assert error_from_answer(503, page, {}).describe() == told


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"\xff"])
def test_any_2xx_is_success_whatever_its_body(body: bytes) -> None:
    with wire(answer("200 OK", body, "Content-Type: application/json;charset=utf-8")) as server:
        client(server.base_url).send(OCCURRENCE)
        client(server.base_url).update_contact("a@b.c", {"a": "b"}, "email")


def test_a_connection_that_breaks_is_told_apart_from_a_refusal() -> None:
    assert failure(None).kind == "unreachable"


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    error = failure(b"", timeout=0.2)
    assert error.kind == "timeout"
    assert "within 0.2 s" in error.message


def test_where_nothing_listens_the_message_says_so() -> None:
    with wire(NO_CONTENT) as server:
        gone = server.base_url
    with pytest.raises(DeliveryError, match=r"nothing listens at 127\.0\.0\.1") as caught:
        client(gone).send(OCCURRENCE)
    assert caught.value.kind == "unreachable"


def test_tls_against_a_plain_server_is_named() -> None:
    with wire(NO_CONTENT) as server, pytest.raises(DeliveryError) as caught:
        client(server.base_url.replace("http:", "https:")).send(OCCURRENCE)
    assert caught.value.kind == "unreachable"


@pytest.mark.parametrize("url", ["api.hubapi.com", "ftp://x", "http://", ""])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        client(url)


def test_broken_unicode_goes_out_escaped_as_javascript_writes_it() -> None:
    with wire(NO_CONTENT) as server:
        client(server.base_url).send({**OCCURRENCE, "properties": {"a": "\ud800"}})
    assert b"\\ud800" in server.requests[0][2]


def test_what_json_cannot_say_never_leaves() -> None:
    with wire(NO_CONTENT) as server, pytest.raises(DeliveryError) as caught:
        client(server.base_url).send({**OCCURRENCE, "properties": {"a": object()}})
    assert caught.value.kind == "impossible"
    assert server.requests == []


def test_no_switch_of_the_standard_library_prints_the_token(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with wire(NO_CONTENT) as server:
        client(server.base_url).send(OCCURRENCE)
    printed = capfd.readouterr()
    assert TOKEN not in printed.out + printed.err


def test_neither_repr_nor_traceback_shows_the_token() -> None:
    hubspot = client("http://127.0.0.1:9")
    assert TOKEN not in repr(hubspot)
    assert TOKEN not in repr(vars(hubspot))
    assert mask_token(f"Bearer {TOKEN}, twice {TOKEN}") == "Bearer pat-na1-****, twice pat-na1-****"
    assert mask_token("my-secret-token here", "my-secret-token") == "**** here"


def test_a_forked_process_opens_its_own_connections() -> None:
    with wire(NO_CONTENT) as server:
        hubspot = client(server.base_url)
        hubspot.send(OCCURRENCE)
        apis: dict[str, Any] = hubspot._apis
        hubspot._process = os.getpid() + 1  # what a fork looks like from inside
        hubspot.send(OCCURRENCE)
        assert hubspot._apis is not apis
    assert server.connections == 2


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_it_is_the_uuid5_of_the_event_id(event_id: str) -> None:
    assert occurrence_uuid(event_id) == str(uuid.uuid5(UUID_NAMESPACE, event_id))


def test_an_id_of_broken_unicode_has_one_too() -> None:
    assert uuid.UUID(occurrence_uuid("\ud800")).version == 5
