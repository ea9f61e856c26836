"""Our sender beside walkerOS: its core and collector from npm, a small destination, and the official Node client.

`make bench-walkeros` installs them into a temporary folder, and writes the table into docs/performance.md. The work is
done in turn in each round: mapping alone, batches of 500, and single sends, from lines of JSON to the same sink.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from benchmarks.__main__ import PAGE, filled
from benchmarks.floor import keep, push
from benchmarks.measuring import Comparison, Spent, Work, machine, spent_by, tables, take_rounds
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, SINGLE, lines
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner

__all__ = ["PACKAGES", "measure"]

PACKAGES = ("@walkeros/core@4.2.1", "@walkeros/collector@4.2.1", "@hubspot/api-client@13")
_SCRIPT = Path(__file__).with_name("walkeros.cjs")
_TITLES = {
    "their mapping": "walkerOS: rule, properties and e-mail",
    "our mapping": "ours: `plan`",
    "their batch": "walkerOS: batches of 500",
    "our batch": "ours: batches of 500",
    "our durable batch": "ours: batches of 500 with an outbox, `normal`",
    "their single": "walkerOS: single sends",
    "our single": "ours: single sends",
}
_COMPARISONS = (
    Comparison("mapping, walkerOS : ours", "their mapping", "our mapping", "wall ≥ 6"),
    Comparison("batches of 500, walkerOS : ours", "their batch", "our batch", "wall ≥ 5"),
    Comparison(
        "batches of 500, walkerOS in memory : ours with an outbox",
        "their batch",
        "our durable batch",
        "wall ≥ 2",
    ),
    Comparison("single sends, walkerOS : ours", "their single", "our single", "wall ≥ 5"),
)


def measure(folder: Path, *, events: int = 20_000, singles: int = 1_500, rounds: int = 7) -> str:
    """Return the tables.

    Args:
        folder: where the npm packages are installed.
        events: how many a round.
        singles: how many of them are sent one by one.
        rounds: how many count; one before them warms up.

    """
    text = lines(events)
    config = json.dumps({"settings": CONFIG["settings"], "mapping": CONFIG["mapping"]})
    many, some = folder / "events.jsonl", folder / "singles.jsonl"
    many.write_bytes(b"\n".join(text))
    some.write_bytes(b"\n".join(text[:singles]))
    outboxes = (str(folder / f"outbox{number}.sqlite3") for number in range(10_000))
    with sink() as base_url:

        def theirs(work: str, file: Path) -> Work:
            command = ["node", str(_SCRIPT), work, str(folder), str(file), base_url, config]

            def spent() -> Spent:
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                return Spent(*json.loads(done.stdout.splitlines()[-1]))

            return spent

        each, one = 1e6 / events, 1e6 / singles
        works: dict[str, Work] = {
            "their mapping": theirs("mapping", many),
            "our mapping": lambda: _plan(text),
            "their batch": theirs("batch", many),
            "our batch": lambda: spent_by(lambda: push(base_url, CONFIG, text), each),
            "our durable batch": lambda: spent_by(
                lambda: keep(base_url, next(outboxes), "normal", text), each
            ),
            "their single": theirs("single", some),
            "our single": lambda: spent_by(lambda: push(base_url, SINGLE, text[:singles]), one),
        }
        taken = take_rounds(works, rounds)
    return tables(_COMPARISONS, _TITLES, taken, "µs", " an event")


def _plan(text: list[bytes]) -> Spent:
    """Plan events that were just parsed, a hundred at a time, as the other side does."""
    plan, collector = Planner(CONFIG).plan, CollectorView()
    cpu = wall = 0.0
    for start in range(0, len(text), 100):
        events = [orjson.loads(line) for line in text[start : start + 100]]
        begun, before = time.perf_counter(), time.process_time()
        for event in events:
            plan(event, collector, 1)
        cpu += time.process_time() - before
        wall += time.perf_counter() - begun
    return Spent(cpu / len(text) * 1e6, wall / len(text) * 1e6)


def main() -> int:
    """Install, measure and write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.walkeros", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--print-only", action="store_true", help="write nothing into the page")
    options = parser.parse_args()
    if shutil.which("node") is None or shutil.which("npm") is None:
        sys.stderr.write("error: this needs Node 20 and npm\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        installed = subprocess.run(["npm", "install", "--silent", "--prefix", folder, *PACKAGES], check=False)
        if installed.returncode:
            sys.stderr.write("error: npm could not install walkerOS and the official client\n")
            return 2
        tables = measure(Path(folder), events=options.events, rounds=options.rounds)
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    versions = f"Node {node.lstrip('v')}, {', '.join(PACKAGES)}"
    text = f"Measured on {machine()}; {versions}, with `make bench-walkeros`.\n\n{tables}"
    sys.stdout.write(f"{text}\n")
    if not options.print_only:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), "walkeros", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
