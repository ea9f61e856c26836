"""Kept connections: what comes back is what urllib3 gives, and neither a fork nor a patched library goes unnoticed."""

from __future__ import annotations

import contextlib
import gc
import http.client
import io
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.client.transport import KeepAlivePool, prepare
from hubspot_dest.destination import HubSpotDestination
from simulator.cassettes.vcr_integration import new_vcr
from tests.delivery.wire import NO_CONTENT, answer, wire

TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"
TIMEOUT = urllib3.Timeout(connect=5.0, read=5.0)
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
OCCURRENCE = {"eventName": "pe1_page_view", "properties": {}}


def client(base_url: str) -> HubSpotClient:
    return HubSpotClient(SecretStr(TOKEN), base_url=base_url, timeout_seconds=5.0)


@contextlib.contextmanager
def closing_server() -> Iterator[tuple[str, Callable[[bytes], None]]]:
    """Answer every request with the same bytes, and close the connection behind them."""
    listener = socket.create_server(("127.0.0.1", 0))
    reply = b""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection, connection.makefile("rb") as reader:
                length = 0
                while (line := reader.readline().strip().lower()) != b"":
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                reader.read(length)
                connection.sendall(reply)

    def set_reply(new: bytes) -> None:
        nonlocal reply
        reply = new

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", set_reply
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def result(pool: Any, url: str) -> Any:
    try:
        got = pool.request("POST", url, body=b"{}", headers=HEADERS, timeout=TIMEOUT, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        return "timeout" if isinstance(error, urllib3.exceptions.TimeoutError) else "no answer"
    return got.status, got.data, sorted((name.lower(), value) for name, value in got.headers.items())


INTERIM = st.sampled_from(
    [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"]
)
STATUS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 207 Multi-Status",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 429 ",
        b"HTTP/1.1 502",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 999 Odd",
        b"HTTP/2 200",
        b"HTTP/1.1 20x OK",
        b"SSH-2.0-OpenSSH",
        b"",
    ]
)
HEADER = st.sampled_from(
    [
        b"Content-Length: 2",
        b"Content-Length: 0",
        b"Content-Length: 9",
        b"Content-Length: -1",
        b"Content-Length: x",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Content-Type: application/json",
        b"Content-Encoding: gzip",
        b"Retry-After: 1",
        b"X-Two: a",
        b"X-Two: b",
        b"No colon",
        b"X-Latin: \xe9",
    ]
)
BODY = st.sampled_from(
    [
        b"",
        b"{}",
        b"{}{}",
        b"2\r\n{}\r\n0\r\n\r\n",
        b"2;x=y\r\n{}\r\n0\r\nT: 1\r\n\r\n",
        b"zz\r\n{}\r\n",
        b"5\r\n{}",
        b"\x1f\x8b",
    ]
)
ANSWERS = st.builds(
    lambda interim, status, headers, body, cut: (interim + b"\r\n".join([status, *headers, b"", b""]) + body)[
        : cut if cut is not None else None
    ],
    INTERIM,
    STATUS,
    st.lists(HEADER, max_size=3, unique=True),
    BODY,
    st.none() | st.integers(0, 60),
)


def test_an_odd_answer_is_what_urllib3_makes_of_it() -> None:
    with closing_server() as (base_url, set_reply):
        theirs = urllib3.PoolManager(retries=False)
        prepare(theirs)
        ours = KeepAlivePool()

        @settings(max_examples=150, deadline=None)
        @given(ANSWERS | st.binary(max_size=30))
        def compare(reply: bytes) -> None:
            set_reply(reply)
            assert result(ours, base_url) == result(theirs, base_url)

        compare()


def test_one_connection_carries_many_requests_and_each_goes_out_in_one_piece() -> None:
    with wire(NO_CONTENT) as server:
        hubspot = client(server.base_url)
        for _ in range(5):
            hubspot.send(OCCURRENCE)
            hubspot.send_batch([OCCURRENCE])
        assert server.connections == 1
    request_line, headers, body = server.requests[0]
    assert request_line == "POST /events/v3/send HTTP/1.1"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert int(headers["content-length"]) == len(body)


def test_a_connection_that_the_server_closed_meanwhile_costs_no_event() -> None:
    with closing_server() as (base_url, set_reply):
        set_reply(NO_CONTENT)  # keep-alive by its words; closed all the same
        hubspot = client(base_url)
        for _ in range(5):
            hubspot.send(OCCURRENCE)
            gc.collect()


def test_bytes_that_nobody_asked_for_are_not_the_next_answer() -> None:
    page = answer("200 OK", b"{}")
    with wire(NO_CONTENT + page, NO_CONTENT) as server:
        pool = KeepAlivePool()
        for _ in range(2):
            got = pool.request("POST", server.base_url, body=b"{}", headers=HEADERS, timeout=TIMEOUT)
            assert got.status == 204


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_does_not_use_its_parents_connection() -> None:
    with wire(NO_CONTENT) as server:
        pool = KeepAlivePool()
        pool.request("POST", server.base_url, body=b"{}", headers=HEADERS, timeout=TIMEOUT)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                pool.request("POST", server.base_url, body=b"{}", headers=HEADERS, timeout=TIMEOUT)
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        pool.request("POST", server.base_url, body=b"{}", headers=HEADERS, timeout=TIMEOUT)
        assert len(server.requests) == 3
        assert server.connections == 2


def test_threads_share_a_pool_and_every_one_gets_its_own_answer() -> None:
    with wire(answer("200 OK", b'{"id": "1"}')) as server:
        pool = KeepAlivePool()
        got: list[int] = []

        def send() -> None:
            for _ in range(50):
                sent = pool.request("POST", server.base_url, body=b"{}", headers=HEADERS, timeout=TIMEOUT)
                got.append(sent.status)

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [200] * 400
        assert server.connections <= 16


def test_closing_leaves_no_connection_open_and_the_next_request_opens_one() -> None:
    with wire(NO_CONTENT) as server:
        hubspot = client(server.base_url)
        hubspot.send(OCCURRENCE)
        hubspot.close()
        hubspot.send(OCCURRENCE)
        assert server.connections == 2
        del hubspot
        gc.collect()  # an open socket would be a ResourceWarning, an error here


def test_a_destination_that_is_closed_leaves_no_connection_open() -> None:
    config = {"settings": {"accessToken": TOKEN, "eventNamePrefix": "pe1_"}}
    event = {"name": "page view", "user": {"email": "a@b.c"}}
    with wire(NO_CONTENT) as server:
        destination = HubSpotDestination(config, base_url=server.base_url)
        assert destination.push(event).kind == "sent"
        destination.close()
        assert destination.push(event).kind == "sent"
        assert server.connections == 2


@pytest.mark.parametrize("made", ["before", "inside"])
def test_a_cassette_of_vcrpy_sees_the_traffic_whenever_the_client_was_made(made: str, tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    with wire(NO_CONTENT) as server:
        hubspot = client(server.base_url)
        if made == "before":
            hubspot.send(OCCURRENCE)
        with new_vcr(record_mode="once").use_cassette(str(path)) as cassette:
            if made == "inside":
                hubspot = client(server.base_url)
            hubspot.send(OCCURRENCE)
            assert len(cassette) == 1
        asked = len(server.requests)
        with new_vcr(record_mode="none").use_cassette(str(path)) as cassette:
            hubspot.send(OCCURRENCE)
            assert cassette.play_count == 1
        assert len(server.requests) == asked, "a replay reached the network"
        hubspot.send(OCCURRENCE)
        assert len(server.requests) == asked + 1, "the cassette is over"
    assert TOKEN not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("inside_a_cassette", [False, True])
def test_the_debug_level_of_the_standard_library_prints_no_token(
    inside_a_cassette: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    monkeypatch.setattr(sys, "stdout", printed)
    with wire(NO_CONTENT) as server, contextlib.ExitStack() as stack:
        if inside_a_cassette:
            stack.enter_context(new_vcr().use_cassette(str(tmp_path / "a.json")))
        client(server.base_url).send(OCCURRENCE)
    assert TOKEN not in printed.getvalue()


def test_a_server_that_answers_before_it_has_read_all_is_understood() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer("413 Content Too Large", b"{}", "Connection: close"))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        body = b" " * 5_000_000
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        got = KeepAlivePool().request("POST", url, body=body, headers=HEADERS, timeout=TIMEOUT)
        assert got.status == 413
        thread.join()


def test_no_answer_in_time_is_a_timeout_and_the_connection_is_not_used_again() -> None:
    with wire(b"", NO_CONTENT) as server:
        hubspot = HubSpotClient(SecretStr(TOKEN), base_url=server.base_url, timeout_seconds=0.2)
        with pytest.raises(DeliveryError) as caught:
            hubspot.send(OCCURRENCE)
        assert caught.value.kind == "timeout"
        hubspot.send(OCCURRENCE)
        assert server.connections == 2
