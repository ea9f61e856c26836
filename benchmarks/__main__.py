"""Measure, and write the tables into docs/performance.md: `make bench`, or `python -m benchmarks workers` for one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmarks import delivery, entries, floor, planning, server, workers, yardsticks
from benchmarks.measuring import Figure, machine

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
SECTIONS = {
    "planning": planning.measure,
    "entries": entries.measure,
    "floor": floor.measure,
    "delivery": delivery.measure,
    "yardsticks": yardsticks.measure,
    "server": server.measure,
    "workers": workers.measure,
}


def main(chosen: list[str]) -> None:
    """Measure, print and write down.

    Args:
        chosen: names of sections; all of them if it is empty.

    """
    page = PAGE.read_text(encoding="utf-8")
    if not chosen:
        page = _filled(page, "machine", f"Measured on {machine()}, with `python -m benchmarks`.")
    for name in chosen or SECTIONS:
        measure = SECTIONS[name]
        print(f"measuring {name} ...", flush=True)
        table = _table(measure())
        print(table)
        page = _filled(page, name, table)
    PAGE.write_text(page, encoding="utf-8")


def _table(figures: list[Figure]) -> str:
    head = ["| what | median | min | max | rounds |", "|---|---:|---:|---:|---:|"]
    return "\n".join([*head, *(figure.row() for figure in figures)])


def _filled(page: str, name: str, text: str) -> str:
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)


main(sys.argv[1:])
