"""Our sender beside the obvious yardsticks: a bare keep-alive client, upserts, a preview, memory."""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from benchmarks.measuring import Figure, greatest_memory
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, events, lines
from hubspot_dest import HubSpotDestination
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner

__all__ = ["measure"]

COUNT = 20_000
SINGLES = 2_000
ROUNDS = 5
_SINGLE = {**CONFIG, "settings": {**CONFIG["settings"], "batch": False}}
_UPSERT = {**_SINGLE, "settings": {**_SINGLE["settings"], "identify": {"map": {"firstname": "user.session"}}}}


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    whole = events(COUNT)
    rounds: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        rounds.setdefault(name, []).append(value)

    with sink() as base_url, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events.jsonl")
        file.write_bytes(b"\n".join(lines(COUNT)))
        config = Path(folder, "destination.json")
        config.write_bytes(orjson.dumps(CONFIG))
        bodies = _bodies(whole[:SINGLES])
        for number in range(ROUNDS + 1):
            figures = {
                "single sends, ours": _pushed(base_url, _SINGLE, whole[:SINGLES]),
                "single sends, the same bytes through a bare keep-alive client": _bare(base_url, bodies),
                "contact upsert and event, two calls each": _pushed(base_url, _UPSERT, whole[: SINGLES // 2]),
                "`hubspot-dest preview` of a file, start included": _preview(config, file),
            }
            if number:  # the first round warms up
                for name, value in figures.items():
                    note(name, value)
    made = [Figure.of(name, taken) for name, taken in rounds.items()]
    made.append(Figure.of("memory of a sender after 200,000 events in batches", [_memory()], "MB"))
    return made


def _pushed(base_url: str, config: dict[str, object], whole: list[dict[str, object]]) -> float:
    begun = time.perf_counter()
    with HubSpotDestination(config, base_url=base_url) as destination:
        for event in whole:
            destination.push(event)
    return len(whole) / (time.perf_counter() - begun)


def _bodies(whole: list[dict[str, object]]) -> list[bytes]:
    planner, collector = Planner(_SINGLE), CollectorView()
    return [orjson.dumps(planner.plan(event, collector, 1).occurrence) for event in whole]


def _bare(base_url: str, bodies: list[bytes]) -> float:
    """Send ready bytes with the standard library's own client over one connection."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer pat-na1-benchmark"}
    begun = time.perf_counter()
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    for body in bodies:
        connection.request("POST", "/events/v3/send", body, headers)
        connection.getresponse().read()
    connection.close()
    return len(bodies) / (time.perf_counter() - begun)


def _preview(config: Path, file: Path) -> float:
    command = [sys.executable, "-m", "hubspot_dest", "preview", str(config), str(file), "--only", "failed"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return COUNT / (time.perf_counter() - begun)


def _memory() -> float:
    program = "from benchmarks.yardsticks import send_many; send_many()"
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def send_many() -> None:
    """Send 200,000 events to a sink and print the greatest resident size of this process in MB (10^6 bytes)."""
    text = lines(1000)
    with sink() as base_url, HubSpotDestination(CONFIG, base_url=base_url) as destination:
        for _ in range(200):
            for line in text:
                destination.push(orjson.loads(line))
    sys.stdout.write(f"{greatest_memory()}\n")
