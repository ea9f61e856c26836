"""`hubspot-dest listen`: a walkerOS collector may be pointed at it, and what it says yes to is safe."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.syntax import parse_fault
from tests.cli.conftest import SEED, Run
from tests.cli.listening import Listening, listening
from tests.factories import write_config

ADA = {"user": {"email": "ada@example.org"}}
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def page(**more: Any) -> dict[str, Any]:
    return {"name": "page view", **ADA, **more}


@pytest.fixture(scope="module")
def shop() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as server:
        yield server


@pytest.fixture(scope="module")
def endpoint(shop: FakeHubSpot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    with listening(write_config(tmp_path_factory.mktemp("listen"), shop), "--no-outbox") as running:
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
    assert answer.json == {"success": True, "processed": 20, "ids": [event["id"] for event in events]}
    times = [occurrence["occurredAt"] for occurrence in hubspot.account.occurrences]
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
        (b"nope", 400, "invalid JSON"),
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
        ("DELETE", "/ready", 405),
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
    for path in ("/health", "/ready"):
        answer = endpoint.ask("HEAD", path)
        assert (answer.status, answer.body) == (200, b"")


def test_an_event_that_waits_for_consent_is_answered_like_any_other(
    tmp_path: Path, shop: FakeHubSpot
) -> None:
    path = write_config(tmp_path, shop)
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "consent": {"marketing": True}}), encoding="utf-8"
    )
    shop.reset()
    with listening(path, "--no-outbox") as running:
        assert running.post(page()).status == 200
        assert shop.account.occurrences == []


def test_only_the_origins_that_are_named_may_send_from_pages(tmp_path: Path, shop: FakeHubSpot) -> None:
    with listening(
        write_config(tmp_path, shop), "--no-outbox", "--allow-origin", "https://shop.example", "--path", "/e"
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
    with listening(write_config(tmp_path, hubspot, batch=True, batchSize=500), "--no-outbox") as running:
        assert running.post([page(id=f"e{index}") for index in range(7)]).status == 200
        assert hubspot.account.occurrences == []
        code, said = running.stop(number)
    assert code == 0, said
    assert len(hubspot.account.occurrences) == 7
    assert "7 events were accepted, 0 failed; nothing is left to deliver" in said
    assert "Traceback" not in said


def test_a_request_under_way_at_the_signal_is_answered(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    (slow,) = hubspot.faults.add(parse_fault("latency:delay=1500ms"), now=hubspot.clock())
    with listening(write_config(tmp_path, hubspot), "--no-outbox") as running:
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
    with listening(write_config(tmp_path, hubspot, batch=True), "--no-outbox") as running:
        running.post([page() for _ in range(3)])
        code, said = running.stop()
    assert code == 1
    assert "3 were not accepted by HubSpot and are lost with this process" in said


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
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    assert endpoint.post(page()).status == 200


def test_what_hubspot_refuses_is_said_to_whoever_operates_it(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with listening(write_config(tmp_path, hubspot), "--no-outbox") as running:
        running.post({"name": "page read", **ADA})
        _, said = running.stop()
    assert (
        "error: Push failed: 400 Event with fully qualified name pe12345678_page_read does not exist." in said
    )


def test_a_sender_that_hangs_up_does_not_take_its_event_back(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with listening(write_config(tmp_path, hubspot, batch=True), "--no-outbox") as running:
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
        (["--base-url", "nowhere", "--no-outbox"], "is not an http:// or https:// address"),
        (["--api-version", "v4", "--no-outbox"], "use v3, 2025-09"),
        (["--ca-bundle", "missing.pem", "--no-outbox"], "cannot be read"),
        (["--outbox", "x", "--no-outbox"], "exclude each other"),
        (["--host", "203.0.113.1", "--no-outbox"], "cannot listen on 203.0.113.1"),
    ],
)
def test_what_cannot_start_is_one_message_and_exit_2(
    run: Run, tmp_path: Path, shop: FakeHubSpot, arguments: list[str], says: str
) -> None:
    done = run("hubspot_dest", "listen", str(write_config(tmp_path, shop)), "--port", "0", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(run: Run, tmp_path: Path, shop: FakeHubSpot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("hubspot_dest", "listen", str(write_config(tmp_path, shop)), "--port", port, "--no-outbox")
    assert done.returncode == 2
    assert f"port {port}" in done.stderr


NESTED = b"[" * 1000 + b"]" * 1000


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (page(timestamp=1e300), "timestamp 1e+300 is not a date"),
        (page(timestamp="soon"), "timestamp 'soon' is not a date"),
        (page(globals=None), "globals is null ($.globals)"),
        ({"name": "page view", "user": None}, "user is null ($.user)"),
        (
            json.dumps(page()).encode()[:-1] + b', "data": {"x": ' + NESTED + b"}}",
            "nested more than 200 levels deep",
        ),
        (b"[" * 2000 + b"]" * 2000, "invalid JSON"),
    ],
    ids=["1e300", "no date", "globals", "user", "1,000 lists", "2,000 lists"],
)
def test_what_nothing_will_ever_make_right_is_the_senders_mistake(
    endpoint: Listening, hubspot: FakeHubSpot, body: Any, says: str
) -> None:
    """With a 5xx, senders would send it for ever."""
    answer = endpoint.post(body)
    assert (answer.status, answer.json["success"]) == (400, False)
    assert says in answer.json["error"]
    if not isinstance(body, bytes):
        answer = endpoint.post([page(), body])
        assert answer.status == 207
        (error,) = answer.json["errors"]
        assert (error["index"], says in error["error"]) == (1, True)


@pytest.mark.parametrize(
    "query",
    [
        "&".join(["a[0][999][999][999]=1"] * 999),
        "a" + "[b]" * 5000,
        "a" + "%5Bb%5D" * 5000,
        "&".join(["a"] * 5000),
        "&".join(f"a{number}[999]=1" for number in range(900)),
    ],
    ids=["brackets", "deep", "encoded", "fields", "lists"],
)
def test_brackets_of_a_query_cost_next_to_nothing(endpoint: Listening, query: str) -> None:
    cpu = Path(f"/proc/{endpoint.process.pid}/stat")
    before = cpu.read_text(encoding="ascii").split()[13:15] if cpu.exists() else ["0", "0"]
    for _ in range(10):
        assert endpoint.ask("GET", f"/collect?{query}").status == 400
    after = cpu.read_text(encoding="ascii").split()[13:15] if cpu.exists() else ["0", "0"]
    assert sum(map(int, after)) - sum(map(int, before)) < 100  # a second for ten; it was nine


# ---- who may send

SECRET = "a secret of some length"


def signature(content: bytes, moment: float, key: str = SECRET) -> str:
    digest = hmac.new(key.encode(), f"{moment}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@pytest.fixture(scope="module")
def guarded(shop: FakeHubSpot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    config = write_config(tmp_path_factory.mktemp("guarded"), shop)
    options = ("--no-outbox", "--secret-env", "THE_SECRET", "--hmac-env", "THE_KEY")
    with listening(config, *options, THE_SECRET=f"{SECRET}\n", THE_KEY=f"{SECRET}\n") as running:
        yield running


def test_only_who_knows_the_secret_and_signs_may_send(guarded: Listening, hubspot: FakeHubSpot) -> None:
    body = json.dumps(page()).encode()
    bearer = {"Authorization": f"Bearer {SECRET}"}
    answer = guarded.post(body)
    assert answer.status == 401
    assert "Authorization: Bearer" in answer.json["error"]
    assert answer.headers["www-authenticate"] == "Bearer"
    answer = guarded.post(body, **bearer)
    assert (answer.status, "a signature is missing" in answer.json["error"]) == (401, True)
    answer = guarded.post(body, **bearer, X_Signature_256=signature(body, time.time(), "another key"))
    assert (answer.status, "does not match" in answer.json["error"]) == (401, True)
    assert hubspot.account.occurrences == []

    signed = signature(body, time.time())
    assert guarded.post(body, **bearer, X_Signature_256=signed).status == 200
    answer = guarded.post(body, **bearer, X_Signature_256=signed)
    assert (answer.status, "was used before" in answer.json["error"]) == (401, True)
    answer = guarded.post(body, **bearer, X_Signature_256=signature(body, time.time() - 400))
    assert (answer.status, "300 seconds off" in answer.json["error"]) == (401, True)
    assert len(hubspot.account.occurrences) == 1


def test_the_signature_is_of_the_bytes_that_are_sent(guarded: Listening, hubspot: FakeHubSpot) -> None:
    bearer = {"Authorization": f"Bearer {SECRET}"}
    packed = gzip.compress(json.dumps(page()).encode())
    signed = signature(packed, time.time())
    assert guarded.post(packed, **bearer, X_Signature_256=signed, Content_Encoding="gzip").status == 200
    query = "name=page%20view&user[email]=ada@example.org"
    signed = signature(query.encode(), time.time())
    assert guarded.ask("GET", f"/collect?{query}", **bearer, X_Signature_256=signed).status == 200
    assert guarded.ask("GET", f"/collect?{query}&x=1", **bearer, X_Signature_256=signed).status == 401
    assert len(hubspot.account.occurrences) == 2


def test_the_example_of_the_documentation_signs_rightly(guarded: Listening, hubspot: FakeHubSpot) -> None:
    if shutil.which("openssl") is None or shutil.which("curl") is None:
        pytest.skip("needs openssl and curl")
    text = (Path(__file__).parents[2] / "docs" / "listen.md").read_text(encoding="utf-8")
    script = re.search(r"```sh\n(?:(?!```).)*?^(BODY=.*?)```", text, re.DOTALL | re.MULTILINE)
    assert script is not None
    ran = re.sub(r"http://127\.0\.0\.1:\d+", guarded.base_url, script[1])
    done = subprocess.run(
        ["sh", "-ec", ran], env={**os.environ, "COLLECT_KEY": SECRET, "COLLECT_SECRET": SECRET},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert '"success":true' in done.stdout, done
    assert len(hubspot.account.occurrences) == 1


def test_whoever_watches_and_browsers_that_ask_need_no_secret(guarded: Listening) -> None:
    assert guarded.ask("GET", "/health").status == 200
    assert guarded.ask("GET", "/ready").status == 200
    answer = guarded.ask("OPTIONS", "/collect", Origin="https://shop.example")
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "Content-Type, Authorization, X-Signature-256"


def test_an_address_that_sends_too_much_is_told_when_to_come_again(tmp_path: Path, shop: FakeHubSpot) -> None:
    with listening(write_config(tmp_path, shop), "--no-outbox", "--rate-per-address", "0.2") as running:
        assert running.post({}).status == 400
        answer = running.post(page())
        assert answer.status == 429
        assert "0.2 per second are allowed" in answer.json["error"]
        assert 1 <= int(answer.headers["retry-after"]) <= 5
        assert running.ask("GET", "/health").status == running.ask("GET", "/ready").status == 200


@pytest.mark.parametrize("option", ["--secret-env", "--hmac-env"])
def test_a_secret_that_is_not_there_is_one_message(
    run: Run, tmp_path: Path, shop: FakeHubSpot, option: str
) -> None:
    config = str(write_config(tmp_path, shop))
    for value in ("", " \n"):
        done = run(
            "hubspot_dest",
            "listen",
            config,
            "--port",
            "0",
            "--no-outbox",
            option,
            "NOT_THERE",
            NOT_THERE=value,
        )
        assert done.returncode == 2
        assert f"{option}: the environment variable NOT_THERE is not set, or is empty" in done.stderr


def test_no_secret_is_ever_written(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    config = write_config(tmp_path, hubspot)
    options = ("--no-outbox", "--secret-env", "A", "--hmac-env", "B", "--trail", "-")
    with listening(config, *options, A="the first secret 1", B="the second secret") as running:
        assert running.post(page(), Authorization="Bearer the first secret 2").status == 401
        _, said = running.stop()
    assert "secret" not in said
