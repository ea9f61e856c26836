"""2,000 events a second with faults for twenty minutes; HUBSPOT_DEST_SOAK_MINUTES makes it shorter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MINUTES = float(os.environ.get("HUBSPOT_DEST_SOAK_MINUTES", "20"))
RATE = 2000
FAULTS = ("503:every=97", "lost:every=131", "close-before:every=151", "500:every=173", "not-utf8:every=211")
TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"


@dataclass
class Sample:
    files: int
    threads: int
    memory: int  # KiB
    disk: int  # bytes

    @classmethod
    def take(cls, process: int, folder: Path) -> Sample:
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
        )
        return cls(
            files=len(os.listdir(f"/proc/{process}/fd")),  # noqa: PTH208 - of /proc
            threads=int(status["Threads"]),
            memory=int(status["VmRSS"].split()[0]),
            disk=sum(path.stat().st_size for path in folder.iterdir()),
        )


@pytest.fixture
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    faults = [part for fault in FAULTS for part in ("--fault", fault)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "serve", "--port", "0", "--auto-define", "--json", *faults],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    yield next(value for value in said.values() if isinstance(value, str) and value.startswith("http://"))
    process.terminate()
    process.communicate(timeout=20)


@pytest.mark.deep
@pytest.mark.usefixtures("frozen_code")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts in /proc")
def test_twenty_minutes_at_2000_events_a_second_leave_files_threads_memory_and_disk_flat(
    tmp_path: Path, base_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "outbox"
    folder.mkdir()
    config = tmp_path / "config.json"
    settings = {"eventNamePrefix": "pe12345678_", "accessToken": TOKEN, "batch": True, "batchSize": 500}
    config.write_text(json.dumps({"settings": settings}), encoding="utf-8")
    arguments = ["send", str(config), "-", "--base-url", base_url, "--outbox", str(folder / "o")]
    process = subprocess.Popen(
        [sys.executable, "-m", "hubspot_dest", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    begun, number, samples = time.monotonic(), 0, []
    total = int(MINUTES * 60 * RATE)
    while number < total:
        due = min(total, int((time.monotonic() - begun) * RATE))
        lines = [_line(index) for index in range(number, due)]
        process.stdin.write("".join(lines))
        process.stdin.flush()
        if due // (RATE * 5) > number // (RATE * 5):
            samples.append(Sample.take(process.pid, folder))
        number = due
        time.sleep(0.02)  # the rate is the test
    process.stdin.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(120) == 0, said[-2000:]
    took = time.monotonic() - begun
    early, late = samples[len(samples) // 5], samples[-1]
    with capsys.disabled():
        rate = number / took
        print(f"\n{number:,} events in {took:.0f} s, {rate:,.0f}/s; after a fifth {early}, at the end {late}")  # noqa: T201
    assert late.files <= early.files + 2
    assert late.threads == early.threads
    assert late.memory <= early.memory * 1.1
    assert late.disk <= max(early.disk * 2, 40_000_000)
    assert f"{total} events went out; 0 failed" in said


def _line(number: int) -> str:
    event = {
        "name": "page view",
        "id": f"e{number}",
        "timestamp": 1_700_000_000_000 + number,
        "user": {"email": f"p{number % 5000}@example.org"},
    }
    return json.dumps(event) + "\n"
