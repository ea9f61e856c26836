"""What a day of a million events takes: time and memory of the commands, measured with fewer and multiplied.

Memory is the greatest resident size of the process, after a fifth of the events and after all: equal figures mean that
it does not grow with the file.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks.sink import sink
from benchmarks.workload import CONFIG, SINGLE, lines

__all__ = ["measure"]

COUNT = 100_000
_MILLION = 1_000_000
_PROGRAM = """
import atexit, sys
from benchmarks.measuring import greatest_memory
atexit.register(lambda: print("\\nMB", greatest_memory(), file=sys.stderr))
sys.argv = ["hubspot-dest", *sys.argv[1:]]
from hubspot_dest.cli.main import main
main()
"""


def measure(count: int = COUNT) -> str:
    """Return the table."""
    with sink() as base_url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = lines(count)
        whole, fifth, first = (folder / f"{number}.jsonl" for number in (count, count // 5, 1))
        for file, number in ((whole, count), (fifth, count // 5), (first, 1)):
            file.write_bytes(b"\n".join(text[:number]))
        batches, single = folder / "batches.json", folder / "single.json"
        batches.write_bytes(orjson.dumps(CONFIG))
        single.write_bytes(orjson.dumps(SINGLE))
        outboxes = (str(folder / f"outbox{number}.sqlite3") for number in range(100))
        works: dict[str, Callable[[Path], list[str]]] = {
            "`preview --json`": lambda file: ["preview", str(batches), str(file), "--json"],
            "`preview --coverage`": lambda file: ["preview", str(batches), str(file), "--coverage"],
            "`send --outbox`, batches of 500": lambda file: [
                *("send", str(batches), str(file), "--outbox", next(outboxes), "--base-url", base_url)
            ],
            "`send --no-outbox`, batches of 500": lambda file: [
                *("send", str(batches), str(file), "--no-outbox", "--base-url", base_url)
            ],
            "`send --outbox`, each event by itself": lambda file: [
                *("send", str(single), str(file), "--outbox", next(outboxes), "--base-url", base_url)
            ],
        }
        rows = [_row(title, arguments, whole, fifth, first, count) for title, arguments in works.items()]
    head = ["| what | a million events take | memory |", "|---|---:|---:|"]
    return "\n".join([*head, *rows])


def _row(
    title: str, arguments: Callable[[Path], list[str]], whole: Path, fifth: Path, first: Path, count: int
) -> str:
    start, _ = _run(arguments(first))
    _, before = _run(arguments(fifth))
    seconds, memory = _run(arguments(whole))
    day = (seconds - start) * _MILLION / count
    shown = f"{day / 60:.1f} minutes" if day >= 90 else f"{day:.0f} seconds"
    return f"| {title} | {shown} | {before:.0f} MB after {count // 5:,}, {memory:.0f} MB after {count:,} |"


def _run(arguments: list[str]) -> tuple[float, float]:
    """Return seconds and MB of a command."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - begun, float(done.stderr.rpartition("MB ")[2])


if __name__ == "__main__":
    sys.stdout.write(measure() + "\n")
