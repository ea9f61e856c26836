"""Measure everything in one run and write the tables into docs/performance.md: `make bench`.

`python -m benchmarks SECTION ...` measures some sections only. `--quick` takes few events and one round, prints, and
writes nothing: it shows that the benchmarks still run, and no figure of it is worth quoting.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import day, delivery, entries, floor, planning, server, starts, workers
from benchmarks.measuring import figure_table, machine

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
SECTIONS: Mapping[str, Callable[[], str]] = {
    "planning": lambda: figure_table(planning.measure()),
    "entries": lambda: figure_table(entries.measure()),
    "floor": floor.measure,
    "starts": starts.measure,
    "day": day.measure,
    "delivery": lambda: figure_table(delivery.measure()),
    "server": lambda: figure_table(server.measure()),
    "workers": lambda: figure_table(workers.measure()),
}
QUICK: Mapping[str, Callable[[], str]] = {
    "entries": lambda: figure_table(entries.measure(count=100, rounds=1)),
    "floor": lambda: floor.measure(floor.QUICK),
    "day": lambda: day.measure(100),
}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"some of {', '.join(SECTIONS)}; else all"
    )
    parser.add_argument("--quick", action="store_true", help="few events, one round; nothing is written")
    options = parser.parse_args(arguments)
    sections = QUICK if options.quick else SECTIONS
    unknown = sorted(set(options.sections) - set(sections))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(sections)}")
    page, begun = PAGE.read_text(encoding="utf-8"), time.perf_counter()
    page = filled(page, "machine", f"Measured on {machine()}, with `python -m benchmarks`.")
    for name in options.sections or sections:
        sys.stdout.write(f"measuring {name} ...\n")
        sys.stdout.flush()
        table = sections[name]()
        sys.stdout.write(f"{table}\n")
        page = filled(page, name, table)
        if not options.quick:  # at once, so that a failure later costs no table
            PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{time.perf_counter() - begun:.0f} seconds\n")


def filled(page: str, name: str, text: str) -> str:
    """Return the page with the text between the marks of a section."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)


if __name__ == "__main__":
    main()
