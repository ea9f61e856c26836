"""What `benchmarks.floor` does not compare: events in memory, contacts, a preview with its start, a sender's memory.

Delivery is over HTTP to a sink in another process.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from benchmarks.measuring import Figure, greatest_memory
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, SINGLE, events, lines
from hubspot_dest import HubSpotDestination

__all__ = ["measure", "send_many"]

COUNT = 40_000
UPSERTS = 1_000
PREVIEWED = 20_000
ROUNDS = 5
_ROOT = Path(__file__).parent.parent
_UPSERT = {**SINGLE, "settings": {**SINGLE["settings"], "identify": {"map": {"firstname": "user.session"}}}}


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    whole = events(COUNT)
    with sink() as base_url, tempfile.TemporaryDirectory() as folder:
        file, config = Path(folder, "events.jsonl"), Path(folder, "destination.json")
        file.write_bytes(b"\n".join(lines(PREVIEWED)))
        config.write_bytes(orjson.dumps(CONFIG))
        works: Mapping[str, Callable[[], float]] = {
            "batches of 500, from an event in memory to the answer": lambda: _pushed(base_url, CONFIG, whole),
            "contact upsert and event, two calls each": lambda: _pushed(base_url, _UPSERT, whole[:UPSERTS]),
            "`hubspot-dest preview` of a file, start included": lambda: _previewed(config, file),
        }
        # The workload lies ready in memory; a sender that reads a stream does not carry it along.
        gc.collect()
        gc.freeze()
        taken: dict[str, list[float]] = {name: [] for name in works}
        for number in range(ROUNDS + 1):
            for name, work in works.items():
                rate = work()
                if number:  # the first round warms up
                    taken[name].append(rate)
        gc.unfreeze()
    memory = Figure.of("memory of a sender after 200,000 events in batches", [_memory()], "MB")
    return [*(Figure.of(name, rates) for name, rates in taken.items()), memory]


def _pushed(base_url: str, config: dict[str, Any], whole: list[dict[str, Any]]) -> float:
    begun = time.perf_counter()
    with HubSpotDestination(config, base_url=base_url) as destination:
        for event in whole:
            destination.push(event)
    return len(whole) / (time.perf_counter() - begun)


def _previewed(config: Path, file: Path) -> float:
    command = [sys.executable, "-m", "hubspot_dest", "preview", str(config), str(file), "--only", "failed"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return PREVIEWED / (time.perf_counter() - begun)


def _memory() -> float:
    program = "from benchmarks.delivery import send_many; send_many()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, check=True
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
