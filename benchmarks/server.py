"""The fake HubSpot under load: the server in its own process, a bare keep-alive client here."""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.measuring import Figure, greatest_memory
from simulator.hubspot.messages import Request
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot

__all__ = ["measure"]

BATCH = 500
ROUNDS = 5
BATCHES = 150
SINGLES = 4_000
PACE = 500
SECONDS = 10
MILLION = 1_000_000


def measure() -> list[Figure]:
    """Return the figures, in memory and with a store, rounds taken in turn, each side with its own server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _server() as memory,
        _server("--store", f"{folder}/a.db") as store,
    ):
        sides = {"in memory": memory, "in SQLite": store}
        rounds: dict[str, list[float]] = {}
        for number in range(ROUNDS + 1):  # the first round warms up
            for side, address in sides.items():
                batches, singles = _batches(address, number), _singles(address, number)
                if number:
                    rounds.setdefault(f"batches of {BATCH}, {side}", []).append(batches)
                    rounds.setdefault(f"single sends, {side}", []).append(singles)
        figures = [Figure.of(name, taken) for name, taken in rounds.items()]
        for side, address in sides.items():
            taken = [_latency(address, f"{side}{number}") for number in range(3)]
            title = f"single send at {PACE} requests/s, p99, {side}"
            figures.append(Figure.of(title, taken, "ms"))
    figures.append(Figure.of("one million occurrences, in the process that holds them", [_million()], "MB"))
    return figures


@contextlib.contextmanager
def _server(*options: str) -> Iterator[tuple[str, int]]:
    arguments = ["serve", "--port", "0", "--json", "--auto-define", "--switch", "enforce_rate_limits=false"]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments, *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        host, _, port = (
            json.loads(process.stdout.readline())["baseUrl"].removeprefix("http://").partition(":")
        )
        yield host, int(port)
    finally:
        process.terminate()
        process.communicate()


def _occurrence(uuid: str) -> dict[str, object]:
    return {
        "eventName": "pe12345678_order_complete",
        "email": "ada@example.org",
        "uuid": uuid,
        "occurredAt": "2026-11-23T12:00:00.000Z",
        "properties": {f"property_{number}": f"value {number} of {uuid}" for number in range(8)},
    }


def _request(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {DEFAULT_TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    answer = connection.recv(65_536)
    if not answer.startswith(b"HTTP/1.1 204"):
        raise RuntimeError(answer[:400].decode("latin-1"))


def _batches(address: tuple[str, int], number: int) -> float:
    requests = [
        _request(
            "/events/v3/send/batch",
            orjson.dumps({"inputs": [_occurrence(f"{number}-{batch}-{index}") for index in range(BATCH)]}),
        )
        for batch in range(BATCHES)
    ]
    return _rate(address, requests)


def _singles(address: tuple[str, int], number: int) -> float:
    return _rate(address, [_single(f"{number}-s{index}") for index in range(SINGLES)])


def _single(uuid: str) -> bytes:
    return _request("/events/v3/send", orjson.dumps(_occurrence(uuid)))


def _rate(address: tuple[str, int], requests: list[bytes]) -> float:
    with socket.create_connection(address) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for request in requests:
            _exchange(connection, request)
        return len(requests) / (time.perf_counter() - begun)


def _latency(address: tuple[str, int], prefix: str) -> float:
    """Send at an even pace and return the 99th percentile in ms, counted from when each was due."""
    requests = [_single(f"{prefix}-{number}") for number in range(PACE * SECONDS)]
    waits: list[float] = []
    gc.collect()
    gc.disable()
    try:
        with socket.create_connection(address) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begun = time.perf_counter()
            for number, request in enumerate(requests):
                due = begun + number / PACE
                while (ahead := due - time.perf_counter()) > 0:
                    time.sleep(ahead)
                _exchange(connection, request)
                waits.append(time.perf_counter() - due)
    finally:
        gc.enable()
    return statistics.quantiles(waits, n=100)[98] * 1000


def _million() -> float:
    """Store a million occurrences in a process of its own and return its greatest resident size in MB."""
    program = "from benchmarks.server import store_a_million; store_a_million()"
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", program]
    return float(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout)


def store_a_million() -> None:
    """Fill an account and print the greatest resident size of this process in MB (10^6 bytes)."""
    hubspot = HubSpot(switches=None)
    account = hubspot.account_for(DEFAULT_TOKEN)
    assert account is not None
    properties = [f"property_{number}" for number in range(8)]
    hubspot.seed(account, {"definitions": [{"name": "pe12345678_order_complete", "properties": properties}]})
    headers = {"authorization": f"Bearer {DEFAULT_TOKEN}"}
    for batch in range(MILLION // BATCH):
        body = orjson.dumps({"inputs": [_occurrence(f"{batch}-{index}") for index in range(BATCH)]})
        answer = hubspot.handle(Request("POST", "/events/v3/send/batch", (), headers, body))
        if answer.status != 204:
            raise RuntimeError(answer.decision)
    sys.stdout.write(f"{greatest_memory()}\n")
