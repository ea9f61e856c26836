"""`hubspot-dest listen`: a walkerOS collector may be pointed at it, and what it says yes to is safe."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.syntax import parse_fault
from tests.cli.conftest import SEED, Run
from tests.cli.listening import Listening, listening

ADA = {"user": {"email": "ada@example.org"}}
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def page(**more: Any) -> dict[str, Any]:
    return {"name": "page view", **ADA, **more}


def configuration(folder: Path, hubspot: FakeHubSpot, **settings: Any) -> Path:
    path = folder / "config.json"
    base = {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_", "baseUrl": hubspot.base_url}
    path.write_text(json.dumps({"settings": {**base, **settings}}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shop() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as server:
        yield server


@pytest.fixture(scope="module")
def endpoint(shop: FakeHubSpot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    with listening(configuration(tmp_path_factory.mktemp("listen"), shop), "--no-outbox") as running:
        yield running


@pytest.fixture
def hubspot(shop: FakeHubSpot) -> FakeHubSpot:
    shop.reset()
    shop.service.seed(shop.account, SEED)
    return shop


def test_an_answer_of_200_means_that_the_event_arrived(endpoint: Listening, hubspot: FakeHubSpot) -> None:
    answer = endpoint.post(page(id="e1"))
    assert (answer.status, answer.json["success"], answer.json["id"]) == (200, True, "e1")
    assert isinstance(answer.json["timestamp"], int)
    assert len(hubspot.account.occurrences) == 1
    assert endpoint.post(page()).json["id"]


@pytest.mark.parametrize("form", ["list", "envelope"])
def test_several_events_arrive_in_their_order(endpoint: Listening, hubspot: FakeHubSpot, form: str) -> None:
    events = [page(id=f"e{number}", timestamp=1_700_000_000_000 + number) for number in range(20)]
    answer = endpoint.post(events if form == "list" else {"batch": events})
    assert answer.status == 200
    assert answer.json == {"success": True, "processed": 20, "ids": [one["id"] for one in events]}
    times = [one["occurredAt"] for one in hubspot.account.occurrences]
    assert len(times) == 20
    assert times == sorted(times)


def test_of_several_events_the_bad_ones_are_named_and_the_good_ones_arrive(
    endpoint: Listening, hubspot: FakeHubSpot
) -> None:
    answer = endpoint.post([page(), {"name": "nonsense"}, 5, page()])
    assert answer.status == 207
    assert answer.json == {
        "success": False,
        "processed": 2,
        "failed": 2,
        "errors": [
            {"index": 1, "error": "Event name is invalid"},
            {"index": 2, "error": "Event name is required"},
        ],
    }
    assert len(hubspot.account.occurrences) == 2


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"name": "nonsense"}, 400, "Event name is invalid"),
        ({}, 400, "Event name is required"),
        ("page view", 400, "Event name is required"),
        (b"nope", 400, "broken JSON"),
        ([{"name": "page view"}] * 101, 400, "Batch too large. Maximum size: 100 events"),
        (b" " * 1_100_000, 413, "larger than"),
        ({"name": "page read", **ADA}, 500, "Event was not processed"),
    ],
)
def test_what_is_not_taken_is_refused_with_the_status_that_walkeros_gives(
    endpoint: Listening, hubspot: FakeHubSpot, body: Any, status: int, says: str
) -> None:
    answer = endpoint.post(body)
    assert (answer.status, answer.json["success"]) == (status, False)
    assert says in answer.json["error"]
    assert hubspot.account.occurrences == []


def test_an_envelope_of_nothing_is_fine(endpoint: Listening) -> None:
    assert endpoint.post({"batch": []}).json == {"success": True, "processed": 0, "ids": []}


@pytest.mark.parametrize("kind", ["application/json", "text/plain;charset=UTF-8"])
def test_a_beacon_of_a_browser_arrives_whatever_it_says_of_its_type(
    endpoint: Listening, hubspot: FakeHubSpot, kind: str
) -> None:
    assert endpoint.post(page(), Content_Type=kind).status == 200
    assert len(hubspot.account.occurrences) == 1


def test_a_packed_body_arrives(endpoint: Listening, hubspot: FakeHubSpot) -> None:
    assert endpoint.post(gzip.compress(json.dumps(page()).encode()), Content_Encoding="gzip").status == 200
    assert len(hubspot.account.occurrences) == 1


def test_a_pixel_brings_an_event_and_gets_a_picture_in_any_case(
    endpoint: Listening, hubspot: FakeHubSpot
) -> None:
    answer = endpoint.ask("GET", "/collect?name=page%20view&user[email]=ada@example.org&id=e9")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/gif", GIF)
    assert answer.headers["cache-control"] == "no-store"
    assert len(hubspot.account.occurrences) == 1
    answer = endpoint.ask("GET", "/collect?x=1")
    assert (answer.status, answer.body) == (400, GIF)


def test_a_page_of_any_origin_may_send(endpoint: Listening) -> None:
    answer = endpoint.ask("OPTIONS", "/collect", Origin="https://shop.example")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Content-Type"
    assert endpoint.post({}).headers["access-control-allow-origin"] == "*"
    assert endpoint.post({}).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/collect", 405),
        ("HEAD", "/collect", 405),
        ("POST", "/health", 405),
        ("POST", "/", 404),
        ("GET", "/x", 404),
    ],
)
def test_what_is_no_endpoint_says_so(endpoint: Listening, method: str, path: str, status: int) -> None:
    assert endpoint.ask(method, path).status == status


def test_whoever_watches_learns_that_it_lives_and_is_ready(endpoint: Listening) -> None:
    assert endpoint.ask("GET", "/health").json == {"status": "ok"}
    assert endpoint.ask("GET", "/ready").json == {"status": "ready"}


def test_an_event_that_waits_for_consent_is_answered_like_any_other(
    tmp_path: Path, shop: FakeHubSpot
) -> None:
    path = configuration(tmp_path, shop)
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "consent": {"marketing": True}}), encoding="utf-8"
    )
    shop.reset()
    with listening(path, "--no-outbox") as running:
        assert running.post(page()).status == 200
        assert shop.account.occurrences == []


def test_only_the_origins_that_are_named_may_send_from_pages(tmp_path: Path, shop: FakeHubSpot) -> None:
    with listening(
        configuration(tmp_path, shop), "--no-outbox", "--allow-origin", "https://shop.example", "--path", "/e"
    ) as running:
        allowed = running.ask("OPTIONS", "/e", Origin="https://shop.example").headers
        other = running.ask("OPTIONS", "/e", Origin="https://evil.example").headers
        assert running.ask("POST", "/collect", {}).status == 404
    assert allowed["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in other
    assert allowed["vary"] == other["vary"] == "Origin"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_flushes_the_batch_and_says_what_went(
    tmp_path: Path, hubspot: FakeHubSpot, number: signal.Signals
) -> None:
    with listening(configuration(tmp_path, hubspot, batch=True, batchSize=500), "--no-outbox") as running:
        assert running.post([page(id=f"e{index}") for index in range(7)]).status == 200
        assert hubspot.account.occurrences == []
        code, said = running.stop(number)
    assert code == 0, said
    assert len(hubspot.account.occurrences) == 7
    assert "7 events were accepted, 0 failed; nothing is left" in said
    assert "Traceback" not in said


def test_a_request_under_way_at_the_signal_is_answered(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    (slow,) = hubspot.faults.add(parse_fault("latency:delay=1500ms"), now=hubspot.clock())
    with listening(configuration(tmp_path, hubspot), "--no-outbox") as running:
        answers: list[int] = []
        sender = threading.Thread(target=lambda: answers.append(running.post(page()).status))
        sender.start()
        while not slow.matched and sender.is_alive():
            sender.join(0.01)
        code, said = running.stop()
        sender.join(20)
    assert (answers, code) == ([200], 0), said
    assert len(hubspot.account.occurrences) == 1


def test_events_that_hubspot_never_took_are_not_passed_over_in_silence(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    hubspot.faults.add(parse_fault("500"), now=hubspot.clock())
    with listening(configuration(tmp_path, hubspot, batch=True), "--no-outbox") as running:
        running.post([page() for _ in range(3)])
        code, said = running.stop()
    assert code == 1
    assert "3 were not taken by HubSpot and are lost with this process" in said


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a" * 200_000,
        b"POST /collect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["tls", "half a line", "negative length", "endless header", "bad chunk"],
)
def test_strangers_that_speak_no_http_harm_nobody(
    endpoint: Listening, hubspot: FakeHubSpot, raw: bytes
) -> None:
    parts = urlsplit(endpoint.base_url)
    address = (parts.hostname, parts.port)
    with contextlib.suppress(ConnectionError), socket.create_connection(address, timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    assert endpoint.post(page()).status == 200


def test_what_hubspot_refuses_is_said_to_whoever_operates_it(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with listening(configuration(tmp_path, hubspot), "--no-outbox") as running:
        running.post({"name": "page read", **ADA})
        _, said = running.stop()
    assert (
        "error: Push failed: 400 Event with fully qualified name pe12345678_page_read does not exist." in said
    )


def test_a_sender_that_hangs_up_does_not_take_its_event_back(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with listening(configuration(tmp_path, hubspot, batch=True), "--no-outbox") as running:
        parts = urlsplit(running.base_url)
        body = json.dumps(page()).encode()
        for cut in (len(body), len(body) // 2):
            with socket.create_connection((parts.hostname, parts.port)) as connection:
                head = f"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                connection.sendall(head + body[:cut])
        while running.post({}).status != 400:  # what came before is done by then
            pass
        code, said = running.stop()
    assert code == 0
    assert len(hubspot.account.occurrences) == 1, said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--base-url", "https://api.hubapi.com", "--no-outbox"], "this would send to the real HubSpot"),
        (["--base-url", "nowhere", "--no-outbox"], "is no http:// or https:// address"),
        (["--api-version", "v4", "--no-outbox"], "there are v3, 2025-09"),
        (["--ca-bundle", "missing.pem", "--no-outbox"], "cannot be read"),
        (["--outbox", "x", "--no-outbox"], "exclude each other"),
        (["--host", "203.0.113.1", "--no-outbox"], "cannot listen on 203.0.113.1"),
    ],
)
def test_what_cannot_start_is_one_message_and_exit_2(
    run: Run, tmp_path: Path, shop: FakeHubSpot, arguments: list[str], says: str
) -> None:
    done = run("hubspot_dest", "listen", str(configuration(tmp_path, shop)), "--port", "0", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(run: Run, tmp_path: Path, shop: FakeHubSpot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(
            "hubspot_dest", "listen", str(configuration(tmp_path, shop)), "--port", port, "--no-outbox"
        )
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
