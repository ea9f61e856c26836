"""`send` with an outbox: each line goes into the outbox as it is read, so its memory does not depend on the file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory in /proc")

# The greatest memory of the process itself: `ru_maxrss` begins with that of the process that started it.
PROGRAM = """
import sys
from hubspot_dest.cli.main import main
try:
    main()
finally:
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""
GROWTH_MB = 25
SINGLE_GROWTH_MB = 15


class Sink(BaseHTTPRequestHandler):
    """Accepts every batch, and keeps nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(204)
        self.end_headers()


@pytest.fixture
def base_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def write(path: Path, count: int, more: str) -> None:
    """Write events of ever new people, each with more data than is mapped."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            when, email = 1_767_600_000_000 + number, f"person{number}@example.org"
            event = f'"name":"order complete","id":"{number:016x}","timestamp":{when}'
            file.write(f'{{{event},"user":{{"email":"{email}"}},"data":{{"total":{number}{more}}}}}\n')


def peak_mb(tmp_path: Path, base_url: str, count: int, more: str, *, batch: bool = True) -> float:
    """Send so many events, and return the most memory that it took."""
    config, events = tmp_path / "config.json", tmp_path / f"{count}.jsonl"
    properties = {"map": {"total": "data.total"}}
    rule = {"settings": {"eventName": "purchase", "properties": properties}}
    settings = {"accessToken": "pat-test", "eventNamePrefix": "pe12345678_", "batch": batch, "batchSize": 500}
    config.write_text(json.dumps({"settings": settings, "mapping": {"order": {"complete": rule}}}))
    write(events, count, more)
    command = [sys.executable, "-c", PROGRAM, "send", str(config), str(events), "--base-url", base_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    events.unlink()
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"{count} events went out; 0 failed" in done.stderr
    return int(done.stderr.rpartition("VmHWM:")[2].split()[0]) / 1024


def test_large_events_that_are_accepted_together_are_not_in_memory_together(
    tmp_path: Path, base_url: str
) -> None:
    items = ",".join(f'{{"id":{number},"tags":["a"]}}' for number in range(400))  # 0.3 MB of objects an event
    few, many = (peak_mb(tmp_path, base_url, count, f',"items":[{items}]') for count in (20, 1000))
    assert many - few < GROWTH_MB, (few, many)


def test_events_that_wait_to_be_sent_alone_take_little_more_memory_than_their_json(
    tmp_path: Path, base_url: str
) -> None:
    few, many = (peak_mb(tmp_path, base_url, count, "", batch=False) for count in (200, 6000))
    assert many - few < SINGLE_GROWTH_MB, (few, many)


@pytest.mark.deep
def test_memory_of_single_sends_is_flat(tmp_path: Path, base_url: str) -> None:
    few, many = (peak_mb(tmp_path, base_url, count, "", batch=False) for count in (25_000, 75_000))
    assert many - few < GROWTH_MB, (few, many)


@pytest.mark.deep
def test_memory_over_a_million_lines_is_flat(tmp_path: Path, base_url: str) -> None:
    few, many = (peak_mb(tmp_path, base_url, count, "") for count in (200_000, 1_000_000))
    print(f"200,000 lines: {few:.0f} MB; 1,000,000 lines: {many:.0f} MB")  # noqa: T201 - the figures
    assert many - few < GROWTH_MB
