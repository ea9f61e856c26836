from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot


def call(
    fake: FakeHubSpot, path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, Any, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(fake.base_url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_foreign_host_header_is_refused_so_that_no_web_page_gets_in(
    fake: FakeHubSpot, service: Any
) -> None:
    assert call(fake, "/x", Host="evil.example")[0] == 421
    assert call(fake, "/_simulator/journal", Host="evil.example")[0] == 421
    assert call(fake, "/x", Host="localhost:1")[0] == 200
    assert len(service.requests) == 1


def test_a_path_arrives_raw_so_that_it_is_decoded_once(fake: FakeHubSpot, service: Any) -> None:
    call(fake, "/crm/v3/objects/contacts/o%27b%2F%25%40ex.com?idProperty=email&a=&a=%2B")
    assert service.requests[0].path == "/crm/v3/objects/contacts/o%27b%2F%25%40ex.com"
    assert list(service.requests[0].query) == [("idProperty", "email"), ("a", ""), ("a", "+")]


def test_stopping_is_prompt_even_with_an_open_connection_and_frees_the_port(service: Any) -> None:
    before = set(threading.enumerate())
    fake = FakeHubSpot(service, faults=["latency:delay=60s"]).start()
    port = int(fake.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as waiting:
        waiting.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not fake.faults.active()[0].struck:
            pass
        fake.stop()
        waiting.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert waiting.recv(10) == b""
    left = set(threading.enumerate()) - before
    assert not any(thread.name == "hubspot-sim" for thread in left)
    with pytest.raises(OSError):  # noqa: PT011
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_several_servers_live_in_one_process(service: Any) -> None:
    with FakeHubSpot(service) as spot, FakeHubSpot(service) as two:
        assert spot.base_url != two.base_url
        assert call(spot, "/x")[0] == call(two, "/x")[0] == 200


def test_a_body_over_the_limit_is_answered_with_an_html_413(fake: FakeHubSpot, service: Any) -> None:
    host, _, port = fake.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 11_000_000
        )
        assert client.recv(12) == b"HTTP/1.1 413"
    assert not service.requests
