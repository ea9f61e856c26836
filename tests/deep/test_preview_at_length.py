"""`preview` of a million events with findings: its memory does not grow with their number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs the memory of a child process"),
]

EVENTS = int(os.environ.get("PREVIEW_EVENTS", "1000000"))
MOST_MB = 200
GROWTH_MB = 30
CONFIG = {
    "settings": {
        "accessToken": "pat-test",
        "eventNamePrefix": "pe12345678_",
        "identify": {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.name"}}}},
    },
    "mapping": {
        "order": {
            "complete": {
                "settings": {
                    "eventName": "purchase",
                    "properties": {
                        "map": {"revenue": "data.total", "coupon": "data.coupon", "note": "data.note"}
                    },
                }
            }
        }
    },
}


def write(stream: object, count: int) -> None:
    """Write events of ever new people, one in a hundred with something wrong."""
    with stream:  # type: ignore[attr-defined]
        for number in range(count):
            event = {
                "name": "order complete",
                "id": f"{number:016x}",
                "timestamp": 1_767_600_000_000 + number,
                "user": {
                    "email": f"person{number}@{'example.org' if number % 100 else 'example'}",
                    "name": f"N{number}",
                },
                "data": {
                    "total": number,
                    "note": "x" * (300 if number % 100 == 7 else 5),
                    f"k{number % 5000}": 1,
                },
            }
            stream.write(json.dumps(event).encode() + b"\n")  # type: ignore[attr-defined]


def peak_mb(config: Path, count: int) -> float:
    """Preview so many events, and return the most memory that it took."""
    command = [sys.executable, "-m", "hubspot_dest", "preview", str(config), "-", "--json"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    writer = threading.Thread(target=write, args=(process.stdin, count), daemon=True)
    writer.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    writer.join(timeout=10)
    assert process.returncode == 1  # there are findings
    assert process.stderr is not None
    said = process.stderr.read().decode()
    process.stderr.close()
    assert "Traceback" not in said
    return usage.ru_maxrss / 1024


def test_memory_stays_flat_and_small_with_findings_on(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    few, many = peak_mb(config, EVENTS // 5), peak_mb(config, EVENTS)
    print(f"{EVENTS // 5:,} events: {few:.0f} MB; {EVENTS:,} events: {many:.0f} MB")  # noqa: T201 - the figures
    assert many < MOST_MB
    assert many - few < GROWTH_MB
