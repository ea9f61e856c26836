"""Our sender beside a floor: a loop written by hand that parses, maps, encodes and sends, as plain as can be.

Every figure and its floor are taken in turn in the same round, from lines of JSON, and the ratio of each round is what
counts: it moves far less than the machine's speed does. CPU is that of this process, or of the commands it starts.
"""

from __future__ import annotations

import gc
import http.client
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.measuring import Figure
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, lines
from hubspot_dest import HubSpotDestination, OutboxSettings
from hubspot_dest.delivery.client.codec import UUID_NAMESPACE
from hubspot_dest.mapping.jsdates import iso_string

__all__ = ["measure"]

COUNT = 20_000
SINGLES = 1_500
ROUNDS = 7
BATCH = 500
_HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer pat-na1-benchmark"}
_SINGLE = {**CONFIG, "settings": {**CONFIG["settings"], "batch": False}}
_LIBRARY = """
import sys
import orjson
from benchmarks.workload import CONFIG
from hubspot_dest import HubSpotDestination, OutboxSettings

base_url, path, file = sys.argv[1:]
outbox = OutboxSettings(path, close_seconds=60)
with HubSpotDestination(CONFIG, base_url=base_url, outbox=outbox) as destination, open(file, "rb") as lines:
    chunk = []
    for line in lines:
        chunk.append(orjson.loads(line))
        if len(chunk) == 1000:
            destination.push_many(chunk)
            chunk = []
    destination.push_many(chunk)
"""
_PREVIEW = """
import sys
import orjson
from benchmarks.floor import mapped

with open(sys.argv[1], "rb") as lines:
    for number, line in enumerate(lines, 1):
        event = orjson.loads(line)
        record = {"line": number, "kind": "sent", "name": event["name"], "occurrence": mapped(event)}
        sys.stdout.write(orjson.dumps(record).decode() + "\\n")
"""


def mapped(event: dict[str, Any]) -> dict[str, Any]:
    """Map an event by hand as `CONFIG` does."""
    data = event["data"]
    values = {
        "revenue": data.get("total"),
        "currency": data.get("currency") or "EUR",
        "order_id": data.get("id"),
        "shipping": data.get("shipping"),
        "taxes": data.get("taxes"),
        "coupon": data.get("coupon"),
        "page_group": event["globals"].get("pagegroup"),
        "stage": event["context"]["shopping"][0],
    }
    return {
        "eventName": "pe12345678_purchase_completed",
        "occurredAt": iso_string(event["timestamp"]),
        "properties": {name: str(value) for name, value in values.items() if value is not None},
        "email": event["user"]["email"],
        "uuid": str(uuid.uuid5(UUID_NAMESPACE, event["id"])),
    }


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    text = lines(COUNT)
    taken: dict[str, list[tuple[float, float]]] = {}
    gc.collect()
    gc.freeze()
    with sink() as base_url, tempfile.TemporaryDirectory() as folder:
        files = {"events": Path(folder, "events.jsonl"), "one": Path(folder, "one.jsonl")}
        files["events"].write_bytes(b"\n".join(text))
        files["one"].write_bytes(text[0])
        config = Path(folder, "destination.json")
        config.write_bytes(orjson.dumps(CONFIG))
        names = iter(f"{folder}/outbox{number}.sqlite3" for number in range(10_000))
        bodies = [orjson.dumps(mapped(orjson.loads(line))) for line in text[:SINGLES]]
        works: dict[str, Callable[[], tuple[float, float]]] = {
            "floor": lambda: _timed(lambda: _floor(base_url, text), COUNT),
            "batch": lambda: _timed(lambda: _pushed(base_url, CONFIG, text), COUNT),
            "outbox": lambda: _timed(lambda: _kept(base_url, next(names), text), COUNT),
            "bare": lambda: _timed(lambda: _bare(base_url, bodies), SINGLES),
            "single": lambda: _timed(lambda: _pushed(base_url, _SINGLE, text[:SINGLES]), SINGLES),
            "library": lambda: _command(
                lambda file: [sys.executable, "-c", _LIBRARY, base_url, next(names), str(file)], files
            ),
            "send": lambda: _command(
                lambda file: _ours("send", config, file, "--outbox", next(names), "--base-url", base_url),
                files,
            ),
            "preview floor": lambda: _command(
                lambda file: [sys.executable, "-c", _PREVIEW, str(file)], files
            ),
            "preview": lambda: _command(lambda file: _ours("preview", config, file, "--json"), files),
        }
        for number in range(ROUNDS + 1):  # the first round warms up
            for name, work in works.items():
                figure = work()
                if number:
                    taken.setdefault(name, []).append(figure)
    gc.unfreeze()
    return list(_figures(taken))


def _figures(taken: dict[str, list[tuple[float, float]]]) -> Iterator[Figure]:
    titles = {
        "floor": "the loop by hand, batches of 500",
        "batch": "batches of 500",
        "outbox": "batches of 500 with an outbox, `normal`",
        "bare": "single sends of ready bytes, bare `http.client`",
        "single": "single sends",
        "library": "the library with an outbox, its start taken off",
        "send": "`send FILE --outbox`, its start taken off",
        "preview floor": "the loop by hand that prints JSON, its start taken off",
        "preview": "`preview --json`, its start taken off",
    }
    for name, title in titles.items():
        yield Figure.of(f"{title}: CPU", [cpu for cpu, _ in taken[name]], "µs an event")
    for name, floor, what in (
        ("batch", "floor", "batches of 500 : the loop by hand"),
        ("outbox", "batch", "with an outbox : without"),
        ("single", "bare", "single sends : bare `http.client`"),
        ("send", "library", "`send FILE --outbox` : the library with an outbox"),
        ("preview", "preview floor", "`preview --json` : the loop by hand"),
    ):
        pairs = list(zip(taken[name], taken[floor], strict=True))
        yield Figure.of(f"{what}, CPU", [pair[0] / other[0] for pair, other in pairs], "times")
        yield Figure.of(f"{what}, wall", [pair[1] / other[1] for pair, other in pairs], "times")


def _timed(work: Callable[[], None], count: int) -> tuple[float, float]:
    """Return CPU and wall in µs an event."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.process_time() - cpu) / count * 1e6, (time.perf_counter() - wall) / count * 1e6


def _command(arguments: Callable[[Path], list[str]], files: dict[str, Path]) -> tuple[float, float]:
    """Return CPU and wall of a command in µs an event, without what it takes for one event."""
    many, pair = (_process(arguments(files[name])) for name in ("events", "one"))
    return (many[0] - pair[0]) / COUNT * 1e6, (many[1] - pair[1]) / COUNT * 1e6


def _process(command: list[str]) -> tuple[float, float]:
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    root = Path(__file__).parent.parent
    subprocess.run(command, check=True, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - wall


def _ours(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "hubspot_dest", *map(str, arguments)]


def _floor(base_url: str, text: list[bytes]) -> None:
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    waiting = []
    for line in text:
        waiting.append(mapped(orjson.loads(line)))
        if len(waiting) == BATCH:
            connection.request("POST", "/events/v3/send/batch", orjson.dumps({"inputs": waiting}), _HEADERS)
            connection.getresponse().read()
            waiting = []
    connection.close()


def _bare(base_url: str, bodies: list[bytes]) -> None:
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    for body in bodies:
        connection.request("POST", "/events/v3/send", body, _HEADERS)
        connection.getresponse().read()
    connection.close()


def _pushed(base_url: str, config: dict[str, Any], text: list[bytes]) -> None:
    with HubSpotDestination(config, base_url=base_url) as destination:
        for line in text:
            destination.push(orjson.loads(line))


def _kept(base_url: str, path: str, text: list[bytes]) -> None:
    outbox = OutboxSettings(path, durability="normal", close_seconds=60)
    with HubSpotDestination(CONFIG, base_url=base_url, outbox=outbox) as destination:
        for start in range(0, len(text), 1000):
            destination.push_many([orjson.loads(line) for line in text[start : start + 1000]])
    Path(path).unlink()


if __name__ == "__main__":
    for figure in measure():
        print(f"{statistics.median(figure.rounds):10.2f} {figure.unit:12} {figure.name}")
