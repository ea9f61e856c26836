"""Cassettes at the size of a real suite: threads, many requests, speed."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from hubspot_dest.delivery.client.client import HubSpotClient
from simulator.cassettes.player import CassettePlayer
from simulator.cassettes.recorder import TrafficRecorder
from simulator.cassettes.replay import replay
from simulator.cassettes.session import RecordingSetup, record
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours

pytestmark = pytest.mark.deep
THREADS, REQUESTS = 16, 20_000


def _send_all(client: HubSpotClient) -> None:
    numbers, failures = itertools.count(), []

    def run() -> None:
        try:
            while (number := next(numbers)) < REQUESTS:
                client.send(
                    {"eventName": "pe12345678_x", "email": "a@example.org", "properties": {"n": number}}
                )
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


class _Decoy:
    """Counts every connection and every request that reaches it."""

    def __enter__(self) -> _Decoy:
        reached: list[str] = []
        self.reached = reached

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                reached.append("connection")
                super().setup()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_the_real_client_in_sixteen_threads_loses_nothing_and_leaks_nothing(attempt: int) -> None:
    service = HubSpot(token="t", switches=Behaviours.from_mapping({"auto_define": True}))
    recorder = TrafficRecorder()
    with FakeHubSpot(service, token="t") as hubspot:
        url = hubspot.base_url
        _send_all(HubSpotClient(SecretStr("t"), base_url=url, timeout_seconds=60, around=recorder.around))
    assert Counter(
        json.loads(interaction.body)["properties"]["n"] for interaction in recorder.interactions
    ) == Counter(range(REQUESTS))
    player = CassettePlayer(recorder.interactions)
    with _Decoy() as decoy:
        _send_all(HubSpotClient(SecretStr("t"), base_url=decoy.base_url, around=player.around))
        assert decoy.reached == []
        # The decoy does hear what goes to it: else silence would prove nothing.
        port = int(decoy.base_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as knock:
            knock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while knock.recv(4096):
                pass
        assert decoy.reached == ["connection"]
    assert player.unused == []
    assert len(player.played) == REQUESTS
    assert all(request.exact for request in player.played)


def test_ten_thousand_recorded_requests_replay_in_under_twenty_seconds() -> None:
    config = {
        "settings": {"eventNamePrefix": "pe12345678_"},
        "mapping": {"page": {"view": {"settings": {"properties": {"map": {"title": "data.title"}}}}}},
    }
    events = [
        {
            "name": "page view",
            "id": f"{number:016x}",
            "data": {"title": f"Page {number}"},
            "user": {"email": "ada@example.org"},
            "timestamp": 1_767_225_600_000,
        }
        for number in range(10_000)
    ]
    cassette = record(config, events, RecordingSetup({}, {"auto_define": True}))
    started = time.perf_counter()
    verdicts = Counter(request.verdict for request in replay(cassette))
    seconds = time.perf_counter() - started
    print(f"10,000 requests replayed in {seconds:.2f} s")  # noqa: T201 - the figure is the point
    assert verdicts == {"same": 10_000}
    assert seconds < 20
