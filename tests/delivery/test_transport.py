"""HTTP as it is on the internet: interim answers, redirects, and a reason where there is no answer."""

from __future__ import annotations

import http.client
import json
import re
import socket

import pytest
import urllib3
from pydantic import SecretStr

from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError, error_from_answer
from hubspot_dest.delivery.client.transport import _reason
from tests.delivery.wire import NO_CONTENT, answer, wire

TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"
OCCURRENCE = {"eventName": "pe1_page_view", "properties": {}}


def client(base_url: str, token: str = TOKEN) -> HubSpotClient:
    return HubSpotClient(SecretStr(token), base_url=base_url, timeout_seconds=5.0)


def interim(*lines: str) -> bytes:
    return "".join(f"HTTP/1.1 {line}\r\nLink: </a.css>; rel=preload\r\n\r\n" for line in lines).encode()


@pytest.mark.parametrize(
    "lines",
    [
        ("103 Early Hints",),
        ("100 Continue",),
        ("102 Processing",),
        ("100 Continue", "103 Early Hints", "103 Early Hints"),
        ("199 Whatever",),
    ],
)
def test_an_answer_behind_interim_answers_is_the_answer(lines: tuple[str, ...]) -> None:
    with wire(interim(*lines) + NO_CONTENT) as server:
        hubspot = client(server.base_url)
        hubspot.send(OCCURRENCE)
        hubspot.send(OCCURRENCE)
    assert server.connections == 1  # nothing of the first answer was left for the second


def test_interim_answers_without_end_are_no_answer() -> None:
    with wire(interim(*["103 Early Hints"] * 300)) as server, pytest.raises(DeliveryError) as caught:
        client(server.base_url).send(OCCURRENCE)
    assert caught.value.kind == "unreachable"


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_on_the_same_server_is_followed_with_the_body(status: str) -> None:
    with wire(answer(status, b"", "Location: /elsewhere"), NO_CONTENT) as server:
        client(server.base_url).send(OCCURRENCE)
    assert [line for line, _, _ in server.requests] == [
        "POST /events/v3/send HTTP/1.1",
        "POST /elsewhere HTTP/1.1",
    ]
    assert json.loads(server.requests[1][2]) == OCCURRENCE


@pytest.mark.parametrize(
    ("status", "location"),
    [
        ("307 Temporary Redirect", "http://127.0.0.1:{port}/x"),
        ("308 Permanent Redirect", "//user:secret@elsewhere.invalid/x"),
        ("301 Moved Permanently", "/same/server"),
        ("303 See Other", "/same/server"),
        ("307 Temporary Redirect", "https://127.0.0.1/x?token=secret"),
    ],
)
def test_the_token_follows_no_redirect_to_an_address_that_was_not_configured(
    status: str, location: str
) -> None:
    with wire(NO_CONTENT) as other:
        where = location.format(port=other.base_url.rpartition(":")[2])
        with (
            wire(answer(status, b"", f"Location: {where}")) as server,
            pytest.raises(DeliveryError) as caught,
        ):
            client(server.base_url).send(OCCURRENCE)
    assert other.requests == []
    assert len(server.requests) == 1
    assert "a redirect to" in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.status == int(status[:3])


def test_redirects_in_a_circle_end() -> None:
    with (
        wire(answer("307 Temporary Redirect", b"", "Location: /a")) as server,
        pytest.raises(DeliveryError) as caught,
    ):
        client(server.base_url).send(OCCURRENCE)
    assert len(server.requests) == 4
    assert caught.value.status == 307


def test_https_to_a_server_without_it_says_so() -> None:
    with wire(answer("400 Bad Request")) as server, pytest.raises(DeliveryError) as caught:
        client(server.base_url.replace("http:", "https:")).send(OCCURRENCE)
    assert "should the address begin with http://?" in caught.value.message


def test_a_closed_port_and_an_unknown_host_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeliveryError, match=f"nothing listens at .*:{port}"):
        client(f"http://127.0.0.1:{port}").send(OCCURRENCE)
    with pytest.raises(DeliveryError, match="cannot be resolved"):
        client("http://hubspot.invalid").send(OCCURRENCE)


@pytest.mark.parametrize("token", ["pat-na1-…", "secret\ntoken", "secret token\r\nX-Injected: 1"])
def test_a_token_that_no_header_takes_is_a_reason_and_never_shown(token: str) -> None:
    with wire(NO_CONTENT) as server, pytest.raises(DeliveryError) as caught:
        client(server.base_url, token).send(OCCURRENCE)
    assert caught.value.kind == "unauthorized"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"message": "x", "context": {"requiredGranularScopes": ["a.send", "b.write"]}}]},
        {"context": {"requiredGranularScopes": ["a.send", "b.write"]}},
        {
            "errors": [
                {"context": {"requiredGranularScopes": ["a.send"]}},
                {"context": {"requiredGranularScopes": ["a.send", "b.write", 7]}},
            ]
        },
    ],
)
def test_the_scope_that_is_missing_is_named(body: dict[str, object]) -> None:
    said = json.dumps({"message": "no", "category": "MISSING_SCOPES", **body}).encode()
    error = error_from_answer(403, said, {})
    assert error.scopes == ("a.send", "b.write")
    assert "missing scope: a.send, b.write" in error.describe()
    assert error.as_dict()["missingScopes"] == ["a.send", "b.write"]


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionResetError(104, "Connection reset by peer"),
        ConnectionAbortedError(),
        BrokenPipeError(32, "Broken pipe"),
        http.client.IncompleteRead(b"", 3),
        http.client.BadStatusLine("x"),
        http.client.LineTooLong("header line"),
        OSError(),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_broken_connection_is_described_in_words_and_not_by_a_class(cause: Exception) -> None:
    error = urllib3.exceptions.ProtocolError("Connection aborted.", cause)
    reason = _reason(error, "http://127.0.0.1:8080/x")
    assert reason.startswith("the connection to 127.0.0.1:8080 broke: ")
    assert not re.search(r"Error|[a-z][A-Z]", reason)
    assert DeliveryError("unreachable", reason).describe() == f"unreachable: {reason}"
