"""`listen` under attack: honest senders notice little, memory and descriptors stay flat, and nothing is lost.

LISTEN_ATTACK_SECONDS says for how long it is attacked (60), in four parts; as long again it is measured without, in the
pauses between: whatever else this machine does meets both.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import SEED
from tests.cli.listening import Listening, listening

pytestmark = [pytest.mark.deep, pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")]

SECONDS = float(os.environ.get("LISTEN_ATTACK_SECONDS", "60"))
RATE = 200.0
SENDERS = 20
ROUNDS = 4
MAX_CONNECTIONS = 800  # fewer than the attackers want to hold


@dataclass
class Honest:
    """Senders that together make 200 events a second, each with a connection that it keeps."""

    host: str
    port: int
    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {"without": [], "with": [], "between": []}
    )
    accepted: list[str] = field(default_factory=list)
    again: int = 0
    phase: str = "without"
    stopping: bool = False

    async def run(self) -> None:
        await asyncio.gather(*(self._send(number) for number in range(SENDERS)))

    async def _send(self, number: int) -> None:
        streams = None
        count = 0
        due = time.perf_counter() + number / RATE
        while not self.stopping:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            begun, phase = time.perf_counter(), self.phase
            due = max(due + SENDERS / RATE, begun - 1.0)
            event_id = f"h{number}-{count}"
            count += 1
            body = json.dumps(
                {"name": "page view", "id": event_id, "user": {"email": f"p{number}@example.org"}}
            ).encode()
            request = b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            while True:
                try:
                    if streams is None:
                        streams = await asyncio.open_connection(self.host, self.port)
                    streams[1].write(request)
                    head = await streams[0].readuntil(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    await streams[0].readexactly(length)
                except (OSError, EOFError):
                    # A connection that was closed in between, as every client knows it: on a new one.
                    self.again += 1
                    streams = None
                    continue
                assert head.startswith(b"HTTP/1.1 200"), head
                break
            self.seconds[phase].append(time.perf_counter() - begun)
            self.accepted.append(event_id)
        if streams is not None:
            streams[1].close()
            await streams[1].wait_closed()

    def p99_ms(self, phase: str) -> float:
        ordered = sorted(self.seconds[phase])
        return ordered[int(len(ordered) * 0.99)] * 1000


@contextlib.contextmanager
def in_a_thread(honest: Honest) -> Iterator[None]:
    trouble: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(honest.run())
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        honest.stopping = True
        thread.join(60)
    assert not trouble, trouble


@contextlib.contextmanager
def attacked(running: Listening) -> Iterator[list[dict[str, int]]]:
    parts = urlsplit(running.base_url)
    program = Path(__file__).with_name("listen_attackers.py")
    done: list[dict[str, int]] = []
    process = subprocess.Popen(
        [sys.executable, str(program), str(parts.hostname), str(parts.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield done
        done.append(json.loads(process.communicate(timeout=30)[0]))
    finally:
        process.kill()
        process.communicate()


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as server:
        server.service.seed(server.account, SEED)
        yield server


def test_honest_senders_notice_little_of_an_attack(
    tmp_path: Path, hubspot: FakeHubSpot, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.json"
    settings = {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_", "baseUrl": hubspot.base_url}
    config.write_text(json.dumps({"settings": {**settings, "batch": True}}), encoding="utf-8")
    samples: list[tuple[float, int]] = []
    with listening(config, "--max-connections", str(MAX_CONNECTIONS), "--grace", "30") as running:
        parts = urlsplit(running.base_url)
        honest = Honest(str(parts.hostname), int(parts.port or 0))
        pid = running.process.pid
        done: Counter[str] = Counter()
        with in_a_thread(honest):
            time.sleep(2)
            at_rest = descriptors(pid)
            for _ in range(ROUNDS):
                honest.phase = "without"
                time.sleep(SECONDS / ROUNDS)
                with attacked(running) as counts:
                    honest.phase = "with"
                    until = time.monotonic() + SECONDS / ROUNDS
                    while time.monotonic() < until:
                        time.sleep(0.5)
                        samples.append((memory_mb(pid), descriptors(pid)))
                    honest.phase = "between"
                done.update(counts[0])
                until = time.monotonic() + 20
                while descriptors(pid) > at_rest + 5 and time.monotonic() < until:
                    time.sleep(0.1)
        until = time.monotonic() + 20
        while descriptors(pid) > at_rest and time.monotonic() < until:
            time.sleep(0.1)
        after = descriptors(pid)
        code, said = running.stop()
    third = len(samples) // 3
    without, under = honest.p99_ms("without"), honest.p99_ms("with")
    grown = max(sample[0] for sample in samples[-third:]) - max(
        sample[0] for sample in samples[third : 2 * third]
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\nhonest p99 {without:.1f} ms without, {under:.1f} ms with the attack "
            f"(medians {sorted(honest.seconds['without'])[len(honest.seconds['without']) // 2] * 1000:.1f} and "
            f"{sorted(honest.seconds['with'])[len(honest.seconds['with']) // 2] * 1000:.1f}); "
            f"{len(honest.accepted)} accepted, {honest.again} on a new connection; "
            f"memory {samples[0][0]:.0f} MB, at most {max(sample[0] for sample in samples):.0f}, "
            f"last third +{grown:.1f}; "
            f"descriptors at rest {at_rest}, at most {max(sample[1] for sample in samples)}, after {after}\n"
            f"attack: {dict(done)}\n{said}\n"
        )
    assert (code, "Traceback" in said) == (0, False), said
    arrived = hubspot.account.occurrences
    assert len({item["id"] for item in arrived}) == len(arrived)
    assert len([item for item in arrived if item["eventName"].endswith("page_view")]) >= len(honest.accepted)
    assert under <= 5 * max(without, 2.0)
    assert max(sample[1] for sample in samples) <= MAX_CONNECTIONS + 60
    assert after <= at_rest + 5
    assert grown < 20
