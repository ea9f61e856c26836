"""Our sender beside a floor: loops written by hand (`benchmarks.by_hand`), and beside what people use otherwise.

Every figure and what it is compared with are taken in turn in the same round, from lines of JSON, and the ratio of each
round is what counts: it moves far less than the machine's speed does. CPU is that of this process and all of its
threads, or of the commands it starts; from commands the same command for one event is taken off, which is their start.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hubspot
import orjson
from hubspot.events.send import (
    BatchedBehavioralEventHttpCompletionRequest,
    BehavioralEventHttpCompletionRequest,
)

from benchmarks import by_hand, others
from benchmarks.measuring import Comparison, Spent, Work, process_spent, spent_by, tables, take_rounds
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, SINGLE, lines
from hubspot_dest import HubSpotDestination, OutboxSettings
from hubspot_dest.storage.sqlite_file import Durability

__all__ = ["FULL", "QUICK", "Scale", "keep", "measure", "push"]

ROOT = Path(__file__).parent.parent
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


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    Attributes:
        events: events of a round.
        singles: single sends of a round.
        rounds: how many rounds count; one before them warms up if `warm`.
        warm: see there.
        other_senders: install other people's senders from the package index, and measure them.

    """

    events: int
    singles: int
    rounds: int
    warm: bool = True
    other_senders: bool = True


FULL = Scale(events=20_000, singles=1_500, rounds=7)
QUICK = Scale(events=500, singles=20, rounds=1, warm=False, other_senders=False)

_TITLES = {
    "loop": "the loop by hand, batches of 500",
    "batch": "batches of 500",
    "models": "the official client's models, mapped by hand, batches of 500",
    **{name: f"`{name}`, batches of 500; it maps nothing" for name in others.NAMES},
    "normal": "batches of 500 with an outbox, durability `normal`",
    "full": "batches of 500 with an outbox, durability `full`",
    "bare": "single sends of ready bytes, bare `http.client`",
    "single": "single sends",
    "library": "a program with the library and an outbox",
    "send": "`send FILE --outbox`",
    "print": "the loop by hand that prints JSON",
    "preview": "`preview --json`",
}
_COMPARISONS = (
    Comparison("`preview --json` : the loop by hand that prints JSON", "preview", "print", "CPU ≤ 2.5"),
    Comparison("batches of 500 : the loop by hand", "batch", "loop", "CPU ≤ 1.7"),
    Comparison("the official client's models : batches of 500", "models", "batch", "wall ≥ 3"),
    Comparison("`snowplow-tracker` : batches of 500", "snowplow-tracker", "batch", "wall ≥ 2"),
    Comparison("`segment-analytics-python` : batches of 500", "segment-analytics-python", "batch", ""),
    Comparison("`posthog` : batches of 500", "posthog", "batch", ""),
    Comparison("with an outbox, `normal` : without", "normal", "batch", "CPU ≤ 2"),
    Comparison("`send FILE --outbox` : the library with an outbox", "send", "library", "CPU ≤ 1.2"),
    Comparison("single sends : bare `http.client`", "single", "bare", "wall ≤ 1.3"),
)


def measure(scale: Scale = FULL) -> str:
    """Return the tables: what is compared, and what each work took; rounds of all of them taken in turn."""
    with sink() as base_url, _works(base_url, scale) as works:
        gc.collect()
        gc.freeze()
        taken = take_rounds(works, scale.rounds, warm=scale.warm)
        gc.unfreeze()
    return tables(_COMPARISONS, _TITLES, taken, "µs", " an event")


@contextmanager
def _works(base_url: str, scale: Scale) -> Iterator[dict[str, Work]]:
    """Yield what is measured, by name."""
    text = lines(scale.events)
    single = text[: scale.singles]
    bodies = [orjson.dumps(by_hand.mapped(orjson.loads(line))) for line in single]
    with tempfile.TemporaryDirectory() as folder:
        events, first, config = (
            Path(folder, name) for name in ("events.jsonl", "first.jsonl", "config.json")
        )
        events.write_bytes(b"\n".join(text))
        first.write_bytes(text[0])
        config.write_bytes(orjson.dumps(CONFIG))
        outboxes = (f"{folder}/outbox{number}.sqlite3" for number in range(10_000))

        def whole(work: Callable[[], object]) -> Work:
            return lambda: spent_by(work, 1e6 / scale.events)

        def some(work: Callable[[], object]) -> Work:
            return lambda: spent_by(work, 1e6 / len(single))

        def command(arguments: Callable[[Path], list[object]]) -> Work:
            def spent() -> Spent:
                many, start = (
                    process_spent([sys.executable, *map(str, arguments(file))], ROOT)
                    for file in (events, first)
                )
                each = 1e6 / (scale.events - 1)
                return Spent((many.cpu - start.cpu) * each, (many.wall - start.wall) * each)

            return spent

        def other(python: Path, name: str) -> Work:
            return lambda: Spent(*others.spent(python, name, base_url, scale.events))

        works: dict[str, Work] = {
            "loop": whole(lambda: by_hand.send_batches(base_url, text)),
            "batch": whole(lambda: push(base_url, CONFIG, text)),
            "models": whole(lambda: _send_models(base_url, text)),
        }
        python = others.environment(Path(folder, "others")) if scale.other_senders else None
        if python is not None:
            works |= {name: other(python, name) for name in others.NAMES}
        works |= {
            "normal": whole(lambda: keep(base_url, next(outboxes), "normal", text)),
            "full": whole(lambda: keep(base_url, next(outboxes), "full", text)),
            "bare": some(lambda: by_hand.send_singles(base_url, bodies)),
            "single": some(lambda: push(base_url, SINGLE, single)),
            "library": command(lambda file: ["-c", _LIBRARY, base_url, next(outboxes), file]),
            "send": command(
                lambda file: [
                    *("-m", "hubspot_dest", "send", config, file, "--outbox", next(outboxes)),
                    *("--base-url", base_url),
                ]
            ),
            "print": command(lambda file: ["-m", "benchmarks.by_hand", file]),
            "preview": command(lambda file: ["-m", "hubspot_dest", "preview", config, file, "--json"]),
        }
        yield works


def push(base_url: str, config: dict[str, Any], text: list[bytes]) -> None:
    """Push events from lines of JSON, and close."""
    with HubSpotDestination(config, base_url=base_url) as destination:
        for line in text:
            destination.push(orjson.loads(line))


def keep(base_url: str, path: str, durability: Durability, text: list[bytes]) -> None:
    """Push events from lines of JSON into an outbox, a thousand a commit, and deliver them."""
    outbox = OutboxSettings(path, durability=durability, close_seconds=60)
    with HubSpotDestination(CONFIG, base_url=base_url, outbox=outbox) as destination:
        for start in range(0, len(text), 1000):
            destination.push_many([orjson.loads(line) for line in text[start : start + 1000]])
    if destination.queued:
        msg = f"{destination.queued} events are left in the outbox: this round measured nothing"
        raise RuntimeError(msg)
    Path(path).unlink()


def _send_models(base_url: str, text: list[bytes]) -> None:
    """Send through the official client as its documentation shows: a model an event."""
    api = hubspot.HubSpot(access_token="pat-na1-benchmark", host=base_url).events.send.batch_api
    for start in range(0, len(text), 500):
        occurrences = [by_hand.mapped(orjson.loads(line)) for line in text[start : start + 500]]
        inputs = [
            BehavioralEventHttpCompletionRequest(
                event_name=occurrence["eventName"],
                email=occurrence["email"],
                properties=occurrence["properties"],
                occurred_at=occurrence["occurredAt"],
                uuid=occurrence["uuid"],
            )
            for occurrence in occurrences
        ]
        api.send(BatchedBehavioralEventHttpCompletionRequest(inputs=inputs))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few events, one round")
    sys.stdout.write(measure(QUICK if parser.parse_args().quick else FULL) + "\n")
